//! The environment: the address and the key that a builder was not told, and whether there is a notebook.

/// The address of the server.
pub(super) const API_URL: &str = "TILEBOX_API_URL";
/// The API key.
pub(super) const API_KEY: &str = "TILEBOX_API_KEY";

/// The value of a variable; one that is empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
