//! The place where the exchanges of a machine run.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{AbortHandle, BoxFuture, abortable};
use tracing::Instrument as _;

use super::send::{Ended, send};
use super::session::Session;
use super::spans;
use crate::protocol::exchange::{ExchangeError, TransportError, TransportErrorKind};
use crate::protocol::machine::{Arrival, Exchange};
use crate::runtime::Runtime;

/// The place where the exchanges of a query run. The exchanges and their order are the same for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Inside the caller's future: nothing is spawned, and any executor works. A consumer that is slow to poll the next
    /// page stalls the sockets, which does not count towards timeouts, and one page is decoded at a time.
    Joined,
    /// Each as a task of the executor, so loading continues while the consumer is busy, and so do decompression and
    /// decoding of the next pages, on all cores of the executor.
    Spawned,
}

/// An exchange in flight.
pub(in crate::client) type InFlight<Reply> = BoxFuture<'static, Ended<Reply>>;

impl Strategy {
    /// Starts an exchange. Dropping the returned future aborts it.
    pub(in crate::client) fn start<Reply: Send + 'static>(
        self,
        session: &Arc<Session>,
        exchange: Exchange<Reply>,
    ) -> InFlight<Reply> {
        let id = exchange.id;
        let span = spans::exchange(&exchange);
        let runtime = Arc::clone(&session.runtime);
        let lost = move |error| Ended {
            id,
            arrival: Arrival::new(runtime.now(), Duration::ZERO),
            result: Err(ExchangeError::NoResponse(error)),
        };
        let ended = self.run(session, send(Arc::clone(session), exchange, span.clone()).instrument(span));
        ended.map(|ended| ended.unwrap_or_else(lost)).boxed()
    }

    /// Runs work in the caller's future or as a task. Dropping the returned future aborts it.
    ///
    /// # Errors
    ///
    /// When the executor drops the task.
    pub(in crate::client) fn run<T: Send + 'static>(
        self,
        session: &Arc<Session>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, TransportError>> {
        match self {
            Self::Joined => work.map(Ok).boxed(),
            Self::Spawned => {
                let (sender, receiver) = oneshot::channel();
                let (task, abort) = abortable(work.map(|output| {
                    // The receiver is gone when the query was dropped.
                    let _ = sender.send(output);
                }));
                session.runtime.spawn(task.map(drop).boxed());
                let abort = AbortOnDrop(abort);
                let runtime = Arc::clone(&session.runtime);
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
