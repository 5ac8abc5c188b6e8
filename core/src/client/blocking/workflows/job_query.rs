//! The blocking builder of a query of jobs.

use std::fmt;
use std::iter::FusedIterator;

use futures::StreamExt as _;
use uuid::Uuid;

use super::Job;
use crate::client::blocking::block_on;
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::{JobState, Listing, TaskState};

/// A query of jobs. [`load`](Self::load) returns all of them in a [`Listing`], which prints as a table;
/// [`stream`](Self::stream) returns an iterator.
///
/// A job must match all filters. The newest job is the first.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::JobState;
///
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// for job in client.jobs().query(("2025-01-01", "2025-02-01")).states([JobState::Failed]).stream() {
///     println!("{}", job?);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is loaded or read"]
#[derive(Debug)]
pub struct JobQuery {
    inner: workflows::JobQuery,
}

impl JobQuery {
    pub(super) fn new(inner: workflows::JobQuery) -> Self {
        Self { inner }
    }

    /// Returns only jobs in one of these states. An empty list selects any state.
    pub fn states(self, states: impl IntoIterator<Item = JobState>) -> Self {
        Self::new(self.inner.states(states))
    }

    /// Returns only jobs with at least one task in one of these states. An empty list selects any state.
    pub fn task_states(self, states: impl IntoIterator<Item = TaskState>) -> Self {
        Self::new(self.inner.task_states(states))
    }

    /// Returns only jobs with a task on one of these clusters, given by slug. An empty list selects any cluster.
    pub fn clusters<S: AsRef<str>>(self, slugs: impl IntoIterator<Item = S>) -> Self {
        Self::new(self.inner.clusters(slugs))
    }

    /// Returns only jobs that one of these automations submitted, given by id or by reference. An empty list selects
    /// any job.
    pub fn automations(self, ids: impl IntoIterator<Item: Into<Uuid>>) -> Self {
        Self::new(self.inner.automations(ids))
    }

    /// Returns only jobs with a similar name. The text has at most 100 characters; the server ignores case.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self::new(self.inner.name(name))
    }

    /// Returns the oldest job first.
    #[doc(alias("sort", "ascending"))]
    pub fn oldest_first(self) -> Self {
        Self::new(self.inner.oldest_first())
    }

    /// Sets the maximum number of jobs, at least 1.
    pub fn limit(self, jobs: u64) -> Self {
        Self::new(self.inner.limit(jobs))
    }

    /// Sets the maximum number of jobs of a response, at least 1. By default the server decides.
    pub fn page_size(self, jobs: u64) -> Self {
        Self::new(self.inner.page_size(jobs))
    }

    /// Returns only jobs after the one with this id, in the order of the query: the id of a job, or the
    /// [`cursor`](JobStream::cursor) of an earlier, equal query. The id is a [`Uuid`] or anything that converts into one, such
    /// as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.starting_after(id))
    }

    /// Loads all jobs.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::JobQuery::load`].
    #[doc(alias("collect", "all"))]
    pub fn load(self) -> Result<Listing<Job>> {
        Ok(block_on(self.inner.load())?.into_iter().map(Job::new).collect())
    }

    /// Returns the jobs as an iterator, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item. Dropping the iterator aborts the request in flight.
    #[doc(alias("iter", "pages"))]
    pub fn stream(self) -> JobStream {
        JobStream { inner: self.inner.stream() }
    }
}

/// Jobs as an iterator. Ends after the last one, or after an error.
#[must_use = "an iterator does nothing until it is read"]
#[derive(Debug)]
pub struct JobStream {
    inner: workflows::JobStream,
}

impl JobStream {
    /// Returns the cursor after the pages that were read to their end; `None` before the end of the first one. After an error,
    /// an equal query [starting after](JobQuery::starting_after) it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.inner.cursor()
    }
}

impl Iterator for JobStream {
    type Item = Result<Job>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(self.inner.next()).map(|job| job.map(Job::new))
    }
}

impl FusedIterator for JobStream {}
