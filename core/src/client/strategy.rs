//! How the exchanges that a machine asked for are held while they are under way.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{AbortHandle, BoxFuture, abortable};
use tracing::Instrument as _;

use super::send::send;
use super::session::Session;
use super::spans;
use crate::exchange::{TransportError, TransportErrorKind};
use crate::machine::{Exchange, Failure, RequestId};

/// How the exchanges of a query are held. Which ones there are, and when, is the same for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Inside the caller's future: nothing is spawned, and it works on any executor. A consumer that is slow to ask
    /// for the next page stalls the sockets, and one page is decoded at a time.
    Joined,
    /// Each as a task of the executor, so loading, decompression and decoding go on while the consumer is busy, on
    /// all cores that the executor has.
    Spawned,
}

/// An exchange under way, with the name it has in its machine.
pub(super) type InFlight<Reply> = BoxFuture<'static, (RequestId, Result<Reply, Failure>)>;

impl Strategy {
    /// Starts an exchange. Dropping what is returned aborts it.
    pub(super) fn start<Reply: Send + 'static>(
        self,
        session: &Arc<Session>,
        exchange: Exchange<Reply>,
    ) -> InFlight<Reply> {
        let id = exchange.id;
        let span = spans::exchange(&exchange);
        let reply = send(Arc::clone(session), exchange, span.clone()).instrument(span);
        match self {
            Self::Joined => reply.map(move |reply| (id, reply)).boxed(),
            Self::Spawned => {
                let (sender, receiver) = oneshot::channel();
                let (task, abort) = abortable(reply.map(|reply| {
                    // Nobody waits any more when the query was dropped.
                    let _ = sender.send(reply);
                }));
                session.runtime.spawn(task.map(drop).boxed());
                let abort = AbortOnDrop(abort);
                async move {
                    let reply = receiver.await.unwrap_or_else(|_| Err(Failure::NoAnswer(lost_task())));
                    drop(abort);
                    (id, reply)
                }
                .boxed()
            }
        }
    }
}

fn lost_task() -> TransportError {
    TransportError::new(TransportErrorKind::NoExecutor, "the executor dropped the task, or is not running")
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
