//! The builder of a change of a cluster.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::suggest;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::Result;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::name::{check_cluster_slug, check_name, check_text};
use crate::workflows::{Cluster, rpc};

/// A change of a cluster. Await it for the changed cluster. Properties that are not set stay as they are.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// client.clusters().update("dev").name("Development").await?;
/// client.clusters().update("dev").description("").await?; // removes the description
/// # Ok(())
/// # }
/// ```
#[must_use = "a change does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct ClusterUpdate {
    session: Arc<Session>,
    request: wire::UpdateClusterRequest,
}

impl ClusterUpdate {
    pub(super) fn new(session: Arc<Session>, cluster_slug: String) -> Self {
        Self { session, request: wire::UpdateClusterRequest { cluster_slug, ..Default::default() } }
    }

    /// Sets the name, 1 to 100 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.name = Some(name.into());
        self
    }

    /// Sets the description, at most 50 000 characters. An empty one removes it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.request.description = Some(description.into());
        self
    }

    /// Changes the cluster, as awaiting the change does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for a name, text or slug that is
    /// not valid; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with existing slugs, when the cluster does not exist;
    /// otherwise as every call.
    pub async fn send(self) -> Result<Cluster> {
        self.await
    }

    async fn run(self) -> Result<Cluster> {
        let slug = self.request.cluster_slug.as_str();
        let purpose = format!("update the cluster `{slug}`");
        check_cluster_slug(&purpose, slug)?;
        self.request.name.as_deref().map_or(Ok(()), |name| check_name(&purpose, name))?;
        self.request.description.as_deref().map_or(Ok(()), |text| check_text(&purpose, "description", text))?;
        let call = self.session.endpoint.call::<rpc::UpdateCluster>(&self.request, purpose.clone())?;
        let updated = async {
            match self.session.call(call).await {
                Ok(cluster) => Cluster::from_wire(cluster).map_err(|error| unreadable(purpose, error)),
                Err(error) => Err(suggest::clusters(&self.session, &[slug], error).await),
            }
        };
        operation!("workflows/clusters/update", "tilebox.cluster" = slug).run(updated).await
    }
}

impl IntoFuture for ClusterUpdate {
    type Output = Result<Cluster>;
    type IntoFuture = BoxFuture<'static, Result<Cluster>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
