//! What can be asked of an HTTP client at all.

use http::Uri;
use tilebox_core::exchange::{TransportError, TransportErrorKind};

/// Lets through what every backend can send: an absolute `http` or `https` address.
///
/// Clients report other addresses in ways that look like a failed connection, which would be tried again in vain.
///
/// # Errors
///
/// [`TransportErrorKind::Unsupported`] for any other address.
pub fn check(uri: &Uri) -> Result<(), TransportError> {
    let reason = match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => return Ok(()),
        (Some("http" | "https"), _) | (None, _) => "it names no host; write it as https://host/path".to_owned(),
        (Some(scheme), _) => format!("the scheme {scheme} is neither http nor https"),
    };
    // Not the whole address: its authority may hold a password and its query may hold a key.
    let message = format!("cannot send a request to this address: {reason}");
    Err(TransportError::new(TransportErrorKind::Unsupported, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_addresses_can_be_asked() {
        for address in ["http://localhost:1/", "https://api.example/a?b", "http://[::1]/"] {
            assert!(check(&Uri::from_static(address)).is_ok(), "{address}");
        }
        for address in ["/path", "ftp://host/", "example.com:80", "*"] {
            let kind = check(&Uri::from_static(address)).map_err(|error| error.kind());
            assert_eq!(kind, Err(TransportErrorKind::Unsupported), "{address}");
        }
    }
}
