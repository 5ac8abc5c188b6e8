//! Dropped exchanges.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{Either, select};
use tilebox_core::protocol::exchange::{Limits, TransportErrorKind};
use tilebox_core::runtime::Transport;

use super::backend::{Backend, generous, get, post, seeded, within};
use super::server::Server;

/// The number of requests of which random ones are dropped.
const DROPS: usize = 300;

/// The first timeout. A machine too busy to begin an exchange in this time gets longer ones.
const SHORT: Duration = Duration::from_millis(500);

/// At once if the backend can, otherwise after the timeout of the exchange.
pub fn a_dropped_exchange_with_a_silent_server_ends<B: Backend>() {
    let mut server = Server::plain();
    let mut timeout = if B::DROPPING_ENDS_A_SILENT_EXCHANGE { generous().timeout * 10 } else { SHORT };
    B::block_on(async {
        let transport = B::transport();
        loop {
            let limits = Limits::new(timeout, generous().response_bytes);
            let exchange = transport.send(post(&server.at("/silent"), "body"), limits);
            match select(exchange, Box::pin(server.begun())).await {
                Either::Left((result, _)) => {
                    assert!(result.is_err(), "a silent server responded");
                    timeout = longer(timeout);
                }
                Either::Right(((), exchange)) => break drop(exchange),
            }
        }
        within::<B, _>(server.abandoned()).await;
    });
}

/// Every backend notices while data is transferred.
pub fn an_exchange_dropped_while_read_ends<B: Backend>() {
    let mut server = Server::plain();
    B::block_on(async {
        let transport = B::transport();
        let limits = Limits::new(generous().timeout * 10, usize::MAX);
        let exchange = transport.send(get(&server.at("/endless")), limits);
        match select(exchange, Box::pin(server.begun())).await {
            Either::Left((result, _)) => assert!(result.is_err(), "an endless response ended"),
            Either::Right(((), exchange)) => drop(exchange),
        }
        within::<B, _>(server.abandoned()).await;
    });
}

/// Either the backend enforces the timeout, or core does by dropping the exchange.
pub fn an_exchange_with_a_silent_server_ends_by_its_timeout<B: Backend>() {
    let mut server = Server::plain();
    B::block_on(async {
        let mut timeout = SHORT;
        loop {
            time_out::<B>(&server, timeout).await;
            if server.begun().now_or_never().is_some() {
                break;
            }
            timeout = longer(timeout);
        }
        within::<B, _>(server.abandoned()).await;
    });
}

/// Doubles a timeout that passed before its exchange began.
fn longer(timeout: Duration) -> Duration {
    assert!(timeout < generous().timeout, "no exchange began within {timeout:?}");
    timeout * 2
}

/// The deadline passed before the attempt began.
pub fn an_exchange_without_any_time_ends<B: Backend>() {
    let server = Server::plain();
    B::block_on(time_out::<B>(&server, Duration::ZERO));
}

async fn time_out<B: Backend>(server: &Server, timeout: Duration) {
    let (transport, runtime) = (B::transport(), B::runtime());
    let exchange = transport.send(get(&server.at("/silent")), Limits::new(timeout, 0));
    let patience = if B::DROPPING_ENDS_A_SILENT_EXCHANGE { timeout } else { generous().timeout };
    match select(exchange, runtime.sleep_until(runtime.now() + patience)).await {
        Either::Left((result, _)) => {
            let error = result.expect_err("a silent server does not respond");
            assert_eq!(error.kind(), TransportErrorKind::TimedOut, "{error}");
        }
        Either::Right(_) => assert!(B::DROPPING_ENDS_A_SILENT_EXCHANGE, "the backend enforces the timeout"),
    }
}

/// Each request has a number, and its response repeats it.
pub fn dropped_requests_never_mix_up_responses<B: Backend>() {
    let server = Server::plain();
    B::block_on(drop_at_random::<B>(B::transport(), &server));
}

/// All requests share one connection.
pub fn dropped_requests_never_mix_up_responses_over_http_2<B: Backend>() {
    let server = Server::plain();
    if let Some(transport) = B::http2_prior_knowledge() {
        B::block_on(drop_at_random::<B>(transport, &server));
    }
}

async fn drop_at_random<B: Backend>(transport: Arc<dyn Transport>, server: &Server) {
    let mut rng = seeded();
    let mut dropped = 0;
    for number in 0..DROPS * 10 {
        let body = format!("perhaps dropped {number} ").repeat(rng.usize(..4000));
        let exchange = transport.send(post(&server.at("/echo"), body.clone()), generous());
        match poll_at_most(exchange, rng.usize(1..5), rng.u32(..100_000)).await {
            Some(response) => assert!(*response.expect("the server responds").body() == body),
            None => dropped += 1,
        }
        let body = format!("kept {number} ").repeat(rng.usize(1..100));
        let exchange = transport.send(post(&server.at("/echo"), body.clone()), generous());
        let response = within::<B, _>(exchange).await.expect("the server responds");
        assert!(*response.body() == body, "request {number} got {:?}", response.body());
        if dropped == DROPS {
            return;
        }
    }
    assert_eq!(dropped, DROPS, "requests are dropped before their responses");
}

/// Drops the future after it was pending this number of times, with a pause for the other threads before each poll.
async fn poll_at_most<F: Future + Unpin>(mut future: F, mut polls: usize, spins: u32) -> Option<F::Output> {
    let output = poll_fn(|context| match future.poll_unpin(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => {
            polls -= 1;
            if polls == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await;
    if output.is_none() {
        for _ in 0..spins {
            std::hint::spin_loop();
        }
    }
    output
}
