//! The trust of exchanges over TLS.

use std::sync::Arc;
use std::{env, fs, process};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tilebox_core::protocol::exchange::TransportErrorKind;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::backend::{Backend, exchange, generous, post, within};
use super::server::Server;

/// A new root that is not trusted by default, and a server certificate signed by it.
#[derive(Debug)]
pub struct Certificates {
    /// The root (DER).
    pub root: Vec<u8>,
    /// The root (PEM).
    pub root_pem: String,
    /// The configuration of the server.
    pub server: Arc<ServerConfig>,
}

impl Certificates {
    /// Generates new certificates.
    #[must_use]
    pub fn new() -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "a root for tests");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let root = CertifiedIssuer::self_signed(root, key).expect("a root can be made");

        let names = vec!["localhost".to_owned()];
        let key = KeyPair::generate().expect("a key can be made");
        let leaf = CertificateParams::new(names).expect("the name is one");
        let leaf = leaf.signed_by(&key, &root).expect("the root signs");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("the key is one");
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows TLS")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("the key is that of the certificate");
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { root: root.der().to_vec(), root_pem: root.pem(), server: Arc::new(server) }
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a configuration of rustls that trusts only this root (DER), for backends that accept one.
#[must_use]
pub fn trusting(root: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(root.to_vec().into()).expect("the root is a certificate");
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows TLS")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The custom client has the root.
pub fn https_works_with_a_custom_root<B: Backend>() {
    let certificates = Certificates::new();
    let server = Server::secure(&certificates);
    B::block_on(async {
        let transport = B::trusting(&certificates.root);
        for _ in 0..10 {
            let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
            let response = within::<B, _>(exchange).await.expect("the server responds");
            assert_eq!(response.body(), "body");
        }
    });
    assert_eq!(server.connections(), 1);
}

/// By ALPN.
pub fn http_2_is_negotiated_over_tls<B: Backend>() {
    let certificates = Certificates::new();
    let server = Server::secure(&certificates);
    B::block_on(async {
        let exchange = B::trusting(&certificates.root);
        let exchange = exchange.send(post(&server.at("/echo"), "body"), generous());
        let response = within::<B, _>(exchange).await.expect("the server responds");
        assert_eq!(response.headers()["seen-version"], "HTTP/2.0");
    });
}

/// No request is sent to an untrusted server.
pub fn an_untrusted_root_is_an_error_of_connecting<B: Backend>() {
    let server = Server::secure(&Certificates::new());
    let error = exchange::<B>(post(&server.at("/echo"), "body"), generous()).expect_err("an untrusted root");
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
}

/// By default. The environment sets the roots of the platform, so the test runs itself in another process.
pub fn the_roots_of_the_platform_are_trusted<B: Backend>() {
    const ADDRESS: &str = "TILEBOX_TEST_ADDRESS";
    if let Ok(address) = env::var(ADDRESS) {
        let response = exchange::<B>(post(&address, "body"), generous()).expect("the server responds");
        assert_eq!(response.body(), "body");
        return;
    }
    let certificates = Certificates::new();
    let server = Server::secure(&certificates);
    let roots = env::temp_dir().join(format!("tilebox-roots-{}.pem", process::id()));
    fs::write(&roots, &certificates.root_pem).expect("the root can be written");
    let child = process::Command::new(env::current_exe().expect("the path of this test"))
        .args(["--exact", "tls::the_roots_of_the_platform_are_trusted"])
        .env(ADDRESS, server.at("/echo"))
        .env("SSL_CERT_FILE", &roots)
        .output();
    fs::remove_file(&roots).expect("the root can be removed");
    let child = child.expect("the inner process starts");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!(server.connections(), 1);
}

/// The response is not TLS, so the request was not sent.
pub fn a_server_without_tls_is_an_error_of_connecting<B: Backend>() {
    let server = Server::plain();
    let address = server.at("/echo").replace("http:", "https:");
    let error = exchange::<B>(post(&address, "body"), generous()).expect_err("a server without TLS");
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
}
