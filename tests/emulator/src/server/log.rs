//! The log: one line for each request.

use std::fmt;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use http::{Method, Request, Version};

/// The function that writes the lines.
pub(crate) struct LogWriter(Box<dyn Fn(&str) + Send + Sync>);

impl LogWriter {
    pub(crate) fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Box::new(write))
    }

    pub(super) fn write(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogWriter")
    }
}

/// The logged parts of a request. Headers and the query may contain a key, so they are not logged.
pub(super) struct LoggedRequest {
    method: Method,
    path: String,
    version: Version,
}

impl LoggedRequest {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let path = request.uri().path().to_owned();
        Self { method: request.method().clone(), path, version: request.version() }
    }

    /// Returns the line: the time of the response, the request, the outcome and the duration.
    pub(super) fn line(&self, outcome: &str, took: Duration) -> String {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let Self { method, path, version } = self;
        format!("{now} {method} {path} {version:?} {outcome} {:.1} ms", took.as_secs_f64() * 1000.0)
    }
}
