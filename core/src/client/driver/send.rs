//! One exchange from request to reply, with its timeout, its metrics and its span.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tracing::Span;

use super::network_time;
use super::session::Session;
use super::spans;
use super::strategy::Strategy;
use crate::protocol::exchange::{ExchangeError, Limits, TransportError};
use crate::protocol::machine::{Arrival, Exchange, RequestId};

/// The outcome of an exchange, for the machine that requested it.
pub(in crate::client) struct Ended<Reply> {
    /// The id of the exchange in the machine.
    pub(in crate::client) id: RequestId,
    pub(in crate::client) arrival: Arrival,
    pub(in crate::client) result: Result<Reply, ExchangeError>,
}

/// Sends an exchange and decodes its response. Records the outcome in its span.
pub(in crate::client) async fn send<Reply>(
    session: Arc<Session>,
    exchange: Exchange<Reply>,
    span: Span,
) -> Ended<Reply> {
    let is_repeated = exchange.attempt > 1;
    let (id, request, limits, decoder) = exchange.split();
    let (response, owed) = transfer(&session, request, limits, is_repeated).await;
    let arrival = Arrival::new(session.runtime.now(), owed);
    if let Ok(response) = &response {
        if let Some(meter) = &session.meter {
            meter.received(response.body().len());
        }
        spans::record_response(&span, response);
    }
    let result = session.measure_decoding(|decompressed| decoder.decode_in_steps(response, decompressed));
    if let Err(failure) = &result {
        spans::record_failure(&span, failure);
    }
    Ended { id, arrival, result }
}

/// Waits for a permit, then for the response. Returns the response with its network time, which does not include the
/// wait for the permit: nothing is sent before.
async fn transfer(
    session: &Session,
    request: http::Request<Bytes>,
    limits: Limits,
    is_repeated: bool,
) -> (Result<http::Response<Bytes>, TransportError>, Duration) {
    let _permit = match session.strategy {
        // An exchange of an unread stream is not polled: with a permit, it would block other exchanges forever.
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
        network_time::within(&session.runtime, limits.timeout, session.transport.send(request, limits)).await;
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

    /// A clock that advances by a millisecond each time it is read.
    #[derive(Default)]
    struct Ticking(AtomicU64);

    impl Runtime for Ticking {
        fn now(&self) -> Instant {
            Instant::after_origin(Duration::from_millis(self.0.fetch_add(1, Ordering::SeqCst)))
        }

        fn wall_time(&self) -> std::time::SystemTime {
            std::time::SystemTime::UNIX_EPOCH
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
