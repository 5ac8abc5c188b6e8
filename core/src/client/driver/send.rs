//! One exchange, from its request to its reply: within its time, counted, and told to whoever listens. A large answer is
//! decoded once it is wanted.

use std::sync::Arc;

use std::time::Duration;

use bytes::Bytes;
use tracing::Span;

use super::meter::DecodingCost;
use super::owed;
use super::session::Session;
use super::spans;
use super::strategy::Strategy;
use crate::protocol::exchange::{ExchangeError, Limits, TransportError};
use crate::protocol::machine::{Arrived, Exchange, Opened, RequestId, Sealed, is_beyond_allowance};
use crate::time::Instant;

/// An answer with fewer bytes than this is decoded where it arrives: it is soon done, and takes little memory.
const WORTH_WAITING: usize = 64 << 10;

/// The most bytes that such an answer may expand to. One that is larger waits as it came.
const SMALL: usize = 1 << 20;

/// What became of an exchange, or of an answer that was decoded, for the machine that asked for it.
pub(in crate::client) struct Ended<Reply> {
    /// The name it has in its machine.
    pub(in crate::client) id: RequestId,
    /// When it arrived, whenever the machine is told.
    pub(in crate::client) at: Instant,
    /// How long the network owed it; `None` where no network was needed.
    pub(in crate::client) owed: Option<Duration>,
    pub(in crate::client) result: Result<Arrived<Reply>, ExchangeError>,
}

/// Sends an exchange and takes its answer. What becomes of it is said in its span.
pub(in crate::client) async fn send<Reply>(
    session: Arc<Session>,
    exchange: Exchange<Reply>,
    span: Span,
) -> Ended<Reply> {
    let is_repeated = exchange.attempt > 1;
    let (id, request, limits, decoder) = exchange.split();
    let (response, owed) = transfer(&session, request, limits, is_repeated).await;
    let at = session.runtime.now();
    if let Ok(response) = &response {
        if let Some(meter) = &session.meter {
            meter.received(response.body().len());
        }
        spans::record_response(&span, response);
    }
    let arrived = match decoder.seal(response) {
        Ok(Arrived::Sealed(response)) if response.len() < WORTH_WAITING => {
            match decode(&session, response.clone().within(SMALL)) {
                Err(failure) if is_beyond_allowance(&failure) => Ok(Arrived::Sealed(response)),
                arrived => arrived,
            }
        }
        arrived => arrived,
    };
    if let Err(failure) = &arrived {
        spans::record_failure(&span, failure);
    }
    Ended { id, at, owed: Some(owed), result: arrived }
}

/// Decodes an answer, and counts what that took.
pub(in crate::client) fn decode<Reply>(
    session: &Session,
    response: Sealed<Reply>,
) -> Result<Arrived<Reply>, ExchangeError> {
    let now = || session.runtime.now();
    let start = now();
    let opened = response.open();
    let opened_at = now();
    let message = opened.as_ref().map_or(0, Opened::len);
    let reply = opened.and_then(Opened::read);
    if let Some(meter) = &session.meter {
        meter.decoded(DecodingCost { message, decompressing: opened_at - start, decoding: now() - opened_at });
    }
    reply
}

/// Waits for a permit, which does not count as time of the exchange because nothing is sent before, then for the answer.
/// Says how long the network owed it.
async fn transfer(
    session: &Session,
    request: http::Request<Bytes>,
    limits: Limits,
    is_repeated: bool,
) -> (Result<http::Response<Bytes>, TransportError>, Duration) {
    let _permit = match session.strategy {
        // Nobody polls an exchange whose stream is not being read: one that had a permit would keep it from others for ever.
        Strategy::Joined => None,
        Strategy::Spawned if session.is_best_effort => match session.permits.try_acquire() {
            Some(permit) => Some(permit),
            None => return (Err(TransportError::timed_out(limits)), Duration::ZERO),
        },
        Strategy::Spawned => Some(session.permits.acquire().await),
    };
    if let Some(meter) = &session.meter {
        meter.sent(is_repeated);
    }
    let (response, owed) =
        owed::within(&session.runtime, limits.timeout, session.transport.send(request, limits)).await;
    (response.unwrap_or_else(|| Err(TransportError::timed_out(limits))), owed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::driver::meter::Meter;
    use crate::client::{Client, ClientBuilder, RuntimeParts, blocking};
    use crate::datasets::rpc::ListDatasets;
    use crate::protocol::call::CallPolicy;
    use crate::protocol::connect::{CONTENT_TYPE, gzip};
    use crate::protocol::wire::datasets::v1::{Dataset, ListDatasetsRequest, ListDatasetsResponse};
    use crate::runtime::{Runtime, Transport};
    use crate::time::Instant;
    use async_trait::async_trait;
    use futures::future::{BoxFuture, pending};
    use prost::Message as _;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    /// A clock that moves by a millisecond each time that somebody looks at it.
    #[derive(Default)]
    struct Ticking(AtomicU64);

    impl Runtime for Ticking {
        fn now(&self) -> Instant {
            Instant::after_origin(Duration::from_millis(self.0.fetch_add(1, Ordering::SeqCst)))
        }

        fn sleep_until(&self, _: Instant) -> BoxFuture<'static, ()> {
            Box::pin(pending())
        }

        fn spawn(&self, task: BoxFuture<'static, ()>) {
            blocking::block_on(task);
        }

        fn random(&self) -> u64 {
            0
        }
    }

    struct Always(http::Response<Bytes>);

    #[async_trait]
    impl Transport for Always {
        async fn send(&self, _: http::Request<Bytes>, _: Limits) -> Result<http::Response<Bytes>, TransportError> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn a_response_is_measured_by_the_runtime_clock() {
        let datasets = vec![Dataset { summary: "dull ".repeat(1000), ..Dataset::default() }];
        let message = ListDatasetsResponse { datasets, ..Default::default() }.encode_to_vec();
        let body = gzip::compress(&message);
        let response =
            http::Response::builder().header("content-type", CONTENT_TYPE).header("content-encoding", "gzip");
        let runtime = Arc::new(Ticking::default());
        let parts = RuntimeParts::new("test", Arc::clone(&runtime) as _);
        let response = response.body(body.clone()).expect("a response");
        let client: Client = ClientBuilder::new(parts)
            .url("http://test")
            .anonymous()
            .transport(Always(response))
            .build()
            .expect("a client");

        let meter = Arc::new(Meter::new(Instant::ORIGIN));
        let session = Session { policy: CallPolicy::default(), ..(*client.session.metered(&meter)).clone() };
        let call = || session.endpoint.call::<ListDatasets>(&ListDatasetsRequest {}, "list").expect("a call");
        for _ in 0..3 {
            blocking::block_on(Arc::new(session.clone()).call(call())).expect("a listing");
        }
        let cost = meter.read(Instant::ORIGIN);
        assert_eq!((cost.requests, cost.retries), (3, 0));
        assert_eq!(cost.bytes_received, 3 * body.len() as u64);
        assert_eq!(cost.message_bytes, 3 * message.len() as u64);
        assert_eq!((cost.decompressing, cost.decoding), (Duration::from_millis(3), Duration::from_millis(3)));
    }
}
