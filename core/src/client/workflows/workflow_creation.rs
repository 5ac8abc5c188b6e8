//! The builder of a new workflow.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::Result;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::workflows::name::{check_name, check_text};
use crate::workflows::{Workflow, rpc};

/// Maximum number of characters of a name that an error repeats.
const MAX_EXCERPT: usize = 60;

/// The creation of a workflow. Await it for the new workflow, whose slug the server derives from the name.
///
/// It is not repeated when its response is lost, because each request creates a workflow.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let workflow = client.workflows().create("Clouds").summary("Finds clouds").await?;
/// println!("{}", workflow.slug);
/// # Ok(())
/// # }
/// ```
#[must_use = "a creation does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct WorkflowCreation {
    session: Arc<Session>,
    request: wire::CreateWorkflowRequest,
}

impl WorkflowCreation {
    pub(super) fn new(session: Arc<Session>, name: String) -> Self {
        Self { session, request: wire::CreateWorkflowRequest { name, ..Default::default() } }
    }

    /// Sets the summary, one sentence.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.request.summary = summary.into();
        self
    }

    /// Sets the documentation, in Markdown, at most 50 000 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.request.description = Some(description.into());
        self
    }

    /// Creates the workflow, as awaiting the creation does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for a name or text that is not
    /// valid; otherwise as every call.
    pub async fn send(self) -> Result<Workflow> {
        self.await
    }

    async fn run(self) -> Result<Workflow> {
        let request = &self.request;
        let purpose = format!("create the workflow `{}`", excerpt(&request.name, MAX_EXCERPT));
        check_name(&purpose, &request.name)?;
        check_text(&purpose, "summary", &request.summary)?;
        request.description.as_deref().map_or(Ok(()), |text| check_text(&purpose, "description", text))?;
        let call = self.session.endpoint.call::<rpc::CreateWorkflow>(request, purpose.clone())?;
        let created = async {
            let workflow = self.session.call(call).await?;
            Workflow::from_wire(workflow).map_err(|error| unreadable(purpose, error))
        };
        operation!("workflows/create").run(created).await
    }
}

impl IntoFuture for WorkflowCreation {
    type Output = Result<Workflow>;
    type IntoFuture = BoxFuture<'static, Result<Workflow>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
