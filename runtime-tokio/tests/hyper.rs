//! hyper on tokio.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::IpAddr;
use std::sync::Arc;

use tilebox_core::runtime::{Runtime, Transport};
use tilebox_suite::backend::{Backend, exchange, generous, get};
use tilebox_suite::backend_suite;
use tilebox_suite::server::Server;
use tilebox_suite::tls::trusting;
use tilebox_tokio::hyper::{Connector, Hosts, Proxies, builder};
use tilebox_tokio::tls::client_config;
use tilebox_tokio::tls::rustls::RootCertStore;
use tilebox_tokio::{Hyper, Tokio};

struct TokioHyper;

impl Backend for TokioHyper {
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(future)
    }

    fn runtime() -> Arc<dyn Runtime> {
        Arc::new(Tokio::new())
    }

    fn transport() -> Arc<dyn Transport> {
        Arc::new(Hyper::new().expect("a client"))
    }

    fn trusting(root: &[u8]) -> Arc<dyn Transport> {
        Arc::new(Hyper::with_tls(trusting(root)))
    }

    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport> {
        let proxies = Proxies::through(proxy).expect("a proxy").except(except);
        Arc::new(Hyper::with_proxies(trusting(root), proxies))
    }

    fn naming(host: &str, _: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport> {
        let roots = RootCertStore::empty();
        let tls = client_config(roots).expect("a configuration");
        let hosts = Hosts::none().with(host, addresses);
        Arc::new(Hyper::with_builder(builder(), Connector::with_hosts(tls, Proxies::none(), hosts)))
    }

    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>> {
        Some(Arc::new(Hyper::http2_prior_knowledge().expect("a client")))
    }
}

backend_suite!(TokioHyper);

#[test]
fn a_response_head_beyond_the_read_buffer_is_an_error() {
    let server = Server::plain();
    let error = exchange::<TokioHyper>(get(&server.at("/head/70")), generous()).expect_err("70 kB do not fit");
    assert!(error.to_string().contains("message head is too large"), "{error}");
}
