//! The headers and trailers of a response (Connect protocol, "Unary-Response").

use http::{HeaderMap, HeaderName};

/// The prefix of headers that carry the trailers of a unary response.
const TRAILER_PREFIX: &str = "trailer-";

/// The headers and trailers of a response.
///
/// `Debug` prints names only: a value may quote credentials of the request.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// Headers, without those that carry trailers.
    pub headers: HeaderMap,
    /// Trailers, without the prefix `trailer-` that marks them on the wire.
    pub trailers: HeaderMap,
}

impl Metadata {
    /// Separates the trailers of a unary response from its headers.
    #[must_use]
    pub fn from_headers(mut headers: HeaderMap) -> Self {
        let is_trailer = |name: &&HeaderName| name.as_str().starts_with(TRAILER_PREFIX);
        let prefixed: Vec<HeaderName> = headers.keys().filter(is_trailer).cloned().collect();
        let mut trailers = HeaderMap::new();
        for name in prefixed {
            // A header whose name is empty after the prefix (`trailer-`) is not a trailer.
            let Ok(bare) = HeaderName::from_bytes(&name.as_str().as_bytes()[TRAILER_PREFIX.len()..]) else { continue };
            if let http::header::Entry::Occupied(values) = headers.entry(name) {
                let (_, values) = values.remove_entry_mult();
                for value in values {
                    trailers.append(bare.clone(), value);
                }
            }
        }
        Self { headers, trailers }
    }
}

impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |headers: &HeaderMap| headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        f.debug_struct("Metadata")
            .field("headers", &names(&self.headers))
            .field("trailers", &names(&self.trailers))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn trailers_are_separate_and_have_no_prefix() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-id", "1"), ("trailer-x-id", "2"), ("trailer-x-id", "3"), ("trailer-", "4"), ("trailer", "5")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        let metadata = Metadata::from_headers(headers);
        let values =
            |headers: &HeaderMap, name: &str| -> Vec<HeaderValue> { headers.get_all(name).iter().cloned().collect() };
        assert_eq!(values(&metadata.headers, "x-id"), ["1"]);
        assert_eq!(values(&metadata.trailers, "x-id"), ["2", "3"]);
        assert_eq!((metadata.headers.len(), metadata.trailers.len()), (3, 2));
    }

    #[test]
    fn debug_prints_no_values() {
        let mut headers = HeaderMap::new();
        headers.insert("x-id", HeaderValue::from_static("secret"));
        headers.insert("trailer-x", HeaderValue::from_static("secret"));
        let metadata = format!("{:?}", Metadata::from_headers(headers));
        assert!(metadata.contains("x-id") && !metadata.contains("secret"), "{metadata}");
    }
}
