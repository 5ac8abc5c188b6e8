//! The builder of a query of waiting jobs and tasks.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::jobs::read_times;
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::{IntoTemporalExtent, TimeInterval};
use crate::workflows::{QueueStats, rpc};

const PURPOSE: &str = "count the queued tasks";

/// A query of the numbers of jobs and tasks that wait for runners. Await it for [`QueueStats`].
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// println!("{}", client.jobs().queue_stats().max_age(Duration::from_secs(86_400)).await?);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct QueueQuery {
    session: Arc<Session>,
    interval: Result<Option<TimeInterval>>,
    max_age: Option<Duration>,
}

impl QueueQuery {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session, interval: Ok(None), max_age: None }
    }

    /// Counts only jobs that were submitted within this interval of time. The default is all jobs.
    pub fn submitted(mut self, interval: impl IntoTemporalExtent) -> Self {
        self.interval = read_times(PURPOSE, self.session.extent_now(interval));
        self
    }

    /// Counts only jobs that were submitted at most this long ago. The default is all jobs.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Loads the numbers, as awaiting the query does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an interval of ids; otherwise as every call.
    pub async fn load(self) -> Result<QueueStats> {
        self.await
    }

    async fn run(self) -> Result<QueueStats> {
        let job_max_age = self.max_age.map(|age| {
            let too_long =
                || Error::invalid(PURPOSE, format!("the age {age:?} is too long"), "leave it out for all jobs");
            age.try_into().map_err(|_| too_long())
        });
        let request = wire::GetTaskQueueStatsRequest {
            job_time_interval: self.interval?.map(TimeInterval::to_wire),
            job_max_age: job_max_age.transpose()?,
        };
        let call = self.session.endpoint.call::<rpc::GetTaskQueueStats>(&request, PURPOSE)?;
        let counted =
            async { QueueStats::from_wire(self.session.call(call).await?).map_err(|error| unreadable(PURPOSE, error)) };
        operation!("workflows/tasks/count").run(counted).await
    }
}

impl IntoFuture for QueueQuery {
    type Output = Result<QueueStats>;
    type IntoFuture = BoxFuture<'static, Result<QueueStats>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
