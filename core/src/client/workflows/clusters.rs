//! Clusters: creation, search, change and deletion.

use std::sync::Arc;

use super::{ClusterCreation, ClusterUpdate, suggest};
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::manage::is_gone_now;
use crate::client::{Client, unreadable};
use crate::error::Result;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::name::check_cluster_slug;
use crate::workflows::{Cluster, Listing, rpc};

impl Client {
    /// Returns the clusters of your organisation, to list, create and change them.
    #[must_use]
    pub fn clusters(&self) -> Clusters {
        Clusters { session: Arc::clone(&self.session) }
    }
}

/// The clusters of your organisation. Cheap to clone.
///
/// A cluster is identified by its slug. Where a slug is expected, a reference to a [`Cluster`] serves as well.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let cluster = client.clusters().create("Dev cluster").description("For experiments").await?;
/// println!("{}", client.clusters().all().await?);
/// client.clusters().update(&cluster).name("Development").await?;
/// client.clusters().delete(&cluster).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Clusters {
    session: Arc<Session>,
}

impl Clusters {
    /// Returns all clusters, in the order of the server. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As every call.
    #[doc(alias = "list")]
    pub async fn all(&self) -> Result<Listing<Cluster>> {
        const PURPOSE: &str = "list the clusters";
        let call = self.session.endpoint.call::<rpc::ListClusters>(&wire::ListClustersRequest {}, PURPOSE)?;
        let listed = async {
            let clusters = self.session.call(call).await?.clusters.into_iter().map(Cluster::from_wire);
            clusters.collect::<Result<_, _>>().map_err(|error| unreadable(PURPOSE, error))
        };
        operation!("workflows/clusters/list").run(listed).await
    }

    /// Returns the cluster with this slug, such as `dev-cluster-ESugE7S4cwADVK`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it does not exist. The error suggests existing slugs, for
    /// which one more request lists the clusters. [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a
    /// request, for a slug that is not valid; otherwise as every call.
    #[doc(alias = "get")]
    pub async fn find(&self, slug: impl AsRef<str>) -> Result<Cluster> {
        let slug = slug.as_ref();
        let purpose = format!("find the cluster `{slug}`");
        check_cluster_slug(&purpose, slug)?;
        let found = async {
            match get(&self.session, slug, purpose).await {
                Err(error) => Err(suggest::clusters(&self.session, &[slug], error).await),
                found => found,
            }
        };
        operation!("workflows/clusters/get", "tilebox.cluster" = slug).run(found).await
    }

    /// Returns the default cluster, on which tasks run that name no cluster. The server creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn default(&self) -> Result<Cluster> {
        let found = get(&self.session, "", "find the default cluster".to_owned());
        operation!("workflows/clusters/get").run(found).await
    }

    /// Returns the creation of a cluster with this name, 1 to 100 characters. [`ClusterCreation`] has the options.
    pub fn create(&self, name: impl Into<String>) -> ClusterCreation {
        ClusterCreation::new(Arc::clone(&self.session), name.into())
    }

    /// Returns the change of the cluster with this slug. [`ClusterUpdate`] has the properties that can change.
    pub fn update(&self, slug: impl AsRef<str>) -> ClusterUpdate {
        ClusterUpdate::new(Arc::clone(&self.session), slug.as_ref().to_owned())
    }

    /// Deletes the cluster with this slug.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it does not exist, unless an earlier attempt of this call may
    /// have deleted it and its response was lost; otherwise as [`find`](Self::find). The default cluster cannot be deleted.
    pub async fn delete(&self, slug: impl AsRef<str>) -> Result<()> {
        let slug = slug.as_ref();
        let purpose = format!("delete the cluster `{slug}`");
        check_cluster_slug(&purpose, slug)?;
        let request = wire::DeleteClusterRequest { cluster_slug: slug.to_owned() };
        let call = self.session.endpoint.call::<rpc::DeleteCluster>(&request, purpose)?;
        let deleted = async {
            match self.session.call(call).await {
                Ok(_) => Ok(()),
                Err(error) if is_gone_now(&error) => Ok(()),
                Err(error) => Err(suggest::clusters(&self.session, &[slug], error).await),
            }
        };
        operation!("workflows/clusters/delete", "tilebox.cluster" = slug).run(deleted).await
    }
}

/// Reads the cluster with this slug; the default cluster for the empty slug.
pub(super) async fn get(session: &Arc<Session>, slug: &str, purpose: String) -> Result<Cluster> {
    let request = wire::GetClusterRequest { cluster_slug: slug.to_owned() };
    let call = session.endpoint.call::<rpc::GetCluster>(&request, purpose.clone())?;
    Cluster::from_wire(session.call(call).await?).map_err(|error| unreadable(purpose, error))
}

#[cfg(test)]
mod tests;
