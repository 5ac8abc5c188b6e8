//! Errors of proxies that pass nothing on, with hyper.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::TcpListener;

use bytes::Bytes;
use http::{Request, Response};
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};
use tilebox_core::runtime::Transport;
use tilebox_suite::backend::{generous, post};
use tilebox_suite::proxy::Proxy;
use tilebox_suite::server::Server;
use tilebox_suite::tls::{Certificates, trusting};
use tilebox_tokio::hyper::Proxies;
use tilebox_tokio::{ErrorKind, Hyper, block_on};

fn hyper(certificates: &Certificates, proxies: Proxies) -> Hyper {
    Hyper::with_proxies(trusting(&certificates.root), proxies)
}

fn ask(transport: &dyn Transport, address: &str) -> Result<Response<Bytes>, TransportError> {
    let request: Request<Bytes> = post(address, "body");
    block_on(transport.send(request, generous()))
}

#[test]
fn a_missing_proxy_is_named_without_its_password() {
    let certificates = Certificates::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound");
    let proxies = Proxies::through(&format!("http://name:secret@{free}")).expect("a proxy");
    let transport = hyper(&certificates, proxies);
    for address in ["http://localhost:1/", "https://localhost:1/"] {
        let error = ask(&transport, address).expect_err("no server listens");
        assert_eq!(error.kind(), TransportErrorKind::Connect);
        let said = error.to_string();
        assert!(said.starts_with(&format!("the proxy http://{free} cannot be reached: ")), "{said}");
        assert!(said.to_lowercase().contains("refused"), "{said}");
        assert_eq!(error.advice(), Some("check that the proxy runs, and that its address is correct"));
    }
}

#[test]
fn an_unreached_server_behind_a_proxy_is_named_with_it() {
    let (proxy, certificates) = (Proxy::open(), Certificates::new());
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound");
    let transport = hyper(&certificates, Proxies::through(proxy.address()).expect("a proxy"));
    let error = ask(&transport, &format!("https://{free}/")).expect_err("no server listens");
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    let said = error.to_string();
    assert!(said.starts_with(&format!("the proxy {} opened no tunnel to {free}: ", proxy.address())), "{said}");
}

#[test]
fn wrong_proxy_credentials_are_one_error_after_one_attempt() {
    let certificates = Certificates::new();
    let (plain, secure) = (Server::plain(), Server::secure(&certificates));
    for server in [&plain, &secure] {
        let proxy = Proxy::asking("Basic bmFtZTpzZWNyZXQ=");
        for (address, wanted) in [
            (proxy.address().to_owned(), "a name and a password"),
            (proxy.address_with("name:guess"), "another name or password"),
        ] {
            let transport = hyper(&certificates, Proxies::through(&address).expect("a proxy"));
            let call = async {
                let builder = tilebox_tokio::client_builder().transport(transport).url(server.at("")).anonymous();
                builder.build().expect("a client").datasets().await
            };
            let error = block_on(call).expect_err("the proxy denies the request");
            assert_eq!(error.kind(), ErrorKind::Network);
            assert_eq!(
                error.to_string(),
                format!(
                    "cannot list the datasets: no response from {}: the proxy {} asks for {wanted} (status 407); \
                     write them into its address, as in http://name:password@host:port",
                    server.at(""),
                    proxy.address()
                )
            );
        }
        assert_eq!(proxy.requests().len(), 2);
        assert_eq!(server.connections(), 0);
    }
}
