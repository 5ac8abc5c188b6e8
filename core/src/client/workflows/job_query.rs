//! The builder of a query of jobs.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::Job;
use crate::client::driver::list_drive::ListDrive;
use crate::client::driver::list_items::ListItems;
use crate::client::driver::list_options::ListOptions;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::Result;
use crate::schema::TemporalExtent;
use crate::workflows::{JobFilters, JobState, Listing, TaskState, rpc};

const PURPOSE: &str = "query jobs";

/// A query of jobs. Await it for all of them in a [`Listing`], which prints as a table, or read it as a
/// [stream](Self::stream).
///
/// A job must match all filters. The newest job is the first.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use futures::TryStreamExt as _;
/// use tilebox_tokio::workflows::{JobState, TaskState};
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let failed = client.jobs().query(("2025-01-01", "2025-02-01")).states([JobState::Failed]).name("clouds").await?;
/// println!("{failed}");
///
/// let mut waiting = client.jobs().query(..).task_states([TaskState::Queued]).clusters(["dev"]).stream();
/// while let Some(job) = waiting.try_next().await? {
///     println!("{}: {}", job.name(), job.stats());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited or read"]
#[derive(Debug)]
pub struct JobQuery {
    session: Arc<Session>,
    filters: Result<JobFilters>,
    options: ListOptions,
}

impl JobQuery {
    pub(super) fn new(session: Arc<Session>, extent: Result<TemporalExtent>) -> Self {
        Self { session, filters: extent.map(JobFilters::new), options: ListOptions::default() }
    }

    fn filter(mut self, change: impl FnOnce(&mut JobFilters)) -> Self {
        if let Ok(filters) = &mut self.filters {
            change(filters);
        }
        self
    }

    /// Returns only jobs in one of these states. An empty list selects any state.
    pub fn states(self, states: impl IntoIterator<Item = JobState>) -> Self {
        self.filter(|filters| filters.states = states.into_iter().collect())
    }

    /// Returns only jobs with at least one task in one of these states. An empty list selects any state.
    pub fn task_states(self, states: impl IntoIterator<Item = TaskState>) -> Self {
        self.filter(|filters| filters.task_states = states.into_iter().collect())
    }

    /// Returns only jobs with a task on one of these clusters, given by slug. An empty list selects any cluster.
    pub fn clusters<S: AsRef<str>>(self, slugs: impl IntoIterator<Item = S>) -> Self {
        self.filter(|filters| filters.clusters = slugs.into_iter().map(|slug| slug.as_ref().to_owned()).collect())
    }

    /// Returns only jobs that one of these automations submitted, given by id or by reference. An empty list selects
    /// any job.
    pub fn automations(self, ids: impl IntoIterator<Item: Into<Uuid>>) -> Self {
        self.filter(|filters| filters.automations = ids.into_iter().map(Into::into).collect())
    }

    /// Returns only jobs with a similar name. The text has at most 100 characters; the server ignores case.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.filter(|filters| filters.name = name.into())
    }

    /// Returns the oldest job first.
    #[doc(alias("sort", "ascending"))]
    pub fn oldest_first(self) -> Self {
        self.filter(|filters| filters.is_oldest_first = true)
    }

    /// Sets the maximum number of jobs, at least 1.
    pub fn limit(mut self, jobs: u64) -> Self {
        self.options.limit(jobs);
        self
    }

    /// Sets the maximum number of jobs of a response, at least 1. By default the server decides.
    pub fn page_size(mut self, jobs: u64) -> Self {
        self.options.page_size(jobs);
        self
    }

    /// Returns only jobs after the one with this id, in the order of the query: the id of a job, or the
    /// [`cursor`](JobStream::cursor) of an earlier, equal query. The id is a [`Uuid`] or anything that converts into one, such
    /// as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(mut self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.options.starting_after(id);
        self
    }

    /// Loads all jobs, as awaiting the query does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("collect", "all"))]
    pub async fn load(self) -> Result<Listing<Job>> {
        self.await
    }

    /// Returns the jobs as a stream, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item. Dropping the stream aborts the request in flight.
    #[doc(alias("iter", "pages"))]
    pub fn stream(self) -> JobStream {
        let session = Arc::clone(&self.session);
        JobStream { jobs: ListItems::new(self.pages()), session }
    }

    fn pages(self) -> ListDrive<rpc::QueryJobs> {
        let operation = operation!("workflows/jobs/query");
        let request = self.filters.and_then(|filters| filters.to_request());
        ListDrive::new(&self.session, request, self.options, PURPOSE, operation)
    }
}

impl IntoFuture for JobQuery {
    type Output = Result<Listing<Job>>;
    type IntoFuture = BoxFuture<'static, Result<Listing<Job>>>;

    fn into_future(self) -> Self::IntoFuture {
        let session = Arc::clone(&self.session);
        Box::pin(async move {
            let jobs = self.pages().try_concat().await?;
            Ok(jobs.into_iter().map(|job| Job::new(&session, job)).collect())
        })
    }
}

/// Jobs as a stream. Ends after the last one, or after an error.
#[must_use = "a stream does nothing until it is read"]
#[derive(Debug)]
pub struct JobStream {
    jobs: ListItems<rpc::QueryJobs>,
    session: Arc<Session>,
}

impl JobStream {
    /// Returns the cursor after the pages that were read to their end; `None` before the end of the first one. After an error,
    /// an equal query [starting after](JobQuery::starting_after) it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.jobs.cursor()
    }
}

impl Stream for JobStream {
    type Item = Result<Job>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let job = ready!(this.jobs.poll_next_unpin(cx));
        Poll::Ready(job.map(|job| job.map(|job| Job::new(&this.session, job))))
    }
}
