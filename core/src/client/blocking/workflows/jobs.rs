//! Submission, search and counts of jobs.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::{Job, JobQuery};
use crate::client::blocking::{Client, block_on};
use crate::client::workflows;
use crate::error::Result;
use crate::schema::IntoTemporalExtent;
use crate::workflows::{JobStateCounts, QueueStats, TaskSubmission};

impl Client {
    /// Returns the jobs of your organisation, to submit and to find them.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs { inner: self.inner().jobs() }
    }
}

/// The jobs of your organisation. Cheap to clone.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TaskSubmission;
///
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// let report = TaskSubmission::new("example.com/CloudReport", &2025);
/// let job = client.jobs().submit("clouds", report).cluster("dev").send()?;
/// println!("{}", job.wait().join()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(super) inner: workflows::Jobs,
}

impl Jobs {
    /// Returns the submission of a job with this name and one root task. [`JobSubmission`] has the options.
    pub fn submit(&self, name: impl Into<String>, task: impl Into<TaskSubmission>) -> JobSubmission {
        JobSubmission { inner: self.inner.submit(name, task) }
    }

    /// Returns the submission of a job with this name and several root tasks, at least 1. They have no dependencies, so
    /// runners may execute them at the same time.
    pub fn submit_all<I>(&self, name: impl Into<String>, tasks: I) -> JobSubmission
    where
        I: IntoIterator<Item: Into<TaskSubmission>>,
    {
        JobSubmission { inner: self.inner.submit_all(name, tasks) }
    }

    /// Returns the job with this id: a [`Uuid`], or anything that converts into one, such as text.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Jobs::find`].
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<Job> {
        block_on(self.inner.find(id)).map(Job::new)
    }

    /// Returns a query of the jobs that were submitted within an extent, the newest first.
    ///
    /// [`IntoTemporalExtent`] lists the accepted extents: of times, or of the ids of jobs; `..` for all jobs. [`JobQuery`] has
    /// the filters.
    #[doc(alias = "list")]
    pub fn query(&self, extent: impl IntoTemporalExtent) -> JobQuery {
        JobQuery::new(self.inner.query(extent))
    }

    /// Returns the number of jobs in each state, of those that were submitted within an interval of time; `..` for all.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Jobs::state_counts`].
    #[doc(alias = "count")]
    pub fn state_counts(&self, interval: impl IntoTemporalExtent) -> Result<JobStateCounts> {
        block_on(self.inner.state_counts(interval))
    }

    /// Returns a query of the numbers of jobs and tasks that wait for runners. [`QueueQuery`] has the options.
    pub fn queue_stats(&self) -> QueueQuery {
        QueueQuery { inner: self.inner.queue_stats() }
    }
}

/// The submission of a job. [`send`](Self::send) returns the new job.
///
/// A lost response is handled as by [`crate::workflows::JobSubmission`].
#[must_use = "a submission does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct JobSubmission {
    inner: workflows::JobSubmission,
}

impl JobSubmission {
    /// Sets the slug of the cluster whose runners execute the root tasks that name none. Without it, it is the default
    /// cluster.
    pub fn cluster(self, slug: impl AsRef<str>) -> Self {
        Self { inner: self.inner.cluster(slug) }
    }

    /// Sets how often a root task is executed again after it failed, unless it has its own number. The default is 0.
    pub fn max_retries(self, retries: u32) -> Self {
        Self { inner: self.inner.max_retries(retries) }
    }

    /// Sets the trace and the span that the job continues, in the form of a W3C `traceparent` header.
    ///
    /// As [`crate::workflows::JobSubmission::trace_parent`].
    pub fn trace_parent(self, trace_parent: impl ToString) -> Self {
        Self { inner: self.inner.trace_parent(trace_parent) }
    }

    /// Submits the job.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::JobSubmission::send`].
    pub fn send(self) -> Result<Job> {
        block_on(self.inner.send()).map(Job::new)
    }
}

/// A query of the numbers of jobs and tasks that wait for runners. [`load`](Self::load) returns them.
#[must_use = "a query does nothing until it is loaded"]
#[derive(Debug)]
pub struct QueueQuery {
    inner: workflows::QueueQuery,
}

impl QueueQuery {
    /// Counts only jobs that were submitted within this interval of time. The default is all jobs.
    pub fn submitted(self, interval: impl IntoTemporalExtent) -> Self {
        Self { inner: self.inner.submitted(interval) }
    }

    /// Counts only jobs that were submitted at most this long ago. The default is all jobs.
    pub fn max_age(self, age: Duration) -> Self {
        Self { inner: self.inner.max_age(age) }
    }

    /// Loads the numbers.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::QueueQuery::load`].
    pub fn load(self) -> Result<QueueStats> {
        block_on(self.inner.load())
    }
}
