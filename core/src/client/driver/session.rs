//! The state that all handles of one client share: the transport, the runtime, the endpoint and the policy of calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_lock::Semaphore;

use super::meter::{DecodingCost, Meter};
use super::strategy::Strategy;
use crate::client::run_end::RunEnds;
use crate::error::Result;
use crate::progress::ProgressObserver;
use crate::protocol::budget::Budget;
use crate::protocol::call::CallPolicy;
use crate::protocol::caller::Caller;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::retry::RetryPolicy;
use crate::runtime::{Runtime, Transport};
use crate::schema::{IntoTemporalExtent, IntoTimestamp as _, QueryExtent, TemporalExtent, Timestamp};
use crate::workflows::TraceParent;

/// Timeout of best-effort calls, such as spelling suggestions.
const BEST_EFFORT_TIMEOUT: Duration = Duration::from_secs(5);

/// A function that returns the current trace of the application.
pub(crate) type CurrentTrace = Arc<dyn Fn() -> Option<TraceParent> + Send + Sync>;

/// The state that all handles of one client share.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) transport: Arc<dyn Transport>,
    /// Whether the user set the transport.
    pub(crate) is_own_transport: bool,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) endpoint: Endpoint,
    pub(crate) policy: CallPolicy,
    pub(crate) strategy: Strategy,
    pub(crate) concurrency: usize,
    /// One permit for each exchange in flight.
    pub(crate) permits: Arc<Semaphore>,
    /// The number of concurrent exchanges of loads and ingestions.
    pub(crate) budget: Budget,
    pub(crate) progress: Option<Arc<dyn ProgressObserver>>,
    /// The trace that submitted jobs continue; `None` if each starts its own.
    pub(crate) current_trace: Option<CurrentTrace>,
    /// Called at the end of each run of a runner.
    pub(crate) run_ends: RunEnds,
    /// The counters of a load; `None` for other calls.
    pub(crate) meter: Option<Arc<Meter>>,
    /// Whether calls are best effort: they fail at once instead of waiting for a permit.
    pub(crate) is_best_effort: bool,
}

impl Session {
    /// Returns the session of one load, whose exchanges `meter` counts.
    pub(crate) fn metered(&self, meter: &Arc<Meter>) -> Arc<Self> {
        Arc::new(Self { meter: Some(Arc::clone(meter)), ..self.clone() })
    }

    /// Returns the session for best-effort calls.
    pub(crate) fn best_effort(&self) -> Arc<Self> {
        let timeout = self.policy.timeout.min(BEST_EFFORT_TIMEOUT);
        let policy = CallPolicy { timeout, retry: RetryPolicy::never(), ..self.policy };
        Arc::new(Self { policy, is_best_effort: true, ..self.clone() })
    }

    /// Returns the time of day.
    ///
    /// # Errors
    ///
    /// When the clock is set outside the years 1 to 9999.
    pub(crate) fn wall_time(&self) -> Result<Timestamp> {
        self.runtime.wall_time().into_timestamp()
    }

    /// Returns the extent of a request that is sent now.
    ///
    /// # Errors
    ///
    /// When the extent is not valid.
    pub(crate) fn extent_now(&self, extent: impl IntoTemporalExtent) -> Result<TemporalExtent> {
        self.fixed_extent(extent.into_query_extent()?)
    }

    /// Returns the extent of a load that begins now. Reads the clock only for a relative extent.
    pub(crate) fn fixed_extent(&self, extent: QueryExtent) -> Result<TemporalExtent> {
        match extent {
            QueryExtent::Fixed(extent) => Ok(extent),
            relative => Ok(relative.at(self.wall_time()?)),
        }
    }

    /// Returns the caller of a machine.
    pub(crate) fn caller(&self) -> Caller {
        Caller::new(self.endpoint.clone(), self.policy, &self.budget, self.runtime.random())
    }

    /// Measures decoding. `decode` calls its argument with the size of the message between decompressing and decoding it; a
    /// body that cannot be decompressed counts as decompression alone.
    pub(super) fn measure_decoding<T>(&self, decode: impl FnOnce(&mut dyn FnMut(usize)) -> T) -> T {
        let Some(meter) = &self.meter else { return decode(&mut |_| {}) };
        let now = || self.runtime.now();
        let (start, mut decompressed) = (now(), None);
        let decoded = decode(&mut |message| decompressed = Some((message, now())));
        let end = now();
        let (message, at) = decompressed.unwrap_or((0, end));
        meter.decoded(DecodingCost { message, decompressing: at - start, decoding: end - at });
        decoded
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("endpoint", &self.endpoint)
            .field("policy", &self.policy)
            .field("strategy", &self.strategy)
            .finish_non_exhaustive()
    }
}
