//! hyper on smol.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::IpAddr;
use std::sync::Arc;

use tilebox_core::runtime::{Runtime, Transport};
use tilebox_smol::hyper::{Connector, Hosts, Proxies, builder};
use tilebox_smol::tls::client_config;
use tilebox_smol::tls::rustls::RootCertStore;
use tilebox_smol::{Hyper, Smol};
use tilebox_suite::backend::Backend;
use tilebox_suite::backend_suite;
use tilebox_suite::tls::trusting;

struct SmolHyper;

impl Backend for SmolHyper {
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        smol::block_on(future)
    }

    fn runtime() -> Arc<dyn Runtime> {
        Arc::new(Smol::new())
    }

    fn transport() -> Arc<dyn Transport> {
        Arc::new(Hyper::new().expect("a client"))
    }

    fn trusting(root: &[u8]) -> Arc<dyn Transport> {
        Arc::new(Hyper::with_tls(&Smol::new(), trusting(root)))
    }

    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport> {
        let proxies = Proxies::through(proxy).expect("a proxy").except(except);
        Arc::new(Hyper::with_proxies(&Smol::new(), trusting(root), proxies))
    }

    fn naming(host: &str, _: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport> {
        let tls = client_config(RootCertStore::empty()).expect("a configuration");
        let connector = Connector::new(Arc::new(tls), Proxies::none()).with_hosts(Hosts::none().with(host, addresses));
        Arc::new(Hyper::with_builder(builder(&Smol::new()), connector))
    }

    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>> {
        Some(Arc::new(Hyper::http2_prior_knowledge().expect("a client")))
    }
}

backend_suite!(SmolHyper);
