//! Workflows and their releases: creation, search, change, deployment and deletion.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::{ReleaseDeployment, WorkflowCreation, WorkflowList, WorkflowUpdate, suggest};
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::manage::is_gone_now;
use crate::client::{Client, unreadable};
use crate::error::Result;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::name::{check_id, check_workflow_slug};
use crate::workflows::{ReleaseContent, Workflow, WorkflowRelease, rpc};

impl Client {
    /// Returns the workflows of your organisation, to list, create, change and deploy them.
    #[must_use]
    pub fn workflows(&self) -> Workflows {
        Workflows { session: Arc::clone(&self.session) }
    }
}

/// The workflows of your organisation, with their releases. Cheap to clone.
///
/// A workflow is identified by its slug, a release by its id. Where they are expected, references to a [`Workflow`] and to a
/// [`WorkflowRelease`] serve as well. The public workflows of other organisations are not listed.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let workflow = client.workflows().find("clouds").await?;
/// if let Some(release) = workflow.latest_release() {
///     let deployment = client.workflows().deploy(&workflow, release).clusters(["dev"]).await?;
///     println!("{deployment}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Workflows {
    session: Arc<Session>,
}

impl Workflows {
    /// Returns the list of all workflows, which is loaded when it is awaited, or page by page as a stream.
    #[doc(alias = "list")]
    pub fn all(&self) -> WorkflowList {
        WorkflowList::new(Arc::clone(&self.session))
    }

    /// Returns the workflow with this slug, with its releases.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it does not exist. The error suggests existing slugs, for
    /// which one more request lists workflows. Otherwise as every call.
    #[doc(alias = "get")]
    pub async fn find(&self, slug: impl AsRef<str>) -> Result<Workflow> {
        let slug = slug.as_ref();
        let purpose = format!("find the workflow `{slug}`");
        check_workflow_slug(&purpose, slug)?;
        let request = wire::GetWorkflowRequest { workflow_slug: slug.to_owned() };
        let call = self.session.endpoint.call::<rpc::GetWorkflow>(&request, purpose.clone())?;
        let found = async {
            match self.session.call(call).await {
                Ok(workflow) => Workflow::from_wire(workflow).map_err(|error| unreadable(purpose, error)),
                Err(error) => Err(suggest::workflow(&self.session, slug, error).await),
            }
        };
        operation!("workflows/get", "tilebox.workflow" = slug).run(found).await
    }

    /// Returns the creation of a workflow with this name, 1 to 100 characters. [`WorkflowCreation`] has the options.
    pub fn create(&self, name: impl Into<String>) -> WorkflowCreation {
        WorkflowCreation::new(Arc::clone(&self.session), name.into())
    }

    /// Returns the change of the workflow with this slug. [`WorkflowUpdate`] has the properties that can change.
    pub fn update(&self, slug: impl AsRef<str>) -> WorkflowUpdate {
        WorkflowUpdate::new(Arc::clone(&self.session), slug.as_ref().to_owned())
    }

    /// Deletes the workflow with this slug.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it does not exist, unless an earlier attempt of this call may
    /// have deleted it and its response was lost; otherwise as [`find`](Self::find).
    pub async fn delete(&self, slug: impl AsRef<str>) -> Result<()> {
        let slug = slug.as_ref();
        let purpose = format!("delete the workflow `{slug}`");
        check_workflow_slug(&purpose, slug)?;
        let request = wire::DeleteWorkflowRequest { workflow_slug: slug.to_owned() };
        let call = self.session.endpoint.call::<rpc::DeleteWorkflow>(&request, purpose)?;
        let deleted = async {
            match self.session.call(call).await {
                Ok(_) => Ok(()),
                Err(error) if is_gone_now(&error) => Ok(()),
                Err(error) => Err(suggest::workflow(&self.session, slug, error).await),
            }
        };
        operation!("workflows/delete", "tilebox.workflow" = slug).run(deleted).await
    }

    /// Publishes an uploaded artifact as a release of a workflow.
    ///
    /// The command-line tool of Tilebox uploads artifacts. A publication is not repeated when its response is lost, because
    /// each request creates a release: [`find`](Self::find) shows whether it happened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the workflow or the artifact does not exist;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for an id that is not valid, or
    /// directories that are nested too deeply; otherwise as every call.
    pub async fn publish(
        &self,
        workflow: impl AsRef<str>,
        artifact_id: impl TryInto<Uuid, Error: fmt::Display>,
        content: &ReleaseContent,
    ) -> Result<WorkflowRelease> {
        let slug = workflow.as_ref();
        let purpose = format!("publish a release of the workflow `{slug}`");
        check_workflow_slug(&purpose, slug)?;
        let artifact_id = artifact_id.try_into().map_err(|error| error.to_string());
        let request = wire::PublishWorkflowReleaseRequest {
            workflow_slug: slug.to_owned(),
            artifact_id: Some(id::to_wire(check_id(&purpose, "artifact", &artifact_id)?)),
            content: Some(content.to_wire(&purpose)?),
        };
        let call = self.session.endpoint.call::<rpc::PublishWorkflowRelease>(&request, purpose.clone())?;
        let published = async {
            match self.session.call(call).await {
                Ok(release) => WorkflowRelease::from_wire(release).map_err(|error| unreadable(purpose, error)),
                Err(error) => Err(suggest::workflow(&self.session, slug, error).await),
            }
        };
        operation!("workflows/releases/publish", "tilebox.workflow" = slug).run(published).await
    }

    /// Removes a release of a workflow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the workflow or the release does not exist, unless an earlier
    /// attempt of this call may have removed it and its response was lost; otherwise as [`publish`](Self::publish).
    pub async fn unpublish(
        &self,
        workflow: impl AsRef<str>,
        release_id: impl TryInto<Uuid, Error: fmt::Display>,
    ) -> Result<()> {
        let slug = workflow.as_ref();
        let purpose = format!("unpublish a release of the workflow `{slug}`");
        check_workflow_slug(&purpose, slug)?;
        let release_id = release_id.try_into().map_err(|error| error.to_string());
        let request = wire::UnpublishWorkflowReleaseRequest {
            workflow_slug: slug.to_owned(),
            release_id: Some(id::to_wire(check_id(&purpose, "release", &release_id)?)),
        };
        let call = self.session.endpoint.call::<rpc::UnpublishWorkflowRelease>(&request, purpose)?;
        let unpublished = async {
            match self.session.call(call).await {
                Ok(_) => Ok(()),
                Err(error) if is_gone_now(&error) => Ok(()),
                Err(error) => Err(suggest::workflow(&self.session, slug, error).await),
            }
        };
        operation!("workflows/releases/unpublish", "tilebox.workflow" = slug).run(unpublished).await
    }

    /// Returns the deployment of a release of a workflow: to the default cluster, unless
    /// [`clusters`](ReleaseDeployment::clusters) names others.
    pub fn deploy(
        &self,
        workflow: impl AsRef<str>,
        release_id: impl TryInto<Uuid, Error: fmt::Display>,
    ) -> ReleaseDeployment {
        let release_id = release_id.try_into().map_err(|error| error.to_string());
        ReleaseDeployment::deploy(Arc::clone(&self.session), workflow.as_ref().to_owned(), release_id)
    }

    /// Returns the removal of a release of a workflow from clusters: from the default cluster, unless
    /// [`clusters`](ReleaseDeployment::clusters) names others.
    pub fn undeploy(
        &self,
        workflow: impl AsRef<str>,
        release_id: impl TryInto<Uuid, Error: fmt::Display>,
    ) -> ReleaseDeployment {
        let release_id = release_id.try_into().map_err(|error| error.to_string());
        ReleaseDeployment::undeploy(Arc::clone(&self.session), workflow.as_ref().to_owned(), release_id)
    }
}

#[cfg(test)]
mod tests;
