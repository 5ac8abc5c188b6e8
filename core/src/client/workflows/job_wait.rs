//! The builder of a wait for the end of a job.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::Job;
use super::job::get;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{JobListener, JobObserver, JobTracker, LoadState};
use crate::protocol::call::CallPolicy;
use crate::runtime::Runtime;
use crate::time::Instant;
use crate::workflows::JobInfo;
use crate::workflows::JobState;
use crate::workflows::polling::Polling;

/// The shortest pause between two requests for the state of a job.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// A wait for the end of a job. Await it for the job in its final state: completed, failed or canceled.
///
/// It reads the job again and again, first every 0.2 seconds, and after a minute every 5 seconds. A request that fails is
/// repeated as every call. Dropping the wait ends it; the job continues.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use std::time::Duration;
/// use tilebox_tokio::progress::JobProgress;
///
/// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
/// let show = |job: &JobProgress| eprintln!("{:.0} %, {:?} left", job.fraction() * 100.0, job.remaining);
/// let ended = job.wait().progress(show).timeout(Duration::from_secs(3600)).await?;
/// println!("{ended}");
/// ended.success().await?;
/// # Ok(())
/// # }
/// ```
///
/// A job that failed is not an error of the wait; [`Job::success`] makes it one. Without
/// [`progress`](Self::progress) the observer of the client receives the progress, if it observes jobs: the bars of the
/// feature `progress` do.
#[must_use = "a wait does nothing until it is awaited"]
pub struct JobWait {
    job: Job,
    interval: Option<Duration>,
    timeout: Option<Duration>,
    observer: Option<Arc<dyn JobObserver>>,
}

impl JobWait {
    pub(super) fn new(job: Job) -> Self {
        Self { job, interval: None, timeout: None, observer: None }
    }

    /// Sets the pause between two requests, at least 10 ms, instead of pauses that grow with the time.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval.max(SHORTEST_INTERVAL));
        self
    }

    /// Sets the maximum time to wait (default: unlimited).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the observer of the progress, instead of that of the client: a closure that takes a
    /// [`JobProgress`](crate::progress::JobProgress), or bars.
    #[doc(alias = "show_progress")]
    pub fn progress(mut self, observer: impl JobObserver) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Waits for the end of the job, as awaiting it does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] when the job has not ended after the [`timeout`](Self::timeout); otherwise as every call.
    pub async fn join(self) -> Result<Job> {
        self.await
    }

    async fn run(self) -> Result<Job> {
        let session = Arc::clone(self.job.session());
        let operation = operation!("workflows/jobs/wait", "tilebox.job_id" = tracing::field::display(self.job.id()));
        let listener = match self.observer {
            Some(observer) => Some(observer.start_job(self.job.name())),
            None => session.progress.as_ref().and_then(|observer| observer.job_listener(self.job.name())),
        };
        let now = session.runtime.now();
        let wait = Wait {
            polling: Polling::new(now, self.interval, session.runtime.random()),
            deadline: self.timeout.map(|timeout| (now + timeout, timeout)),
            report: listener.map(|listener| Report::new(listener, self.job.name(), &session.runtime)),
            job: self.job,
            session,
        };
        operation.run(wait.run()).await
    }
}

impl IntoFuture for JobWait {
    type Output = Result<Job>;
    type IntoFuture = BoxFuture<'static, Result<Job>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for JobWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobWait")
            .field("job", &self.job.id())
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A running wait.
struct Wait {
    job: Job,
    session: Arc<Session>,
    polling: Polling,
    /// The time at which the wait ends, and its length.
    deadline: Option<(Instant, Duration)>,
    report: Option<Report>,
}

impl Wait {
    async fn run(mut self) -> Result<Job> {
        loop {
            let info = get(&self.session_until_deadline(), self.job.id(), self.job.purpose("wait for")).await?;
            if let Some(report) = &mut self.report {
                report.update(&info);
            }
            if info.state.is_final() {
                return Ok(Job::new(&self.session, info));
            }
            let now = self.session.runtime.now();
            let mut next = self.polling.next(now);
            if let Some((deadline, timeout)) = self.deadline {
                if now >= deadline {
                    return Err(self.timed_out(&info, timeout));
                }
                next = next.min(deadline);
            }
            self.session.runtime.sleep_until(next).await;
        }
    }

    /// Returns a session whose calls end at the deadline. A call that starts at the deadline has a second.
    fn session_until_deadline(&self) -> Arc<Session> {
        let Some((deadline, _)) = self.deadline else { return Arc::clone(&self.session) };
        let left = (deadline - self.session.runtime.now()).max(Duration::from_secs(1));
        let policy = CallPolicy { timeout: self.session.policy.timeout.min(left), ..self.session.policy };
        Arc::new(Session { policy, ..(*self.session).clone() })
    }

    fn timed_out(&self, info: &JobInfo, timeout: Duration) -> Error {
        let reason = format!("it is {} after {timeout:?}, its tasks are {}", info.state, info.stats);
        let advice = "wait longer with `timeout`, or `cancel` the job";
        Error::new(ErrorKind::TimedOut, self.job.purpose("wait for"), reason, advice)
    }
}

/// The report of a wait to its observer. Dropping it before the end of the job reports that the wait has stopped.
struct Report {
    tracker: JobTracker,
    listener: JobListener,
    runtime: Arc<dyn Runtime>,
    has_ended: bool,
}

impl Report {
    fn new(listener: JobListener, name: &str, runtime: &Arc<dyn Runtime>) -> Self {
        let tracker = JobTracker::new(name, runtime.now());
        Self { tracker, listener, runtime: Arc::clone(runtime), has_ended: false }
    }

    fn update(&mut self, info: &JobInfo) {
        let state = match info.state {
            JobState::Completed => LoadState::Complete,
            state if state.is_final() => LoadState::Stopped,
            _ => LoadState::Running,
        };
        self.has_ended = state != LoadState::Running;
        let counts = info.stats.task_counts();
        (self.listener)(self.tracker.update(self.runtime.now(), state, counts, &info.progress));
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if !self.has_ended {
            (self.listener)(self.tracker.stop(self.runtime.now()));
        }
    }
}
