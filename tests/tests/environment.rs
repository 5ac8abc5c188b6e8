//! What the environment says to a client that is told nothing else.
//!
//! The variables belong to the whole process, so each test runs itself once more in another one.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::{env, io};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::runtime::Transport;
use tilebox_tokio::block_on;

/// Sends nothing, and remembers what it was given.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Request<Bytes>>>>);

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        self.0.lock().expect("nobody panicked").push(request);
        Err(TransportError::new(TransportErrorKind::Unsupported, io::Error::other("nothing is sent")))
    }
}

/// Where a client of this environment sends a request, and with which key.
fn asked() -> (String, Option<String>) {
    let recorder = Recorder::default();
    let call = async {
        let client = tilebox_tokio::client_builder().transport(recorder.clone()).build().expect("a client");
        client.dataset("a.b").await
    };
    block_on(call).expect_err("nothing is sent");
    let requests = recorder.0.lock().expect("nobody panicked");
    let request = requests.first().expect("a request");
    let uri = request.uri().to_string();
    let base = uri.strip_suffix("/datasets.v1.DatasetService/GetDataset").expect("the path of the method");
    let key = request.headers().get("authorization").map(|key| key.to_str().expect("text").to_owned());
    (base.to_owned(), key)
}

/// Runs this test in another process with these variables, or tells that this is that process.
fn again(test: &str, url: &str, key: &str) -> bool {
    const AGAIN: &str = "TILEBOX_TEST_AGAIN";
    if env::var_os(AGAIN).is_some() {
        return false;
    }
    let mut child = Command::new(env::current_exe().expect("the test knows itself"));
    child.args(["--exact", test]).env(AGAIN, "").env("TILEBOX_API_URL", url).env("TILEBOX_API_KEY", key);
    let output = child.output().expect("the test runs itself");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    true
}

#[test]
fn an_empty_variable_is_treated_as_unset() {
    if !again("an_empty_variable_is_treated_as_unset", "", "") {
        assert_eq!(asked(), ("https://api.tilebox.com/public".to_owned(), None));
    }
}

#[test]
fn the_environment_sets_server_and_key() {
    if !again("the_environment_sets_server_and_key", "http://[::1]:8080/path/", "secret") {
        assert_eq!(asked(), ("http://[::1]:8080/path".to_owned(), Some("Bearer secret".to_owned())));
    }
}
