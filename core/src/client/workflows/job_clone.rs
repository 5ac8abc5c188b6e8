//! The builder of a job with the root tasks of another job.

use std::fmt;
use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::{Job, suggest};
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::Result;
use crate::workflows::{JobInfo, JobPrototype, TaskSubmission, rpc};

/// The submission of a job with the root tasks of another job. Await it for the new job.
///
/// It reads the root tasks of the other job, changes them, and submits all of them.
///
/// ```no_run
/// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
/// let again = job.clone_job("clouds, again").await?;
/// let elsewhere = job.clone_job("clouds on gpu").edit(|task| task.cluster("gpu").max_retries(5)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a submission does nothing until it is awaited"]
pub struct JobClone {
    job: Job,
    name: String,
    tasks: Option<Vec<TaskSubmission>>,
    edits: Vec<Edit>,
}

type Edit = Box<dyn FnMut(TaskSubmission) -> TaskSubmission + Send>;

impl JobClone {
    pub(super) fn new(job: Job, name: String) -> Self {
        Self { job, name, tasks: None, edits: Vec::new() }
    }

    /// Changes each root task by this function.
    pub fn edit(mut self, edit: impl FnMut(TaskSubmission) -> TaskSubmission + Send + 'static) -> Self {
        self.edits.push(Box::new(edit));
        self
    }

    /// Replaces the root tasks by these, from 1 to 64. The root tasks of the other job are not read then; see
    /// [`Job::prototype`].
    pub fn tasks(mut self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> Self {
        self.tasks = Some(tasks.into_iter().map(Into::into).collect());
        self
    }

    /// Submits the job, as awaiting the submission does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an empty name, or tasks that are not valid;
    /// otherwise as every call. A lost response is not repeated: [`Error::may_have_happened`](crate::Error::may_have_happened)
    /// returns true then.
    pub async fn send(self) -> Result<Job> {
        self.await
    }

    async fn run(self) -> Result<Job> {
        let operation = operation!("workflows/jobs/clone", "tilebox.job_id" = tracing::field::display(self.job.id()));
        operation.run(self.submit()).await
    }

    async fn submit(self) -> Result<Job> {
        let Self { job, name, tasks, mut edits } = self;
        let tasks = match tasks {
            Some(tasks) => tasks,
            None => job.read_prototype().await?.tasks,
        };
        let edited = |task| edits.iter_mut().fold(task, |task, edit| edit(task));
        let tasks: Vec<TaskSubmission> = tasks.into_iter().map(edited).collect();
        let purpose = job.purpose("clone");
        let request = JobPrototype { name, tasks }.to_clone_request(job.id())?;
        let session = job.session();
        let call = session.endpoint.call::<rpc::CloneJob>(&request, purpose.clone())?;
        match session.call(call).await {
            Ok(cloned) => {
                let info = JobInfo::from_wire(cloned);
                let unreadable = |error| unreadable(purpose, error).with_may_have_happened(true);
                Ok(Job::new(session, info.map_err(unreadable)?))
            }
            Err(error) => {
                let slugs = request.root_tasks_overrides.iter().map(|task| task.cluster_slug.as_str());
                let slugs: Vec<&str> = slugs.filter(|slug| !slug.is_empty()).collect();
                Err(suggest::clusters(session, &slugs, error).await)
            }
        }
    }
}

impl IntoFuture for JobClone {
    type Output = Result<Job>;
    type IntoFuture = BoxFuture<'static, Result<Job>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for JobClone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobClone")
            .field("job", &self.job.id())
            .field("name", &self.name)
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}
