//! Starts exchanges and other work where the strategy says: in the caller's future, or as a task.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{AbortHandle, BoxFuture, abortable};
use tracing::Instrument as _;

use super::send::{Ended, send};
use super::session::Session;
use super::spans;
use super::strategy::Strategy;
use crate::protocol::exchange::{ExchangeError, TransportError, TransportErrorKind};
use crate::protocol::machine::{Arrival, Exchange};
use crate::runtime::Runtime;

/// An exchange in flight.
pub(in crate::client) type InFlight<Reply> = BoxFuture<'static, Ended<Reply>>;

impl Session {
    /// Starts an exchange. Dropping the returned future aborts it.
    pub(in crate::client) fn start<Reply: Send + 'static>(
        self: &Arc<Self>,
        exchange: Exchange<Reply>,
    ) -> InFlight<Reply> {
        let id = exchange.id;
        let span = spans::exchange(&exchange);
        let sending = send(Arc::clone(self), exchange, span.clone()).instrument(span);
        if self.strategy == Strategy::Joined {
            return sending.boxed();
        }
        let runtime = Arc::clone(&self.runtime);
        let lost = move |error| Ended {
            id,
            arrival: Arrival::new(runtime.now(), Duration::ZERO),
            result: Err(ExchangeError::NoResponse(error)),
        };
        self.run(sending).map(|ended| ended.unwrap_or_else(lost)).boxed()
    }

    /// Runs work in the caller's future or as a task. Dropping the returned future aborts it.
    ///
    /// # Errors
    ///
    /// When the executor drops the task.
    pub(in crate::client) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, TransportError>> {
        match self.strategy {
            Strategy::Joined => work.map(Ok).boxed(),
            Strategy::Spawned => {
                let (sender, receiver) = oneshot::channel();
                let (task, abort) = abortable(work.map(|output| {
                    // The receiver is gone when the query was dropped.
                    let _ = sender.send(output);
                }));
                self.runtime.spawn(task.map(drop).boxed());
                let abort = AbortOnDrop(abort);
                let runtime = Arc::clone(&self.runtime);
                async move {
                    let output = receiver.await.map_err(|_| lost_task(&*runtime));
                    drop(abort);
                    output
                }
                .boxed()
            }
        }
    }
}

fn lost_task(runtime: &dyn Runtime) -> TransportError {
    let unknown =
        || TransportError::new(TransportErrorKind::NoExecutor, "the executor dropped the task, or is not running");
    runtime.check().err().unwrap_or_else(unknown)
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
