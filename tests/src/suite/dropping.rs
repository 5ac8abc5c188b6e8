//! What is left of an exchange that nobody waits for.

use std::time::Duration;

use futures::future::{Either, select};
use tilebox_core::exchange::{Limits, TransportErrorKind};

use super::backend::{Backend, generous, get, post, seeded, within};
use super::server::Server;

/// How many requests are dropped at random.
const DROPS: u64 = 300;

/// Time enough to notice, too little to wait for.
const SHORT: Duration = Duration::from_millis(500);

/// At once where the backend can, else after the timeout that the exchange was given.
pub fn a_dropped_exchange_with_a_silent_server_ends<B: Backend>() {
    let mut server = Server::plain();
    let timeout = if B::DROPPING_ENDS_A_SILENT_EXCHANGE { generous().timeout * 10 } else { SHORT };
    B::block_on(async {
        let transport = B::transport();
        let limits = Limits::new(timeout, generous().response_bytes);
        let exchange = transport.send(post(&server.at("/silent"), "body"), limits);
        match select(exchange, Box::pin(server.begun())).await {
            Either::Left((result, _)) => assert!(result.is_err(), "a silent server answered"),
            Either::Right(((), exchange)) => drop(exchange),
        }
        within::<B, _>(server.abandoned()).await;
    });
}

/// Every backend notices while data moves.
pub fn an_exchange_that_is_dropped_while_it_is_read_ends<B: Backend>() {
    let mut server = Server::plain();
    B::block_on(async {
        let transport = B::transport();
        let limits = Limits::new(generous().timeout * 10, usize::MAX);
        let exchange = transport.send(get(&server.at("/endless")), limits);
        match select(exchange, Box::pin(server.begun())).await {
            Either::Left((result, _)) => assert!(result.is_err(), "an endless answer ended"),
            Either::Right(((), exchange)) => drop(exchange),
        }
        within::<B, _>(server.abandoned()).await;
    });
}

/// Either the backend keeps the timeout or core, which drops the exchange then, ends it.
pub fn an_exchange_with_a_silent_server_ends_by_its_timeout<B: Backend>() {
    let mut server = Server::plain();
    B::block_on(async {
        let (transport, runtime) = (B::transport(), B::runtime());
        let exchange = transport.send(get(&server.at("/silent")), Limits::new(SHORT, 0));
        let patience = if B::DROPPING_ENDS_A_SILENT_EXCHANGE { SHORT } else { generous().timeout };
        let deadline = runtime.sleep_until(runtime.now() + patience);
        match select(exchange, deadline).await {
            Either::Left((result, _)) => {
                let error = result.expect_err("a silent server does not answer");
                assert_eq!(error.kind(), TransportErrorKind::TimedOut, "{error}");
            }
            Either::Right(((), exchange)) => {
                assert!(B::DROPPING_ENDS_A_SILENT_EXCHANGE, "the backend has to keep the timeout");
                drop(exchange);
            }
        }
        within::<B, _>(server.abandoned()).await;
    });
}

/// Each request says who it is and each answer repeats it.
pub fn no_answer_is_given_to_another_request_after_random_drops<B: Backend>() {
    let server = Server::plain();
    let mut rng = seeded();
    B::block_on(async {
        let (transport, runtime) = (B::transport(), B::runtime());
        let mut dropped = 0;
        for number in 0..DROPS {
            let body = format!("dropped {number} ").repeat(rng.usize(..4000));
            let exchange = transport.send(post(&server.at("/echo"), body.clone()), generous());
            let moment = runtime.now() + Duration::from_micros(rng.u64(..1500));
            match select(exchange, runtime.sleep_until(moment)).await {
                Either::Left((response, _)) => assert!(*response.expect("the server answers").body() == body),
                Either::Right(_) => dropped += 1,
            }
            let body = format!("kept {number} ").repeat(rng.usize(1..100));
            let exchange = transport.send(post(&server.at("/echo"), body.clone()), generous());
            let response = within::<B, _>(exchange).await.expect("the server answers");
            assert!(*response.body() == body, "request {number} got {:?}", response.body());
        }
        println!("{dropped} of {DROPS} were dropped");
    });
}
