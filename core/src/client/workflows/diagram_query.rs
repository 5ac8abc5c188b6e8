//! The builder of a drawing of a job.

use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::Job;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::Result;
use crate::workflows::{Diagram, DiagramDirection, DiagramLayout, DiagramOptions, DiagramTheme, rpc};

/// The request for a drawing of the tasks of a job. Await it for the [`Diagram`].
///
/// The service draws jobs of at most 200 tasks.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::DiagramDirection;
///
/// # async fn example(job: tilebox_core::workflows::Job) -> Result<(), Box<dyn std::error::Error>> {
/// let diagram = job.diagram().direction(DiagramDirection::Right).await?;
/// std::fs::write("job.svg", diagram.svg())?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a request does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct DiagramQuery {
    job: Job,
    options: DiagramOptions,
}

impl DiagramQuery {
    pub(super) fn new(job: Job) -> Self {
        Self { job, options: DiagramOptions::default() }
    }

    /// Sets the colours. By default the server decides.
    pub fn theme(mut self, theme: DiagramTheme) -> Self {
        self.options.theme = Some(theme);
        self
    }

    /// Sets the layout. The default is dagre.
    pub fn layout(mut self, layout: DiagramLayout) -> Self {
        self.options.layout = layout;
        self
    }

    /// Sets the direction from a task to its subtasks. The default is down.
    pub fn direction(mut self, direction: DiagramDirection) -> Self {
        self.options.direction = direction;
        self
    }

    /// Draws straight lines. By default lines look drawn by hand.
    pub fn straight_lines(mut self) -> Self {
        self.options.is_sketchy = false;
        self
    }

    /// Adds the name of the job to the drawing.
    pub fn title(mut self) -> Self {
        self.options.has_title = true;
        self
    }

    /// Loads the drawing, as awaiting the request does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Undecodable`](crate::ErrorKind::Undecodable) when the response is not SVG, or larger than 32 MiB; otherwise
    /// as every call.
    pub async fn load(self) -> Result<Diagram> {
        self.await
    }

    async fn run(self) -> Result<Diagram> {
        let purpose = self.job.purpose("draw");
        let request = self.options.to_request(self.job.id());
        let session = self.job.session();
        let call = session.endpoint.call::<rpc::VisualizeJob>(&request, purpose.clone())?;
        let operation =
            operation!("workflows/jobs/visualize", "tilebox.job_id" = tracing::field::display(self.job.id()));
        let drawn =
            async { Diagram::from_wire(&session.call(call).await?).map_err(|error| unreadable(purpose, error)) };
        operation.run(drawn).await
    }
}

impl IntoFuture for DiagramQuery {
    type Output = Result<Diagram>;
    type IntoFuture = BoxFuture<'static, Result<Diagram>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
