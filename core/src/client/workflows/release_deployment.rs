//! The builder of a deployment of a release, or of its removal.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use super::suggest;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::{Error, Result};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::name::{check_cluster_slug, check_id, check_workflow_slug};
use crate::workflows::{Deployment, rpc};

/// The deployment of a release to clusters, or its removal from them. Await it for the result.
///
/// Without clusters, it concerns the default cluster.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let release = "01941f29-c650-202f-6495-c71dd2118fb1";
/// client.workflows().deploy("clouds", release).clusters(["dev", "production"]).await?;
/// client.workflows().undeploy("clouds", release).clusters(["dev"]).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a deployment does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct ReleaseDeployment {
    session: Arc<Session>,
    action: Action,
    workflow_slug: String,
    release_id: Result<Uuid, String>,
    cluster_slugs: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Deploy,
    Undeploy,
}

impl ReleaseDeployment {
    pub(super) fn deploy(session: Arc<Session>, workflow_slug: String, release_id: Result<Uuid, String>) -> Self {
        Self { session, action: Action::Deploy, workflow_slug, release_id, cluster_slugs: Vec::new() }
    }

    pub(super) fn undeploy(session: Arc<Session>, workflow_slug: String, release_id: Result<Uuid, String>) -> Self {
        Self { action: Action::Undeploy, ..Self::deploy(session, workflow_slug, release_id) }
    }

    /// Sets the clusters: slugs, or references to clusters. An empty list means the default cluster.
    pub fn clusters<T: AsRef<str>>(mut self, clusters: impl IntoIterator<Item = T>) -> Self {
        self.cluster_slugs = clusters.into_iter().map(|cluster| cluster.as_ref().to_owned()).collect();
        self
    }

    /// Deploys or removes the release, as awaiting does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the workflow, the release or a cluster does not exist, with
    /// existing slugs; [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for an id or slug
    /// that is not valid; otherwise as every call.
    pub async fn send(self) -> Result<Deployment> {
        self.await
    }

    async fn run(self) -> Result<Deployment> {
        let slug = self.workflow_slug.as_str();
        let verb = match self.action {
            Action::Deploy => "deploy",
            Action::Undeploy => "undeploy",
        };
        let purpose = format!("{verb} a release of the workflow `{slug}`");
        check_workflow_slug(&purpose, slug)?;
        self.cluster_slugs.iter().try_for_each(|cluster| check_cluster_slug(&purpose, cluster))?;
        let release_id = check_id(&purpose, "release", &self.release_id)?;
        let operation = match self.action {
            Action::Deploy => operation!("workflows/releases/deploy", "tilebox.workflow" = slug),
            Action::Undeploy => operation!("workflows/releases/undeploy", "tilebox.workflow" = slug),
        };
        let deployed = async {
            match self.call(release_id, &purpose).await {
                Ok((release, clusters)) => {
                    Deployment::from_wire(release, clusters).map_err(|error| unreadable(purpose.clone(), error))
                }
                Err(error) => Err(self.with_suggestions(error).await),
            }
        };
        operation.run(deployed).await
    }

    async fn call(
        &self,
        release_id: Uuid,
        purpose: &str,
    ) -> Result<(Option<wire::WorkflowRelease>, Vec<wire::Cluster>)> {
        let endpoint = &self.session.endpoint;
        let workflow_slug = self.workflow_slug.clone();
        let (release_id, cluster_slugs) = (Some(id::to_wire(release_id)), self.cluster_slugs.clone());
        match self.action {
            Action::Deploy => {
                let request = wire::DeployWorkflowReleaseRequest { workflow_slug, release_id, cluster_slugs };
                let call = endpoint.call::<rpc::DeployWorkflowRelease>(&request, purpose.to_owned())?;
                let response = self.session.call(call).await?;
                Ok((response.release, response.clusters))
            }
            Action::Undeploy => {
                let request = wire::UndeployWorkflowReleaseRequest { workflow_slug, release_id, cluster_slugs };
                let call = endpoint.call::<rpc::UndeployWorkflowRelease>(&request, purpose.to_owned())?;
                let response = self.session.call(call).await?;
                Ok((response.release, response.clusters))
            }
        }
    }

    /// Adds suggestions for an unknown workflow, or else for an unknown cluster.
    async fn with_suggestions(&self, error: Error) -> Error {
        let error = if self.cluster_slugs.is_empty() {
            error
        } else {
            let slugs: Vec<_> = self.cluster_slugs.iter().map(String::as_str).collect();
            suggest::clusters(&self.session, &slugs, error).await
        };
        suggest::workflow(&self.session, &self.workflow_slug, error).await
    }
}

impl IntoFuture for ReleaseDeployment {
    type Output = Result<Deployment>;
    type IntoFuture = BoxFuture<'static, Result<Deployment>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
