//! How the exchanges that a machine asked for are held while they are under way.

use std::sync::Arc;

use async_lock::Semaphore;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{AbortHandle, BoxFuture, Either, abortable, select};

use tracing::{Instrument as _, Span};

use super::session::Session;
use crate::exchange::{Limits, TransportError, TransportErrorKind};
use crate::machine::{Exchange, Failure, RequestId};
use crate::runtime::{Runtime, Transport};

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
    pub(super) fn start<Reply: Send + 'static>(self, session: &Session, exchange: Exchange<Reply>) -> InFlight<Reply> {
        let (id, request, limits, decoder) = exchange.split();
        let span = span(&request);
        let outcome = span.clone();
        let answer = send(
            Arc::clone(&session.transport),
            Arc::clone(&session.runtime),
            Arc::clone(&session.permits),
            request,
            limits,
        );
        let reply = answer.map(move |answer| {
            match &answer {
                Ok(answer) => outcome.record("status", answer.status().as_u16()),
                Err(error) => outcome.record("error", tracing::field::display(error)),
            };
            decoder.decode(answer)
        });
        let reply = reply.instrument(span);
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

/// What whoever listens to `tracing` hears of an exchange: each attempt is one, and lies in the span of the caller.
fn span(request: &http::Request<Bytes>) -> Span {
    tracing::debug_span!(
        "tilebox_exchange",
        rpc = request.uri().path(),
        status = tracing::field::Empty,
        error = tracing::field::Empty,
    )
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

/// One exchange within its time. Waiting for a permit does not count, because nothing is sent before.
async fn send(
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    permits: Arc<Semaphore>,
    request: http::Request<Bytes>,
    limits: Limits,
) -> Result<http::Response<Bytes>, TransportError> {
    let _permit = permits.acquire_arc().await;
    let timer = runtime.sleep_until(runtime.now() + limits.timeout);
    match select(transport.send(request, limits), timer).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(TransportError::timed_out(limits)),
    }
}
