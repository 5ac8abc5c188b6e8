//! The list of workflows, which the server returns page by page.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use crate::client::driver::list_drive::ListDrive;
use crate::client::driver::list_items::ListItems;
use crate::client::driver::list_options::ListOptions;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::Result;
use crate::protocol::wire::workflows::v1::ListWorkflowsRequest;
use crate::workflows::{Listing, Workflow, rpc};

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
    options: ListOptions,
}

impl WorkflowList {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session, options: ListOptions::default() }
    }

    /// Sets the maximum number of workflows, at least 1.
    pub fn limit(mut self, limit: u64) -> Self {
        self.options.limit(limit);
        self
    }

    /// Sets the maximum number of workflows of a response, at least 1. By default the server decides.
    pub fn page_size(mut self, page_size: u64) -> Self {
        self.options.page_size(page_size);
        self
    }

    /// Returns only workflows after the [`cursor`](WorkflowStream::cursor) of an earlier list: a [`Uuid`] or anything that
    /// converts into one, such as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(mut self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.options.starting_after(cursor);
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
        WorkflowStream { workflows: ListItems::new(self.pages()) }
    }

    pub(super) fn pages(self) -> ListDrive<rpc::ListWorkflows> {
        let request = Ok(ListWorkflowsRequest::default());
        let operation = operation!("workflows/list");
        ListDrive::new(&self.session, request, self.options, "list the workflows", operation)
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
#[derive(Debug)]
pub struct WorkflowStream {
    workflows: ListItems<rpc::ListWorkflows>,
}

impl WorkflowStream {
    /// Returns the cursor after the pages that were read to their end; `None` before the end of the first one. After an error, a
    /// list [starting after](WorkflowList::starting_after) it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.workflows.cursor()
    }
}

impl Stream for WorkflowStream {
    type Item = Result<Workflow>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.workflows.poll_next_unpin(cx)
    }
}
