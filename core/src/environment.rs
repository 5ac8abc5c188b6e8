//! Environment variables: the URL and the key of a client, and whether the program runs in a notebook.

/// The variable with the URL of the server.
pub(crate) const API_URL: &str = "TILEBOX_API_URL";
/// The variable with the API key.
pub(crate) const API_KEY: &str = "TILEBOX_API_KEY";

/// Returns the value of a variable, or `None` if it is empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
