//! reqwest on tokio.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tilebox_core::runtime::{Runtime, Transport};
use tilebox_suite::backend::Backend;
use tilebox_suite::backend_suite;
use tilebox_suite::tls::trusting;
use tilebox_tokio::reqwest::reqwest::{NoProxy, Proxy};
use tilebox_tokio::tls::client_config;
use tilebox_tokio::tls::rustls::RootCertStore;
use tilebox_tokio::{Reqwest, Tokio};

struct TokioReqwest;

impl Backend for TokioReqwest {
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(future)
    }

    fn runtime() -> Arc<dyn Runtime> {
        Arc::new(Tokio::new())
    }

    fn transport() -> Arc<dyn Transport> {
        Arc::new(Reqwest::new().expect("a client"))
    }

    fn trusting(root: &[u8]) -> Arc<dyn Transport> {
        Arc::new(Reqwest::with_tls(trusting(root)).expect("a client"))
    }

    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport> {
        let proxy = Proxy::all(proxy).expect("a proxy").no_proxy(NoProxy::from_string(except));
        Arc::new(Reqwest::from(Reqwest::builder(trusting(root)).proxy(proxy).build().expect("a client")))
    }

    fn naming(host: &str, port: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport> {
        let (host, addresses) = (host.to_owned(), addresses.map(|address| SocketAddr::new(address, port)));
        let made = Reqwest::with_builder(move || {
            let tls = client_config(RootCertStore::empty()).expect("a configuration");
            // Shorter than the default, for a faster test.
            let builder = Reqwest::builder(tls).connect_timeout(Duration::from_secs(2)).no_proxy();
            builder.resolve_to_addrs(&host, &addresses)
        });
        Arc::new(made.expect("a client"))
    }

    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>> {
        Some(Arc::new(Reqwest::http2_prior_knowledge().expect("a client")))
    }
}

backend_suite!(TokioReqwest);
