//! The builder of a change of a workflow.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::suggest;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::Result;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::name::{check_name, check_text, check_workflow_slug};
use crate::workflows::{Workflow, rpc};

/// A change of a workflow. Await it for the changed workflow. Properties that are not set stay as they are.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// client.workflows().update("clouds").summary("Finds clouds in all scenes").await?;
/// client.workflows().update("clouds").description("").await?; // removes the description
/// # Ok(())
/// # }
/// ```
#[must_use = "a change does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct WorkflowUpdate {
    session: Arc<Session>,
    request: wire::UpdateWorkflowRequest,
}

impl WorkflowUpdate {
    pub(super) fn new(session: Arc<Session>, workflow_slug: String) -> Self {
        Self { session, request: wire::UpdateWorkflowRequest { workflow_slug, ..Default::default() } }
    }

    /// Sets the name, 1 to 100 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.name = Some(name.into());
        self
    }

    /// Sets the summary, one sentence. An empty one removes it.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.request.summary = Some(summary.into());
        self
    }

    /// Sets the documentation, in Markdown, at most 50 000 characters. An empty one removes it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.request.description = Some(description.into());
        self
    }

    /// Changes the workflow, as awaiting the change does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for a name or text that is not
    /// valid; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with existing slugs, when the workflow does not exist;
    /// otherwise as every call.
    pub async fn send(self) -> Result<Workflow> {
        self.await
    }

    async fn run(self) -> Result<Workflow> {
        let request = &self.request;
        let slug = request.workflow_slug.as_str();
        let purpose = format!("update the workflow `{slug}`");
        check_workflow_slug(&purpose, slug)?;
        request.name.as_deref().map_or(Ok(()), |name| check_name(&purpose, name))?;
        request.summary.as_deref().map_or(Ok(()), |text| check_text(&purpose, "summary", text))?;
        request.description.as_deref().map_or(Ok(()), |text| check_text(&purpose, "description", text))?;
        let call = self.session.endpoint.call::<rpc::UpdateWorkflow>(request, purpose.clone())?;
        let updated = async {
            match self.session.call(call).await {
                Ok(workflow) => Workflow::from_wire(workflow).map_err(|error| unreadable(purpose, error)),
                Err(error) => Err(suggest::workflow(&self.session, slug, error).await),
            }
        };
        operation!("workflows/update", "tilebox.workflow" = slug).run(updated).await
    }
}

impl IntoFuture for WorkflowUpdate {
    type Output = Result<Workflow>;
    type IntoFuture = BoxFuture<'static, Result<Workflow>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
