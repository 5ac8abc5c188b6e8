//! The builder of a new job.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::StreamExt as _;

use super::{Job, suggest};
use crate::client::driver::list_drive::ListDrive;
use crate::client::driver::list_options::ListOptions;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::time::Instant;
use crate::workflows::{JobInfo, SubmissionSearch, TaskDefaults, TaskSubmission, TraceParent, encode_root_tasks, rpc};

/// Maximum number of characters of a name that an error repeats.
const MAX_EXCERPT: usize = 120;

/// The wait before the second search for a job whose submission got no response: a request may arrive at the server after
/// its connection was lost.
const SETTLING: Duration = Duration::from_secs(1);

/// The number of jobs in a response of the search.
const SEARCH_PAGE: u64 = 100;

/// The submission of a job. Await it for the new job.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TaskSubmission;
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let months = (1..=12).map(|month| TaskSubmission::new("example.com/Month", &month));
/// let job = client.jobs().submit_all("clouds", months).cluster("dev").max_retries(2).await?;
/// println!("{job}");
/// # Ok(())
/// # }
/// ```
///
/// # A lost response
///
/// A submission whose response was lost may have created the job. The client then searches the newest jobs for its trace
/// parent, and submits the job again only if it does not exist. If the search fails, so does the submission, and
/// [`Error::may_have_happened`] returns true.
#[must_use = "a submission does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct JobSubmission {
    session: Arc<Session>,
    name: String,
    tasks: Vec<TaskSubmission>,
    defaults: TaskDefaults,
    /// The cluster of tasks without their own.
    cluster: Option<String>,
    trace_parent: Option<String>,
}

impl JobSubmission {
    pub(super) fn new(session: Arc<Session>, name: String, tasks: Vec<TaskSubmission>) -> Self {
        Self { session, name, tasks, defaults: TaskDefaults::new(), cluster: None, trace_parent: None }
    }

    /// Sets the slug of the cluster whose runners execute the root tasks that name none. Without it, it is the default
    /// cluster.
    pub fn cluster(mut self, slug: impl AsRef<str>) -> Self {
        self.cluster = Some(slug.as_ref().to_owned());
        self.defaults = self.defaults.cluster(slug.as_ref());
        self
    }

    /// Sets how often a root task is executed again after it failed, unless it has its own number. The default is 0.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.defaults = self.defaults.max_retries(retries);
        self
    }

    /// Sets the trace and the span that the job continues, in the form of a W3C `traceparent` header. Without it, the job
    /// continues the trace of [`current_trace`](crate::ClientBuilder::current_trace), or starts one with random ids.
    ///
    /// Give each submission its own span: after a lost response, the client finds the job by this text.
    pub fn trace_parent(mut self, trace_parent: impl ToString) -> Self {
        self.trace_parent = Some(trace_parent.to_string());
        self
    }

    /// Submits the job, as awaiting the submission does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], before a request, for an empty name, no tasks, or a task that is not valid, which the
    /// error names; [`ErrorKind::NotFound`] for an unknown cluster, with suggestions; otherwise as every call.
    pub async fn send(self) -> Result<Job> {
        self.await
    }

    async fn run(self) -> Result<Job> {
        let Self { session, name, tasks, defaults, cluster, trace_parent } = self;
        let purpose = format!("submit the job `{}`", excerpt(&name, MAX_EXCERPT));
        if name.trim().is_empty() {
            return Err(Error::invalid("submit a job", "its name is empty", "give it a name; jobs may share one"));
        }
        if cluster.as_ref().is_some_and(|slug| slug.trim().is_empty()) {
            let advice = "leave the cluster out for the default cluster";
            return Err(Error::invalid(purpose, "the slug of its cluster is empty", advice));
        }
        let operation =
            operation!("workflows/jobs/submit", "tilebox.job" = name, "tilebox.trace_parent" = tracing::field::Empty,);
        let trace_parent = match trace_parent {
            Some(text) => text.parse()?,
            None => operation
                .within(|| session.current_trace.as_ref().and_then(|current| current()))
                .unwrap_or_else(|| TraceParent::from_random(|| session.runtime.random())),
        };
        operation.record("tilebox.trace_parent", tracing::field::display(trace_parent));
        let tasks = encode_root_tasks(tasks, &defaults)?;
        let clusters: Vec<String> = tasks.cluster_slug_lookup.iter().filter(|slug| !slug.is_empty()).cloned().collect();
        let request = wire::SubmitJobRequest {
            tasks: Some(tasks),
            job_name: name,
            trace_parent: trace_parent.to_string(),
            automation_id: None,
            legacy_tasks: Vec::new(),
        };
        let submitted = async {
            match (Submitter { session: &session, request: &request, purpose: &purpose }).submit().await {
                Ok(info) => Ok(Job::new(&session, info)),
                Err(error) => {
                    let clusters: Vec<&str> = clusters.iter().map(String::as_str).collect();
                    Err(suggest::clusters(&session, &clusters, error).await)
                }
            }
        };
        operation.run(submitted).await
    }
}

impl IntoFuture for JobSubmission {
    type Output = Result<Job>;
    type IntoFuture = BoxFuture<'static, Result<Job>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Submits a job once, also if responses are lost.
struct Submitter<'a> {
    session: &'a Arc<Session>,
    request: &'a wire::SubmitJobRequest,
    purpose: &'a str,
}

impl Submitter<'_> {
    async fn submit(&self) -> Result<JobInfo> {
        let runtime = &self.session.runtime;
        let started = runtime.now();
        let mut submissions = 0;
        loop {
            submissions += 1;
            let error = match self.send().await {
                Ok(job) => return Ok(job),
                Err(error) if !error.may_have_happened() => {
                    // An earlier submission was not found, but it may still arrive.
                    return Err(error.with_may_have_happened(submissions > 1));
                }
                Err(error) => error,
            };
            tracing::warn!("error.message" = %error, "the response to a submission was lost: the client searches the job");
            for wait in [Duration::ZERO, SETTLING] {
                if !wait.is_zero() {
                    runtime.sleep_until(runtime.now() + wait).await;
                }
                match self.find(started).await {
                    Ok(Some(job)) => return Ok(job),
                    Ok(None) => {}
                    Err(search) => {
                        return Err(error.with_note(&format!("and the search for it failed: {}", search.reason())));
                    }
                }
            }
            let policy = &self.session.policy;
            let may_repeat = matches!(error.kind(), ErrorKind::Network | ErrorKind::TimedOut)
                && submissions < policy.retry.attempts
                && runtime.now() - started < policy.timeout;
            if !may_repeat {
                return Err(error.with_note("it was not among the newest jobs afterwards"));
            }
        }
    }

    async fn send(&self) -> Result<JobInfo> {
        let call = self.session.endpoint.call::<rpc::SubmitJob>(self.request, self.purpose.to_owned())?;
        let job = self.session.call(call).await?;
        JobInfo::from_wire(job).map_err(|error| unreadable(self.purpose.to_owned(), error).with_may_have_happened(true))
    }

    /// Searches the newest jobs for the submitted one.
    async fn find(&self, started: Instant) -> Result<Option<JobInfo>> {
        let elapsed = self.session.runtime.now() - started;
        let mut search = SubmissionSearch::new(&self.request.job_name, &self.request.trace_parent, elapsed);
        let mut options = ListOptions::default();
        options.page_size(SEARCH_PAGE);
        let operation = operation!("workflows/jobs/query", "tilebox.trace_parent" = self.request.trace_parent);
        let request = Ok(wire::QueryJobsRequest { filters: Some(Default::default()), ..Default::default() });
        let mut pages =
            ListDrive::<rpc::QueryJobs>::new(self.session, request, options, "search the submitted job", operation);
        while let Some(page) = pages.next().await {
            for job in page? {
                match search.check(&job) {
                    None => {}
                    Some(true) => return Ok(Some(job)),
                    Some(false) => return Ok(None),
                }
            }
        }
        Ok(None)
    }
}
