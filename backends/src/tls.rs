//! Trusted roots for clients on rustls.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

pub use rustls;

/// Returns the trusted roots of the platform, or the bundled roots of Mozilla if the platform has none (a bare container).
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the roots of the platform.
#[must_use]
pub fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Some platforms have certificates that cannot be parsed, which does not affect the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// Returns the configuration of a TLS client with these roots and the provider `ring`, regardless of the installed provider.
///
/// The configuration offers no ALPN protocols; the HTTP client sets them.
///
/// # Errors
///
/// [`TransportErrorKind::Unsupported`] if `ring` supports no version of TLS, which does not happen with known releases.
pub fn client_config(roots: RootCertStore) -> Result<ClientConfig, TransportError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
