//! The builder of a new cluster.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::clusters::get;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::{Error, Result};
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc as _;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::workflows::name::{check_cluster_slug, check_name, check_text};
use crate::workflows::{Cluster, rpc};

/// Maximum number of characters of a name that an error repeats.
const MAX_EXCERPT: usize = 60;

/// The creation of a cluster. Await it for the new cluster.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let cluster = client.clusters().create("Dev cluster").slug("dev").description("For experiments").await?;
/// println!("{cluster}");
/// # Ok(())
/// # }
/// ```
#[must_use = "a creation does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct ClusterCreation {
    session: Arc<Session>,
    name: String,
    description: String,
    slug: Option<String>,
}

impl ClusterCreation {
    pub(super) fn new(session: Arc<Session>, name: String) -> Self {
        Self { session, name, description: String::new(), slug: None }
    }

    /// Sets the description, at most 50 000 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets the slug: 1 to 100 letters, digits and hyphens. Without it, the server derives one from the name.
    ///
    /// With a slug, the creation is repeated when its response is lost: it then returns the cluster with this slug that the
    /// lost request created.
    pub fn slug(mut self, slug: impl Into<String>) -> Self {
        self.slug = Some(slug.into());
        self
    }

    /// Creates the cluster, as awaiting the creation does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for a name, text or slug that is
    /// not valid; [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) when a cluster has this slug; otherwise as
    /// every call.
    pub async fn send(self) -> Result<Cluster> {
        self.await
    }

    async fn run(self) -> Result<Cluster> {
        let purpose = format!("create the cluster `{}`", excerpt(&self.name, MAX_EXCERPT));
        check_name(&purpose, &self.name)?;
        check_text(&purpose, "description", &self.description)?;
        self.slug.as_deref().map_or(Ok(()), |slug| check_cluster_slug(&purpose, slug))?;
        let request = wire::CreateClusterRequest {
            name: self.name.clone(),
            description: self.description.clone(),
            slug: self.slug.clone().unwrap_or_default(),
        };
        // Each request without a slug creates another cluster.
        let idempotency = if self.slug.is_some() { Idempotency::Idempotent } else { rpc::CreateCluster::IDEMPOTENCY };
        let call = self.session.endpoint.call_as::<rpc::CreateCluster>(&request, idempotency, purpose.clone())?;
        let created = async {
            match self.session.call(call).await {
                Ok(cluster) => Cluster::from_wire(cluster).map_err(|error| unreadable(purpose.clone(), error)),
                Err(error) => self.created_by_lost_request(error, purpose.clone()).await,
            }
        };
        operation!("workflows/clusters/create", "tilebox.cluster" = self.slug.as_deref()).run(created).await
    }

    /// Returns the cluster that an attempt of this call created although its response was lost, or the error.
    async fn created_by_lost_request(&self, error: Error, purpose: String) -> Result<Cluster> {
        let Some(slug) = self.slug.as_deref().filter(|_| error.may_have_happened()) else { return Err(error) };
        match get(&self.session, slug, purpose).await {
            Ok(cluster) if cluster.name == self.name && cluster.description == self.description => Ok(cluster),
            _ => Err(error),
        }
    }
}

impl IntoFuture for ClusterCreation {
    type Output = Result<Cluster>;
    type IntoFuture = BoxFuture<'static, Result<Cluster>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
