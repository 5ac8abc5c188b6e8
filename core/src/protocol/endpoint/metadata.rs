//! The `Tilebox-Client` header, which describes the client. The service counts clients by it; it changes no response.

use http::HeaderValue;

/// The longest value of a member, in bytes.
const MAX_VALUE: usize = 256;
/// The longest header, in bytes.
const MAX_HEADER: usize = 2048;

/// The description of the client, an RFC 9651 dictionary of strings.
///
/// It contains package, version, runtime, operating system and processor, and nothing about the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientMetadata {
    members: Vec<(&'static str, String)>,
}

impl ClientMetadata {
    /// Creates the description of this package on `runtime`, such as `tokio`.
    #[must_use]
    pub fn new(runtime: &str) -> Self {
        let members = vec![
            ("name", "tilebox-rust".to_owned()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("runtime", runtime.to_owned()),
            ("os", std::env::consts::OS.to_owned()),
            ("arch", arch(std::env::consts::ARCH).to_owned()),
        ];
        Self { members }
    }

    /// Creates an empty description, which sends no header.
    #[must_use]
    pub const fn none() -> Self {
        Self { members: Vec::new() }
    }

    /// Returns the header; `None` if it is empty. Values that a header cannot hold, or that make it too long, are left out.
    pub(crate) fn to_header(&self) -> Option<HeaderValue> {
        let mut header = String::new();
        for (key, value) in &self.members {
            let printable = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if value.is_empty() || value.len() > MAX_VALUE || !printable {
                continue;
            }
            let value = value.replace('\\', r"\\").replace('"', "\\\"");
            let separator = if header.is_empty() { "" } else { ", " };
            let member = format!("{separator}{key}=\"{value}\"");
            if header.len() + member.len() <= MAX_HEADER {
                header.push_str(&member);
            }
        }
        HeaderValue::try_from(header).ok().filter(|header| !header.is_empty())
    }
}

/// Returns the name of the processor in the other clients.
fn arch(name: &str) -> &str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_dictionary_of_strings() {
        let header = ClientMetadata::new("to\"k\\io").to_header().expect("a header");
        let header = header.to_str().expect("text");
        assert!(header.starts_with("name=\"tilebox-rust\", version=\""), "{header}");
        assert!(header.contains(r#"runtime="to\"k\\io", os=""#), "{header}");
        assert_eq!(ClientMetadata::none().to_header(), None);
    }

    #[test]
    fn values_invalid_in_a_header_are_left_out() {
        let long = "x".repeat(MAX_VALUE + 1);
        for runtime in ["", "ü", "line\nbreak", &long] {
            let header = ClientMetadata::new(runtime).to_header().expect("the rest");
            assert!(!header.to_str().expect("text").contains("runtime"), "{runtime}");
        }
    }
}
