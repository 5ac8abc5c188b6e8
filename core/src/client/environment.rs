//! The two environment variables that stand in for what a builder was not told.

/// The address of the server.
pub(super) const API_URL: &str = "TILEBOX_API_URL";
/// The API key.
pub(super) const API_KEY: &str = "TILEBOX_API_KEY";

/// The value of a variable; one that is empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
