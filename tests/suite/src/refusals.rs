//! Requests that the server did not process: they are repeated, including writes (RFC 9113, section 8.7).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use tilebox_core::protocol::exchange::ExchangeError;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};
use tilebox_core::protocol::retry::{Backoff, Idempotency, RetryPolicy, Verdict, verdict};

use super::backend::{Backend, generous, post, within};
use super::frames::{Arrival, Code, FrameServer, Frames};

/// The number of concurrent writes.
const WRITES: usize = 20;

/// The duration of a write on the server, in which other streams arrive.
const WORK: Duration = Duration::from_millis(20);

/// Returns the calls that this backend repeats: only reads if a refusal looks like a lost request.
fn repeatable<B: Backend>() -> Idempotency {
    if B::TELLS_REFUSALS { Idempotency::NotIdempotent } else { Idempotency::Idempotent }
}

/// The server allows one concurrent stream. Clients open streams before they have read that.
pub fn refused_writes_are_repeated_until_all_succeed<B: Backend>() {
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let server = FrameServer::start(1, move |frames, Arrival { stream, open, .. }| {
        if open > 1 {
            return frames.reset(stream, Code::RefusedStream);
        }
        let (frames, counter) = (frames.clone(), Arc::clone(&counter));
        tokio::spawn(async move {
            tokio::time::sleep(WORK).await;
            counter.fetch_add(1, Ordering::SeqCst);
            frames.respond(stream, b"done");
        });
    });
    let Some(transport) = B::http2_prior_knowledge() else { return };
    let write = async |number: usize| {
        let runtime = B::runtime();
        // The number of attempts does not matter here.
        let policy =
            RetryPolicy::default().with_initial_backoff(WORK).with_backoff_multiplier(2.0).with_max_backoff(WORK * 8);
        let mut backoff = Backoff::new(policy, number as u64);
        loop {
            let error = match transport.send(post(server.address(), "body"), generous()).await {
                Ok(response) => return assert_eq!(response.body(), "done"),
                Err(error) => error,
            };
            let message = error.to_string();
            let verdict = verdict(&ExchangeError::NoResponse(error), repeatable::<B>());
            assert_ne!(verdict, Verdict::GiveUp, "write {number}: {message}");
            runtime.sleep_until(runtime.now() + backoff.next_wait()).await;
        }
    };
    B::block_on(within::<B, _>(join_all((0..WRITES).map(write))));
    assert_eq!(done.load(Ordering::SeqCst), WRITES, "each write is processed once");
}

/// Returns the error of a request with this server behaviour, if the backend speaks HTTP/2 without TLS.
fn error<B: Backend>(handle: impl Fn(&Frames, Arrival) + Send + Sync + 'static) -> Option<(TransportError, usize)> {
    let server = FrameServer::start(100, handle);
    let transport = B::http2_prior_knowledge()?;
    let exchange = transport.send(post(server.address(), "body"), generous());
    let error = B::block_on(within::<B, _>(exchange)).expect_err("there is no response");
    Some((error, server.arrivals()))
}

/// The server processes no stream above the last one in its `GOAWAY`.
pub fn a_stream_above_the_last_one_is_not_processed<B: Backend>() {
    let error = error::<B>(|frames, _| {
        frames.go_away(0);
        frames.close();
    });
    let Some((error, _)) = error else { return };
    let kind = if B::TELLS_REFUSALS { TransportErrorKind::NotProcessed } else { TransportErrorKind::Interrupted };
    assert_eq!(error.kind(), kind, "{error}");
}

/// The server can have processed it before it disconnected.
pub fn a_stream_up_to_the_last_one_is_interrupted<B: Backend>() {
    let error = error::<B>(|frames, Arrival { stream, .. }| {
        frames.go_away(stream);
        frames.close();
    });
    let Some((error, arrivals)) = error else { return };
    assert_eq!((error.kind(), arrivals), (TransportErrorKind::Interrupted, 1), "{error}");
}

/// The first response shows that the connection works; the second request can have been processed.
pub fn a_write_lost_with_its_connection_is_interrupted<B: Backend>() {
    for is_broken in [false, true] {
        let server = FrameServer::start(100, move |frames, Arrival { stream, number, .. }| match (number, is_broken) {
            (1, _) => frames.respond(stream, b"done"),
            (_, true) => frames.abort(),
            (_, false) => frames.close(),
        });
        let Some(transport) = B::http2_prior_knowledge() else { return };
        let send = || B::block_on(within::<B, _>(transport.send(post(server.address(), "body"), generous())));
        send().expect("the first request has a response");
        let error = send().expect_err("the connection is lost");
        assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error}");
        assert_eq!(server.arrivals(), 2, "no request is sent again");
    }
}
