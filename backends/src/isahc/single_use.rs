//! Origins that need a new connection for each request.
//!
//! libcurl checks an idle connection for waiting bytes only a second after its last use. Over HTTP/1.1, it would read such
//! bytes as the response to the next request. So HTTP/1.1 connections are not reused. Over HTTP/2, frames have a stream id.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Uri, Version};

/// The origins over TLS whose last response was HTTP/1.1.
#[derive(Clone, Debug, Default)]
pub(super) struct SingleUse(Arc<Mutex<HashSet<String>>>);

impl SingleUse {
    /// Returns whether a request to this URI needs a new connection.
    pub(super) fn applies_to(&self, uri: &Uri) -> bool {
        // HTTP/2 is negotiated over TLS only.
        uri.scheme_str() != Some("https") || self.lock().contains(authority(uri))
    }

    /// Records the HTTP version of a response.
    pub(super) fn record(&self, uri: &Uri, version: Version) {
        if uri.scheme_str() != Some("https") {
            return;
        }
        let mut origins = self.lock();
        if version >= Version::HTTP_2 {
            origins.remove(authority(uri));
        } else if !origins.contains(authority(uri)) {
            origins.insert(authority(uri).to_owned());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn authority(uri: &Uri) -> &str {
    uri.authority().map_or("", http::uri::Authority::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_follows_the_version_of_its_last_response() {
        let origins = SingleUse::default();
        let [plain, one, other] =
            ["http://server.test/a", "https://server.test/a", "https://server.test:1/a"].map(Uri::from_static);
        assert_eq!([&plain, &one, &other].map(|uri| origins.applies_to(uri)), [true, false, false]);
        origins.record(&one, Version::HTTP_11);
        origins.record(&plain, Version::HTTP_2);
        assert_eq!([&plain, &one, &other].map(|uri| origins.applies_to(uri)), [true, true, false]);
        origins.record(&one, Version::HTTP_2);
        assert_eq!([&plain, &one, &other].map(|uri| origins.applies_to(uri)), [true, false, false]);
    }
}
