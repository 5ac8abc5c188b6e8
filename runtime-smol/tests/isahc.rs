//! isahc on smol.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tilebox_core::runtime::{Runtime, Transport};
use tilebox_smol::isahc::isahc::HttpClient;
use tilebox_smol::isahc::isahc::config::Configurable;
use tilebox_smol::isahc::isahc::http::Uri;
use tilebox_smol::isahc::isahc::net::dns::ResolveMap;
use tilebox_smol::isahc::isahc::tls::{TlsConfig, TrustStore};
use tilebox_smol::isahc::settings;
use tilebox_smol::{Isahc, Smol};
use tilebox_suite::backend::Backend;
use tilebox_suite::backend_suite;

struct SmolIsahc;

impl Backend for SmolIsahc {
    const DROPPING_ENDS_A_SILENT_EXCHANGE: bool = false;
    const TRUSTS_A_PROXY: bool = false;
    const TELLS_REFUSALS: bool = false;
    const SEES_THE_END_OF_A_STREAM: bool = false;
    const REUSES_CONNECTIONS: bool = false;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        smol::block_on(future)
    }

    fn runtime() -> Arc<dyn Runtime> {
        Arc::new(Smol::new())
    }

    fn transport() -> Arc<dyn Transport> {
        Arc::new(Isahc::new().expect("a client"))
    }

    fn trusting(root: &[u8]) -> Arc<dyn Transport> {
        let roots = TrustStore::builder().certificate_from_der(root).build();
        let tls = TlsConfig::builder().trust_store(roots).build();
        let client = HttpClient::builder().tls_config(tls).build().expect("a client");
        Arc::new(Isahc::with_client(client))
    }

    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport> {
        let roots = TrustStore::builder().certificate_from_der(root).build();
        let tls = TlsConfig::builder().trust_store(roots).build();
        let proxy: Uri = proxy.parse().expect("an address");
        let except = except.split(',').map(str::to_owned);
        let client = HttpClient::builder().tls_config(tls).proxy(proxy).proxy_blacklist(except).build();
        Arc::new(Isahc::with_client(client.expect("a client")))
    }

    fn naming(host: &str, port: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport> {
        // isahc has one address for each host, libcurl a list: the rest of the entry becomes an unused address.
        let [first, second] = addresses;
        let entry = format!("{host}:{port}:{first},{second},2001:db8:0:0:0");
        let client = settings().proxy(None).dns_resolve(ResolveMap::new().add(entry, 6, Ipv4Addr::LOCALHOST));
        Arc::new(Isahc::with_client(client.build().expect("a client")))
    }

    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>> {
        Some(Arc::new(Isahc::http2_prior_knowledge().expect("a client")))
    }
}

backend_suite!(SmolIsahc);
