//! Queries of logs: of a job, or of all jobs within an interval of time.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use super::{Job, Jobs, LogPages};
use crate::client::driver::list_drive::ListDrive;
use crate::client::driver::list_options::ListOptions;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::error::{Error, Result};
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::SortDirection;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::{IntoTemporalExtent, TemporalExtent, TimeInterval};
use crate::workflows::{LogCounts, Logs, SeverityGroup, rpc};

/// The purpose of a query of all jobs, in errors.
const ALL_LOGS: &str = "load the logs of all jobs";
/// The purpose of a count, in errors.
const COUNT: &str = "count the logs of all jobs";

impl Jobs {
    /// Returns a query of the logs of all jobs within an interval of time, including those of runners between two tasks.
    ///
    /// [`IntoTemporalExtent`] lists the accepted intervals, and [`LogQuery`] the options.
    ///
    /// ```no_run
    /// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
    /// println!("{}", client.jobs().logs_in("2025-03-01").newest_first().limit(100).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn logs_in(&self, interval: impl IntoTemporalExtent) -> LogQuery {
        LogQuery::new(
            Arc::clone(&self.session),
            Target::Interval(time_interval(self.session.extent_now(interval), ALL_LOGS)),
        )
    }

    /// Counts the log records of all jobs within an interval of time, by severity.
    ///
    /// ```no_run
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::SeverityGroup;
    ///
    /// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
    /// let counts = client.jobs().log_counts("2025-03-01").await?;
    /// println!("{} errors of {counts}", counts.of(SeverityGroup::Error));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an interval that is not valid; otherwise as every
    /// call.
    pub async fn log_counts(&self, interval: impl IntoTemporalExtent) -> Result<LogCounts> {
        let interval = time_interval(self.session.extent_now(interval), COUNT);
        let counted = async {
            let request = wire::GetLogMessageCountsRequest { time_interval: Some(interval?.to_exact_wire()) };
            let call = self.session.endpoint.call::<rpc::GetLogMessageCounts>(&request, COUNT)?;
            Ok(LogCounts::from_wire(self.session.call(call).await?))
        };
        operation!("workflows/logs/count").run(counted).await
    }
}

impl Job {
    /// Returns a query of its logs. [`LogQuery`] has the options.
    ///
    /// ```no_run
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::SeverityGroup;
    ///
    /// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
    /// println!("{}", job.logs().severity(SeverityGroup::Warning.and_above()).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn logs(&self) -> LogQuery {
        LogQuery::of_job(Arc::clone(self.session()), self.id(), self.name())
    }
}

/// A query of logs. Await it for all of them in one table; [`pages`](Self::pages) returns them page by page.
///
/// The oldest record is the first unless the query is [`newest_first`](Self::newest_first).
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::SeverityGroup;
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let logs = client.jobs().logs_in("2025-03-01").severity(SeverityGroup::Warning.and_above()).await?;
/// for record in &logs {
///     println!("{record}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited or its pages are read"]
#[derive(Debug)]
pub struct LogQuery {
    session: Arc<Session>,
    target: Target,
    severities: Vec<SeverityGroup>,
    task: Option<Result<Uuid, String>>,
    is_newest_first: bool,
    options: ListOptions,
}

/// The logs that a query selects from.
#[derive(Debug)]
enum Target {
    Job { id: Uuid, name: Arc<str> },
    Interval(Result<TimeInterval>),
}

impl LogQuery {
    fn new(session: Arc<Session>, target: Target) -> Self {
        let options = ListOptions::default();
        Self { session, target, severities: Vec::new(), task: None, is_newest_first: false, options }
    }

    /// Returns the query of the logs of a job.
    pub(super) fn of_job(session: Arc<Session>, id: Uuid, name: &str) -> Self {
        Self::new(session, Target::Job { id, name: name.into() })
    }

    /// Returns only records of these severities. An empty list means any severity.
    ///
    /// [`SeverityGroup::and_above`] returns a severity and those above it.
    #[doc(alias = "level")]
    pub fn severity(mut self, severities: impl IntoIterator<Item = SeverityGroup>) -> Self {
        self.severities = severities.into_iter().collect();
        self
    }

    /// Returns only records of one task of the job. The id is a [`Uuid`] or anything that converts into one, such as text.
    ///
    /// It is an error for a query of all jobs: the API selects tasks only within a job.
    pub fn task(mut self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.task = Some(id.try_into().map_err(|error| error.to_string()));
        self
    }

    /// Returns the newest record first.
    #[doc(alias("descending", "sort"))]
    pub fn newest_first(mut self) -> Self {
        self.is_newest_first = true;
        self
    }

    /// Sets the maximum number of records, at least 1: the first ones in the order of the query.
    pub fn limit(mut self, records: u64) -> Self {
        self.options.limit(records);
        self
    }

    /// Sets the maximum number of records of a page, at least 1. By default the server decides.
    pub fn page_size(mut self, records: u64) -> Self {
        self.options.page_size(records);
        self
    }

    /// Returns only records after the [`cursor`](super::TelemetryPages::cursor) of an earlier, equal query: a [`Uuid`] or anything
    /// that converts into one, such as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(mut self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.options.starting_after(cursor);
        self
    }

    /// Loads all records into one table, as awaiting the query does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the job does not exist; otherwise as every call.
    pub async fn load(self) -> Result<Logs> {
        self.await
    }

    /// Returns the pages as a stream, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item. Dropping the stream aborts the request in flight.
    #[doc(alias("stream", "iter"))]
    pub fn pages(self) -> LogPages {
        let Self { session, target, severities, task, is_newest_first, options } = self;
        let filters = (!severities.is_empty()).then(|| wire::LogQueryFilters {
            severity_levels: severities.into_iter().map(SeverityGroup::to_wire).collect(),
        });
        let sort_direction = is_newest_first.then_some(SortDirection::Descending.into());
        match target {
            Target::Job { id, name } => {
                let purpose = format!("load the logs of the job `{name}`");
                let operation = operation!("workflows/jobs/logs", "tilebox.job_id" = display(id));
                let request = task_id(task, &purpose).map(|task_id| wire::QueryJobLogsRequest {
                    job_id: Some(id::to_wire(id)),
                    page: None,
                    sort_direction,
                    task_id: task_id.map(id::to_wire),
                    filters,
                });
                LogPages::new(ListDrive::<rpc::QueryJobLogs>::new(&session, request, options, purpose, operation))
            }
            Target::Interval(interval) => {
                let operation = operation!("workflows/logs/query");
                let request = interval_of(interval, task.is_some()).map(|interval| wire::QueryLogsInIntervalRequest {
                    time_interval: Some(interval.to_exact_wire()),
                    page: None,
                    sort_direction,
                    filters,
                });
                LogPages::new(ListDrive::<rpc::QueryLogsInInterval>::new(
                    &session, request, options, ALL_LOGS, operation,
                ))
            }
        }
    }
}

impl IntoFuture for LogQuery {
    type Output = Result<Logs>;
    type IntoFuture = BoxFuture<'static, Result<Logs>>;

    /// Loads all records into one table.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.pages().load())
    }
}

/// Returns the id of a task, or the error of an id that is not valid.
pub(super) fn task_id(task: Option<Result<Uuid, String>>, purpose: &str) -> Result<Option<Uuid>> {
    let advice = "pass the id of a task of the job, such as 01941f29-c650-202f-6495-c71dd2118fb1";
    match task {
        Some(Err(reason)) => {
            Err(Error::invalid(purpose.to_owned(), format!("the id of the task is not valid: {reason}"), advice))
        }
        Some(Ok(id)) if id.is_nil() => Err(Error::invalid(purpose.to_owned(), "the id of the task is nil", advice)),
        Some(Ok(id)) => Ok(Some(id)),
        None => Ok(None),
    }
}

fn time_interval(extent: Result<TemporalExtent>, purpose: &'static str) -> Result<TimeInterval> {
    match extent? {
        TemporalExtent::Time(interval) => Ok(interval),
        TemporalExtent::Ids(_) => {
            Err(Error::invalid(purpose, "expects an interval of time, got one of ids", "pass two times"))
        }
    }
}

fn interval_of(interval: Result<TimeInterval>, has_task: bool) -> Result<TimeInterval> {
    if has_task {
        let advice = "load the logs of its job, and select the task there";
        return Err(Error::invalid(ALL_LOGS, "the API selects a task only within a job", advice));
    }
    interval
}

#[cfg(test)]
mod tests;
