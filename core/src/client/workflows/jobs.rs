//! Submission, search and queries of jobs.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::job::get;
use super::{Job, JobQuery, JobSubmission, QueueQuery, suggest};
use crate::client::Client;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::{IntoTemporalExtent, TemporalExtent, TimeInterval};
use crate::workflows::{JobStateCounts, TaskSubmission, bounded, rpc};

impl Client {
    /// Returns the jobs of your organisation, to submit and to find them.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs { session: Arc::clone(&self.session) }
    }
}

/// The jobs of your organisation. Cheap to clone.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{JobState, TaskSubmission};
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let report = TaskSubmission::new("example.com/CloudReport", &2025);
/// let job = client.jobs().submit("clouds", report).cluster("dev").await?;
/// println!("{}", job.wait().await?);
///
/// let failed = client.jobs().query(("2025-01-01", "2025-02-01")).states([JobState::Failed]).await?;
/// println!("{failed}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(super) session: Arc<Session>,
}

impl Jobs {
    /// Returns the submission of a job with this name and one root task. [`JobSubmission`] has the options.
    pub fn submit(&self, name: impl Into<String>, task: impl Into<TaskSubmission>) -> JobSubmission {
        self.submit_all(name, [task])
    }

    /// Returns the submission of a job with this name and several root tasks, at least 1. They have no dependencies, so
    /// runners may execute them at the same time.
    pub fn submit_all<I>(&self, name: impl Into<String>, tasks: I) -> JobSubmission
    where
        I: IntoIterator<Item: Into<TaskSubmission>>,
    {
        JobSubmission::new(Arc::clone(&self.session), name.into(), tasks.into_iter().map(Into::into).collect())
    }

    /// Returns the job with this id: a [`Uuid`], or anything that converts into one, such as text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the job does not exist. The error suggests similar ids of the
    /// newest jobs, for which one more request lists them. Otherwise as every call.
    #[doc(alias = "get")]
    pub async fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<Job> {
        let id = read_id("find a job", id.try_into())?;
        let operation = operation!("workflows/jobs/get", "tilebox.job_id" = tracing::field::display(id));
        let found = async {
            match get(&self.session, id, format!("find the job {id}")).await {
                Ok(info) => Ok(Job::new(&self.session, info)),
                Err(error) => Err(suggest::job(&self.session, id, error).await),
            }
        };
        operation.run(found).await
    }

    /// Returns a query of the jobs that were submitted within an extent, the newest first.
    ///
    /// [`IntoTemporalExtent`] lists the accepted extents: of times, or of the ids of jobs; `..` for all jobs. [`JobQuery`] has
    /// the filters.
    #[doc(alias = "list")]
    pub fn query(&self, extent: impl IntoTemporalExtent) -> JobQuery {
        JobQuery::new(Arc::clone(&self.session), self.session.extent_now(extent))
    }

    /// Returns the number of jobs in each state, of those that were submitted within an interval of time; `..` for all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an interval of ids; otherwise as every call.
    #[doc(alias = "count")]
    pub async fn state_counts(&self, interval: impl IntoTemporalExtent) -> Result<JobStateCounts> {
        const PURPOSE: &str = "count the jobs";
        let time_interval = read_times(PURPOSE, self.session.extent_now(interval))?.map(TimeInterval::to_wire);
        let request = wire::GetJobStateCountsRequest { time_interval };
        let call = self.session.endpoint.call::<rpc::GetJobStateCounts>(&request, PURPOSE)?;
        let counted = async { Ok(JobStateCounts::from_wire(&self.session.call(call).await?)) };
        operation!("workflows/jobs/count").run(counted).await
    }

    /// Returns a query of the numbers of jobs and tasks that wait for runners. [`QueueQuery`] has the options.
    pub fn queue_stats(&self) -> QueueQuery {
        QueueQuery::new(Arc::clone(&self.session))
    }
}

/// Reads the id of a job, or of a task of one. `purpose` completes "cannot …" in an error.
pub(super) fn read_id(purpose: &'static str, id: Result<Uuid, impl fmt::Display>) -> Result<Uuid> {
    let advice =
        "write it as Tilebox does, such as 019acba6-f5fa-25e9-106a-9f964c42ac70; `query` finds jobs by their name";
    match id {
        Ok(id) if id.is_nil() => Err(Error::invalid(purpose, "the id is nil", advice)),
        Ok(id) => Ok(id),
        Err(error) => Err(Error::invalid(purpose, format!("the id is not valid: {error}"), advice)),
    }
}

/// Reads an interval of times; `None` for all times.
pub(super) fn read_times(purpose: &'static str, extent: Result<TemporalExtent>) -> Result<Option<TimeInterval>> {
    match extent? {
        TemporalExtent::Time(interval) => Ok(bounded(interval)),
        TemporalExtent::Ids(_) => {
            Err(Error::invalid(purpose, "expects an interval of times, got one of ids", "write two times"))
        }
    }
}
