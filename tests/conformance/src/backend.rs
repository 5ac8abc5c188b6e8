//! The clients of the SDK under test: one for each way to reach a server, so that calls share connections.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use tilebox_core::Client;
use tilebox_core::runtime::{Runtime, Transport};
use tilebox_smol::Isahc;
use tilebox_smol::isahc::isahc::HttpClient;
use tilebox_smol::isahc::isahc::config::{Configurable as _, VersionNegotiation};
use tilebox_smol::isahc::isahc::tls::{TlsConfig, TrustStore};
use tilebox_tokio::tls;
use tilebox_tokio::tls::rustls::crypto::ring;
use tilebox_tokio::tls::rustls::pki_types::pem::PemObject as _;
use tilebox_tokio::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tilebox_tokio::tls::rustls::{ClientConfig, RootCertStore};

use crate::proto::{ClientCompatRequest, HttpVersion};

type BoxError = Box<dyn Error>;

/// A backend on its runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    TokioHyper,
    TokioReqwest,
    SmolIsahc,
    SmolHyper,
    AsyncStdIsahc,
    AsyncStdSurf,
}

impl Backend {
    pub(crate) const ALL: [Self; 6] = [
        Self::TokioHyper,
        Self::TokioReqwest,
        Self::SmolIsahc,
        Self::SmolHyper,
        Self::AsyncStdIsahc,
        Self::AsyncStdSurf,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TokioHyper => "tokio-hyper",
            Self::TokioReqwest => "tokio-reqwest",
            Self::SmolIsahc => "smol-isahc",
            Self::SmolHyper => "smol-hyper",
            Self::AsyncStdIsahc => "async-std-isahc",
            Self::AsyncStdSurf => "async-std-surf",
        }
    }

    pub(crate) fn block_on<T>(self, future: impl Future<Output = T>) -> T {
        match self {
            Self::TokioHyper | Self::TokioReqwest => tilebox_tokio::block_on(future),
            Self::SmolIsahc | Self::SmolHyper => tilebox_smol::block_on(future),
            Self::AsyncStdIsahc | Self::AsyncStdSurf => tilebox_async_std::block_on(future),
        }
    }

    pub(crate) fn runtime(self) -> Arc<dyn Runtime> {
        match self {
            Self::TokioHyper | Self::TokioReqwest => Arc::new(tilebox_tokio::Tokio::new()),
            Self::SmolIsahc | Self::SmolHyper => Arc::new(tilebox_smol::Smol::new()),
            Self::AsyncStdIsahc | Self::AsyncStdSurf => Arc::new(tilebox_async_std::AsyncStd::new()),
        }
    }

    fn client(self, route: &Route) -> Result<Client, BoxError> {
        // Over TLS both versions are offered, and the server chooses.
        let has_prior_knowledge = route.is_http_2 && route.server_certificate.is_empty();
        match self {
            Self::TokioHyper if has_prior_knowledge => self.with(tilebox_tokio::Hyper::http2_prior_knowledge()?),
            Self::TokioHyper => self.with(tilebox_tokio::Hyper::with_tls(route.tls()?)),
            Self::TokioReqwest if has_prior_knowledge => self.with(tilebox_tokio::Reqwest::http2_prior_knowledge()?),
            Self::TokioReqwest => self.with(tilebox_tokio::Reqwest::with_tls(route.tls()?)?),
            Self::SmolHyper if has_prior_knowledge => self.with(tilebox_smol::Hyper::http2_prior_knowledge()?),
            Self::SmolHyper => self.with(tilebox_smol::Hyper::with_tls(&tilebox_smol::Smol::new(), route.tls()?)),
            Self::SmolIsahc | Self::AsyncStdIsahc => self.with(route.isahc()?),
            Self::AsyncStdSurf => self.with(tilebox_async_std::Surf::with_isahc(route.isahc()?)),
        }
    }

    fn with(self, transport: impl Transport) -> Result<Client, BoxError> {
        let builder = match self {
            Self::TokioHyper | Self::TokioReqwest => tilebox_tokio::client_builder(),
            Self::SmolIsahc | Self::SmolHyper => tilebox_smol::client_builder(),
            Self::AsyncStdIsahc | Self::AsyncStdSurf => tilebox_async_std::client_builder(),
        };
        // Each call has its own address, so this one is not used.
        Ok(builder.url("http://localhost").anonymous().transport(transport).build()?)
    }
}

/// The clients of a backend, one for each route.
pub(crate) struct Clients {
    backend: Backend,
    by_route: Mutex<HashMap<Route, Client>>,
}

impl Clients {
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend, by_route: Mutex::default() }
    }

    /// Returns the client for the server of a call.
    pub(crate) fn of(&self, request: &ClientCompatRequest) -> Result<Client, BoxError> {
        let route = Route::of(request);
        let mut clients = self.by_route.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&route) {
            return Ok(client.clone());
        }
        let client = self.backend.client(&route)?;
        clients.insert(route, client.clone());
        Ok(client)
    }
}

/// The protocol and the certificates of a connection to a server.
#[derive(PartialEq, Eq, Hash)]
struct Route {
    is_http_2: bool,
    /// PEM; empty without TLS.
    server_certificate: Vec<u8>,
    /// The certificate of the client and its key (PEM).
    client_certificate: Option<(Vec<u8>, Vec<u8>)>,
}

impl Route {
    fn of(request: &ClientCompatRequest) -> Self {
        let client = request.client_tls_creds.as_ref();
        Self {
            is_http_2: request.http_version() == HttpVersion::HttpVersion2,
            server_certificate: request.server_tls_cert.clone(),
            client_certificate: client.map(|credentials| (credentials.cert.clone(), credentials.key.clone())),
        }
    }

    fn tls(&self) -> Result<ClientConfig, BoxError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&self.server_certificate) {
            roots.add(certificate?)?;
        }
        let Some((certificate, key)) = &self.client_certificate else { return Ok(tls::client_config(roots)?) };
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>()?;
        Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key)?)?)
    }

    fn isahc(&self) -> Result<Isahc, BoxError> {
        if self.client_certificate.is_some() {
            return Err("isahc has no client certificates over rustls".into());
        }
        let mut builder = HttpClient::builder().tcp_nodelay();
        builder = match (self.is_http_2, self.server_certificate.is_empty()) {
            (true, true) => builder.version_negotiation(VersionNegotiation::http2()),
            (true, false) => builder,
            // Required by the docs of `Isahc::with_client`.
            (false, _) => builder.connection_cache_size(0),
        };
        if !self.server_certificate.is_empty() {
            let store = TrustStore::builder().certificate_from_pem(self.server_certificate.clone()).build();
            builder = builder.tls_config(TlsConfig::builder().trust_store(store).build());
        }
        Ok(Isahc::with_client(builder.build()?))
    }
}
