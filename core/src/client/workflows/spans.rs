//! Queries of the spans of a job.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use super::logs::task_id;
use super::{Job, SpanPages};
use crate::client::driver::list_drive::ListDrive;
use crate::client::driver::list_options::ListOptions;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::Result;
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::SortDirection;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::{Spans, rpc};

impl Job {
    /// Returns a query of its spans: the executions of its tasks, and their parts. [`SpanQuery`] has the options.
    ///
    /// ```no_run
    /// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
    /// for span in &job.spans().await? {
    ///     println!("{span}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn spans(&self) -> SpanQuery {
        SpanQuery::of_job(Arc::clone(self.session()), self.id(), self.name())
    }
}

/// A query of the spans of a job. Await it for all of them in one table; [`pages`](Self::pages) returns them page by page.
///
/// The oldest span is the first unless the query is [`newest_first`](Self::newest_first).
#[must_use = "a query does nothing until it is awaited or its pages are read"]
#[derive(Clone, Debug)]
pub struct SpanQuery {
    session: Arc<Session>,
    job_id: Uuid,
    job_name: Arc<str>,
    task: Option<Result<Uuid, String>>,
    is_newest_first: bool,
    options: ListOptions,
}

impl SpanQuery {
    /// Returns the query of the spans of a job.
    pub(super) fn of_job(session: Arc<Session>, id: Uuid, name: &str) -> Self {
        let options = ListOptions::default();
        Self { session, job_id: id, job_name: name.into(), task: None, is_newest_first: false, options }
    }

    /// Returns only spans of one task of the job. The id is a [`Uuid`] or anything that converts into one, such as text.
    pub fn task(mut self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.task = Some(id.try_into().map_err(|error| error.to_string()));
        self
    }

    /// Returns the newest span first.
    #[doc(alias("descending", "sort"))]
    pub fn newest_first(mut self) -> Self {
        self.is_newest_first = true;
        self
    }

    /// Sets the maximum number of spans, at least 1: the first ones in the order of the query.
    pub fn limit(mut self, spans: u64) -> Self {
        self.options.limit(spans);
        self
    }

    /// Sets the maximum number of spans of a page, at least 1. By default the server decides.
    pub fn page_size(mut self, spans: u64) -> Self {
        self.options.page_size(spans);
        self
    }

    /// Returns only spans after the [`cursor`](super::TelemetryPages::cursor) of an earlier, equal query: a [`Uuid`] or anything
    /// that converts into one, such as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(mut self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.options.starting_after(cursor);
        self
    }

    /// Loads all spans into one table, as awaiting the query does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the job does not exist; otherwise as every call.
    pub async fn load(self) -> Result<Spans> {
        self.await
    }

    /// Returns the pages as a stream, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item. Dropping the stream aborts the request in flight.
    #[doc(alias("stream", "iter"))]
    pub fn pages(self) -> SpanPages {
        let purpose = format!("load the spans of the job `{}`", self.job_name);
        let operation = operation!("workflows/jobs/spans", "tilebox.job_id" = display(self.job_id));
        let request = task_id(self.task, &purpose).map(|task_id| wire::QueryJobSpansRequest {
            job_id: Some(id::to_wire(self.job_id)),
            page: None,
            sort_direction: self.is_newest_first.then_some(SortDirection::Descending.into()),
            task_id: task_id.map(id::to_wire),
        });
        SpanPages::new(ListDrive::<rpc::QueryJobSpans>::new(&self.session, request, self.options, purpose, operation))
    }
}

impl IntoFuture for SpanQuery {
    type Output = Result<Spans>;
    type IntoFuture = BoxFuture<'static, Result<Spans>>;

    /// Loads all spans into one table.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.pages().load())
    }
}
