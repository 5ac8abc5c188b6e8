//! Trusted roots for clients on rustls.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

pub use rustls;

/// The roots that the platform trusts, or Mozilla's, which are bundled, where the platform has none (a bare container).
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the platform's.
#[must_use]
pub fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // A platform may hold certificates that cannot be parsed; the others are as good as before.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// A TLS client that trusts `roots` and computes with `ring`, whatever provider the process has installed.
///
/// No protocol is offered by ALPN yet: that is the choice of the HTTP client.
///
/// # Errors
///
/// When `ring` knows none of the versions of TLS, so never with its known releases.
pub fn client_config(roots: RootCertStore) -> Result<ClientConfig, TransportError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
