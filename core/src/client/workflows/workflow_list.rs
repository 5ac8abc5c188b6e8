//! The list of workflows, which the server returns page by page.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};

use crate::client::driver::list_drive::ListDrive;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::Result;
use crate::protocol::wire::workflows::v1::ListWorkflowsRequest;
use crate::workflows::{ListRange, Listing, Workflow, rpc};

/// A list of workflows. Await it for all of them, or read it as a [stream](Self::stream).
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use futures::TryStreamExt as _;
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// println!("{}", client.workflows().all().await?);
/// let mut workflows = client.workflows().all().stream();
/// while let Some(workflow) = workflows.try_next().await? {
///     println!("{workflow}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list does nothing until it is awaited or read"]
#[derive(Clone, Debug)]
pub struct WorkflowList {
    session: Arc<Session>,
    range: ListRange,
}

impl WorkflowList {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session, range: ListRange::default() }
    }

    /// Sets the maximum number of workflows, at least 1.
    pub fn limit(mut self, limit: u64) -> Self {
        self.range.limit = Some(limit);
        self
    }

    /// Sets the maximum number of workflows of a response, at least 1. By default the server decides.
    pub fn page_size(mut self, page_size: u64) -> Self {
        self.range.page_size = Some(page_size);
        self
    }

    /// Loads the whole list, as awaiting it does. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for a limit or page size of 0; otherwise as every
    /// call.
    pub async fn load(self) -> Result<Listing<Workflow>> {
        self.await
    }

    /// Returns the workflows as a stream, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item. Dropping the stream aborts the request in flight.
    #[doc(alias = "iter")]
    pub fn stream(self) -> WorkflowStream {
        WorkflowStream { pages: self.pages(), page: Vec::new().into_iter() }
    }

    fn pages(self) -> ListDrive<rpc::ListWorkflows> {
        let request = Ok(ListWorkflowsRequest::default());
        let operation = operation!("workflows/list");
        ListDrive::new(&self.session, request, self.range, "list the workflows", operation)
    }
}

impl IntoFuture for WorkflowList {
    type Output = Result<Listing<Workflow>>;
    type IntoFuture = BoxFuture<'static, Result<Listing<Workflow>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.pages().try_concat().await?.into()) })
    }
}

/// Workflows as a stream. Ends after the last one, or after an error.
#[must_use = "a stream does nothing until it is read"]
pub struct WorkflowStream {
    pages: ListDrive<rpc::ListWorkflows>,
    /// The rest of the page that was read last.
    page: std::vec::IntoIter<Workflow>,
}

impl Stream for WorkflowStream {
    type Item = Result<Workflow>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(workflow) = this.page.next() {
                return Poll::Ready(Some(Ok(workflow)));
            }
            match ready!(this.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) => this.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for WorkflowStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowStream").field("page", &self.page.len()).finish_non_exhaustive()
    }
}
