//! surf, over isahc, on async-std.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tilebox_async_std::isahc::isahc::HttpClient;
use tilebox_async_std::isahc::isahc::config::Configurable;
use tilebox_async_std::isahc::isahc::http::Uri;
use tilebox_async_std::isahc::isahc::net::dns::ResolveMap;
use tilebox_async_std::isahc::isahc::tls::{TlsConfig, TrustStore};
use tilebox_async_std::isahc::settings;
use tilebox_async_std::{AsyncStd, Isahc, Surf};
use tilebox_core::runtime::{Runtime, Transport};
use tilebox_suite::backend::Backend;
use tilebox_suite::backend_suite;

struct AsyncStdSurf;

impl Backend for AsyncStdSurf {
    const DROPPING_ENDS_A_SILENT_EXCHANGE: bool = false;
    const TRUSTS_A_PROXY: bool = false;
    const TELLS_REFUSALS: bool = false;
    const SEES_THE_END_OF_A_STREAM: bool = false;
    const REUSES_CONNECTIONS: bool = false;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        async_std::task::block_on(future)
    }

    fn runtime() -> Arc<dyn Runtime> {
        Arc::new(AsyncStd::new())
    }

    fn transport() -> Arc<dyn Transport> {
        Arc::new(Surf::new().expect("a client"))
    }

    fn trusting(root: &[u8]) -> Arc<dyn Transport> {
        let roots = TrustStore::builder().certificate_from_der(root).build();
        let tls = TlsConfig::builder().trust_store(roots).build();
        let client = HttpClient::builder().tls_config(tls).build().expect("a client");
        Arc::new(Surf::with_isahc(Isahc::with_client(client)))
    }

    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport> {
        let roots = TrustStore::builder().certificate_from_der(root).build();
        let tls = TlsConfig::builder().trust_store(roots).build();
        let proxy: Uri = proxy.parse().expect("an address");
        let except = except.split(',').map(str::to_owned);
        let client = HttpClient::builder().tls_config(tls).proxy(proxy).proxy_blacklist(except).build();
        Arc::new(Surf::with_isahc(Isahc::with_client(client.expect("a client"))))
    }

    fn naming(host: &str, port: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport> {
        // isahc has one address for each host, libcurl a list: the rest of the entry becomes an unused address.
        let [first, second] = addresses;
        let entry = format!("{host}:{port}:{first},{second},2001:db8:0:0:0");
        let client = settings().proxy(None).dns_resolve(ResolveMap::new().add(entry, 6, Ipv4Addr::LOCALHOST));
        let isahc = Isahc::with_client(client.build().expect("a client"));
        Arc::new(Surf::with_isahc(isahc))
    }

    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>> {
        Some(Arc::new(Surf::with_isahc(Isahc::http2_prior_knowledge().expect("a client"))))
    }
}

backend_suite!(AsyncStdSurf);
