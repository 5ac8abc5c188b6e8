//! Tests that change single messages of a simulated run.

use std::time::Duration;

use bytes::Bytes;

use crate::protocol::connect::Code;
use crate::testing::workflows::trace::Request;

/// What stands between runners and server, for tests that change single messages.
pub trait Proxy {
    /// Returns the error with which the request is refused instead of passed on. `at` is the time since the start of the run.
    fn refuse(&mut self, at: Duration, runner: usize, request: Request) -> Option<Code> {
        let _ = (at, runner, request);
        None
    }

    /// Returns the response that the runner gets. `took` is the time since the runner sent the request.
    fn respond(&mut self, took: Duration, request: Request, response: http::Response<Bytes>) -> http::Response<Bytes> {
        let _ = (took, request);
        response
    }
}
