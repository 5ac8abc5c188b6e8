//! Defaults of a client from the environment.
//!
//! Variables belong to the whole process, so each test runs itself again in another process.

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

/// A transport that records requests and sends nothing.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Request<Bytes>>>>);

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        self.0.lock().expect("an unpoisoned lock").push(request);
        Err(TransportError::new(TransportErrorKind::Unsupported, io::Error::other("nothing is sent")))
    }
}

/// Returns the base URL and the key of a request with this environment.
fn base_and_key() -> (String, Option<String>) {
    let recorder = Recorder::default();
    let call = async {
        let client = tilebox_tokio::client_builder().transport(recorder.clone()).build().expect("a client");
        client.dataset("a.b").await
    };
    block_on(call).expect_err("nothing is sent");
    let requests = recorder.0.lock().expect("an unpoisoned lock");
    let request = requests.first().expect("a request");
    let uri = request.uri().to_string();
    let base = uri.strip_suffix("/datasets.v1.DatasetService/GetDataset").expect("the path of the method");
    let key = request.headers().get("authorization").map(|key| key.to_str().expect("text").to_owned());
    (base.to_owned(), key)
}

/// Runs this test in another process with these variables and returns true, or returns false in that process.
fn ran_in_process(test: &str, url: &str, key: &str) -> bool {
    const INNER: &str = "TILEBOX_TEST_INNER";
    if env::var_os(INNER).is_some() {
        return false;
    }
    let mut child = Command::new(env::current_exe().expect("the path of this test"));
    child.args(["--exact", test]).env(INNER, "").env("TILEBOX_API_URL", url).env("TILEBOX_API_KEY", key);
    let output = child.output().expect("the inner process starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    true
}

#[test]
fn an_empty_variable_is_treated_as_unset() {
    if !ran_in_process("an_empty_variable_is_treated_as_unset", "", "") {
        assert_eq!(base_and_key(), ("https://api.tilebox.com/public".to_owned(), None));
    }
}

#[test]
fn the_environment_sets_server_and_key() {
    if !ran_in_process("the_environment_sets_server_and_key", "http://[::1]:8080/path/", "secret") {
        assert_eq!(base_and_key(), ("http://[::1]:8080/path".to_owned(), Some("Bearer secret".to_owned())));
    }
}
