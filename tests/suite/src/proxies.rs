//! Requests through a proxy, and exceptions.

use std::sync::Arc;
use std::{env, fs, process};

use tilebox_core::protocol::exchange::TransportErrorKind;
use tilebox_core::runtime::Transport;

use super::backend::{Backend, generous, post, within};
use super::proxy::Proxy;
use super::server::Server;
use super::tls::Certificates;

/// Requests an echo, and returns the HTTP version that the server saw.
fn echo<B: Backend>(transport: &Arc<dyn Transport>, address: &str) -> String {
    let exchange = transport.send(post(address, "body"), generous());
    let response = B::block_on(within::<B, _>(exchange)).expect("the server responds");
    assert_eq!(response.body(), "body");
    response.headers()["seen-version"].to_str().expect("a version").to_owned()
}

/// The proxy learns the server from the request line.
pub fn a_cleartext_request_sends_the_proxy_its_full_address<B: Backend>() {
    let (server, proxy) = (Server::plain(), Proxy::open());
    let address = server.at("/echo/a?b");
    echo::<B>(&B::through(proxy.address(), "", &Certificates::new().root), &address);
    assert_eq!(proxy.requests(), [format!("POST {address} HTTP/1.1")]);
}

/// HTTP/2 is negotiated inside the tunnel.
pub fn a_tls_request_reveals_only_the_host_to_the_proxy<B: Backend>() {
    let (certificates, proxy) = (Certificates::new(), Proxy::open());
    let server = Server::secure(&certificates);
    let version = echo::<B>(&B::through(proxy.address(), "", &certificates.root), &server.at("/echo"));
    assert_eq!(version, "HTTP/2.0");
    assert_eq!(proxy.requests(), [format!("CONNECT {} HTTP/1.1", server.at("").replace("https://", ""))]);
}

/// With TLS inside TLS for a server over TLS.
pub fn a_proxy_may_be_reached_over_tls<B: Backend>() {
    let certificates = Certificates::new();
    let proxy = Proxy::secure(&certificates);
    for server in [Server::plain(), Server::secure(&certificates)] {
        let transport = B::through(proxy.address(), "", &certificates.root);
        if B::TRUSTS_A_PROXY {
            echo::<B>(&transport, &server.at("/echo"));
        } else {
            let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
            let error = B::block_on(within::<B, _>(exchange)).expect_err("the proxy is not trusted");
            assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
        }
    }
    assert_eq!(proxy.requests().len(), if B::TRUSTS_A_PROXY { 2 } else { 0 });
}

/// With each cleartext request, and with the request for a tunnel.
pub fn the_proxy_gets_the_credentials_of_its_address<B: Backend>() {
    let certificates = Certificates::new();
    // name:pass@word
    let proxy = Proxy::asking("Basic bmFtZTpwYXNzQHdvcmQ=");
    let address = proxy.address_with("name:pass%40word");
    for server in [Server::plain(), Server::secure(&certificates)] {
        echo::<B>(&B::through(&address, "", &certificates.root), &server.at("/echo"));
    }
}

/// By name.
pub fn exceptions_are_reached_without_the_proxy<B: Backend>() {
    let (certificates, proxy) = (Certificates::new(), Proxy::open());
    for server in [Server::plain(), Server::secure(&certificates)] {
        echo::<B>(&B::through(proxy.address(), "example.org,localhost", &certificates.root), &server.at("/echo"));
    }
    assert!(proxy.requests().is_empty());
}

/// So the request can be sent again.
pub fn a_missing_proxy_is_an_error_of_connecting<B: Backend>() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound");
    let transport = B::through(&format!("http://{free}"), "", &Certificates::new().root);
    for address in ["http://localhost:1/", "https://localhost:1/"] {
        let exchange = transport.send(post(address, "body"), generous());
        let error = B::block_on(within::<B, _>(exchange)).expect_err("no server listens");
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
    }
}

/// After one attempt, because another one would be denied as well. Backends that do not see the cause of a failed tunnel
/// only support the proxies of the environment.
pub fn a_proxy_without_credentials_denies_the_request<B: Backend>() {
    let certificates = Certificates::new();
    for server in [Server::plain(), Server::secure(&certificates)] {
        let proxy = Proxy::asking("Basic bmFtZTpzZWNyZXQ=");
        let transport = B::through(proxy.address(), "", &certificates.root);
        let address = server.at("/echo");
        let error = B::block_on(within::<B, _>(transport.send(post(&address, "body"), generous())));
        let error = error.expect_err("the proxy denies");
        let sees_refusal = B::TELLS_REFUSALS || address.starts_with("http:");
        let kind = if sees_refusal { TransportErrorKind::ProxyDenied } else { TransportErrorKind::Connect };
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(server.connections(), 0);
    }
}

/// The variable with the addresses for a test that runs itself in another process, because variables belong to a process.
const ADDRESSES: &str = "TILEBOX_TEST_ADDRESSES";

/// Runs a test of this file in another process with these addresses and variables.
fn run_again(test: &str, addresses: &[String], variables: &[(&str, &str)]) {
    let mut child = process::Command::new(env::current_exe().expect("the path of this test"));
    for name in ["http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        child.env_remove(name);
    }
    let child = child.args(["--exact", &format!("proxies::{test}")]).env(ADDRESSES, addresses.join(" "));
    let output = child.envs(variables.iter().copied()).output().expect("the inner process starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// By default.
pub fn the_environment_sets_the_proxies<B: Backend>() {
    if let Ok(addresses) = env::var(ADDRESSES) {
        let transport = B::transport();
        for address in addresses.split(' ') {
            echo::<B>(&transport, address);
        }
        return;
    }
    let certificates = Certificates::new();
    let servers = [Server::plain(), Server::secure(&certificates), Server::plain()];
    let [plain, secure, excepted] = servers.each_ref().map(|server| server.at("/echo"));
    let (http, all) = (Proxy::open(), Proxy::open());
    let roots = env::temp_dir().join(format!("tilebox-proxies-{}.pem", process::id()));
    fs::write(&roots, &certificates.root_pem).expect("the root can be written");
    let variables = [
        ("SSL_CERT_FILE", roots.to_str().expect("the folder for temporary files is text")),
        // In upper case, which libcurl does not read by itself.
        ("HTTP_PROXY", http.address()),
        ("all_proxy", all.address()),
        ("no_proxy", "Example.Org.,127.0.0.1"),
    ];
    let addresses = [plain, secure, excepted.replace("localhost", "127.0.0.1")];
    run_again("the_environment_sets_the_proxies", &addresses, &variables);
    fs::remove_file(&roots).expect("the root can be removed");
    assert_eq!([http, all].map(|proxy| proxy.requests().len()), [1, 1]);
}

/// The credentials belong in that variable.
pub fn a_proxy_without_credentials_is_named_by_its_variable<B: Backend>() {
    if let Ok(addresses) = env::var(ADDRESSES) {
        let transport = B::transport();
        for (address, variable) in addresses.split(' ').zip(["HTTP_PROXY", "HTTPS_PROXY"]) {
            let exchange = transport.send(post(address, "body"), generous());
            let error = B::block_on(within::<B, _>(exchange)).expect_err("the proxy denies");
            assert_eq!(error.kind(), TransportErrorKind::ProxyDenied, "{address}: {error}");
            let advice = error.advice().unwrap_or_default();
            assert!(advice.contains(&format!(" {variable},")), "{address}: {advice}");
        }
        return;
    }
    let servers = [Server::plain(), Server::secure(&Certificates::new())];
    let proxy = Proxy::asking("Basic bmFtZTpzZWNyZXQ=");
    let variables = [("HTTP_PROXY", proxy.address()), ("HTTPS_PROXY", proxy.address()), ("no_proxy", "example.org")];
    let addresses = servers.each_ref().map(|server| server.at("/echo"));
    run_again("a_proxy_without_credentials_is_named_by_its_variable", &addresses, &variables);
    assert_eq!(servers.map(|server| server.connections()), [0, 0]);
    assert!(proxy.requests().len() >= 2);
}
