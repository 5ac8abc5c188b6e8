//! Origins whose connections serve one request each.
//!
//! libcurl looks whether bytes wait on an idle connection only when a second has passed since its last use. Over HTTP/1.1 it
//! takes such bytes for the response to the next request, whoever sent them. So a connection of HTTP/1.1 is not used again.
//! Over HTTP/2 each frame names its stream.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Uri, Version};

/// Origins over TLS that answered in HTTP/1.1. Which version they speak shows in their first response.
#[derive(Clone, Debug, Default)]
pub(super) struct SingleUse(Arc<Mutex<HashSet<String>>>);

impl SingleUse {
    /// Whether a request to this address needs a connection of its own.
    pub(super) fn is_for(&self, uri: &Uri) -> bool {
        // HTTP/2 is negotiated over TLS alone.
        uri.scheme_str() != Some("https") || self.lock().contains(authority(uri))
    }

    /// Remembers the version in which a server answered.
    pub(super) fn learn(&self, uri: &Uri, version: Version) {
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
        assert_eq!([&plain, &one, &other].map(|uri| origins.is_for(uri)), [true, false, false]);
        origins.learn(&one, Version::HTTP_11);
        origins.learn(&plain, Version::HTTP_2);
        assert_eq!([&plain, &one, &other].map(|uri| origins.is_for(uri)), [true, true, false]);
        origins.learn(&one, Version::HTTP_2);
        assert_eq!([&plain, &one, &other].map(|uri| origins.is_for(uri)), [true, false, false]);
    }
}
