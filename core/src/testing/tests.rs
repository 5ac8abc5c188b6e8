//! A client over each of the transports for tests.

use std::time::Duration;

use futures::FutureExt as _;

use super::*;
use crate::client::blocking::Client;
use crate::datasets::rpc::{GetDataset, ListDatasets};
use crate::error::ErrorKind;
use crate::protocol::connect::{Code, Error};
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::tilebox::v1::Id;

fn dataset(name: &str) -> wire::Dataset {
    wire::Dataset { id: Some(Id { uuid: vec![1; 16].into() }), name: name.to_owned(), ..Default::default() }
}

fn build(transport: impl crate::runtime::Transport) -> Client {
    client_builder(transport).build().expect("a client")
}

#[test]
fn single_responses_precede_the_handler() {
    let server = MockTransport::new()
        .respond_with::<GetDataset>(|request| Ok(dataset(&request.slug.to_uppercase())))
        .respond_once::<GetDataset>(Ok(dataset("first")))
        .respond_once::<GetDataset>(Ok(dataset("second")));
    let client = build(server.clone());
    assert_eq!(server.unused(), ["datasets.v1.DatasetService/GetDataset"; 2]);
    let names = [(); 4].map(|()| client.dataset("third").expect("a dataset").name().to_owned());
    assert_eq!(names, ["first", "second", "THIRD", "THIRD"]);
    assert!(server.unused().is_empty());
    assert_eq!(server.requests::<GetDataset>().len(), 4);
    assert!(server.requests::<ListDatasets>().is_empty());
}

#[test]
fn an_unexpected_request_fails_without_a_retry() {
    let server = MockTransport::new().respond_once::<GetDataset>(Ok(dataset("only")));
    let client = build(server.clone());
    let error = client.datasets().expect_err("unexpected").to_string();
    assert!(error.contains("`datasets.v1.DatasetService/ListDatasets`, only `datasets.v1.DatasetService/GetDataset`"));
    assert_eq!(server.requests::<ListDatasets>().len(), 1);
    client.dataset("a").expect("the response");
    let error = client.dataset("a").expect_err("used up").to_string();
    assert!(error.contains("does not expect `datasets.v1.DatasetService/GetDataset`, only nothing"), "{error}");
}

#[test]
fn waits_between_attempts_take_no_time() {
    let busy = Error { retry_after: Some(Duration::from_secs(60)), ..Error::new(Code::Unavailable, "busy") };
    let server = MockTransport::new()
        .respond_once::<GetDataset>(Err(busy.clone()))
        .respond_once::<GetDataset>(Err(busy))
        .respond_once::<GetDataset>(Ok(dataset("third")));
    let client: crate::Client = client_builder(server).build().expect("a client");
    let dataset = client.dataset("a").now_or_never().expect("nothing to wait for").expect("a dataset");
    assert_eq!(dataset.name(), "third");
}

#[test]
fn an_async_client_needs_no_executor() {
    let server = MockTransport::new().respond_once::<GetDataset>(Ok(dataset("found")));
    let client: crate::Client = client_builder(server).build().expect("a client");
    let dataset = client.dataset("a").now_or_never().expect("no wait").expect("a dataset");
    assert_eq!(dataset.name(), "found");
}

#[test]
fn a_recording_replays_from_its_file() {
    let server = MockTransport::new()
        .respond_once::<GetDataset>(Err(Error::new(Code::Unavailable, "busy")))
        .respond_with::<GetDataset>(|request| match request.slug.as_str() {
            "missing" => Err(Error::new(Code::NotFound, "no such dataset")),
            slug => Ok(dataset(slug)),
        });
    let recorder = Recorder::new(server);
    let secret = "a-very-secret-key";
    let recording: Client = client_builder(recorder.clone()).token(secret).build().expect("a client");
    let send_requests = |client: &Client| {
        let long = "x".repeat(5000);
        assert_eq!(client.dataset("found").expect("a dataset").name(), "found");
        assert_eq!(client.dataset(&long).expect("a dataset").name(), long, "the request is compressed");
        assert_eq!(client.dataset("missing").expect_err("no dataset").kind(), ErrorKind::NotFound);
    };
    send_requests(&recording);
    let file = recorder.recording().to_string();
    assert_eq!(file.lines().count(), 4, "three requests and one retry");
    assert!(!file.to_lowercase().contains("authorization") && !file.contains(secret));

    let parsed: Recording = file.parse().expect("a recording");
    assert_eq!(parsed, recorder.recording());
    let replayed = build(Replay::new(parsed));
    send_requests(&replayed);
    send_requests(&replayed);
}

#[test]
fn an_unrecorded_request_is_named_in_the_error() {
    let recorder = Recorder::new(MockTransport::new().respond_with::<GetDataset>(|_| Ok(dataset("any"))));
    build(recorder.clone()).dataset("a").expect("a dataset");
    let client = build(Replay::new(recorder.recording()));
    let error = client.dataset("b").expect_err("another message").to_string();
    assert!(error.contains("`datasets.v1.DatasetService/GetDataset` 1 times, with different messages"), "{error}");
    let error = client.datasets().expect_err("another method").to_string();
    assert!(error.contains("not contain `datasets.v1.DatasetService/ListDatasets`, only `datasets.v1.Dat"), "{error}");
}

#[test]
fn a_malformed_recording_names_the_line() {
    let line = r#"{"method":"S/M","request":"","status":200,"headers":[["content-type","a/b"]],"response":"AA=="}"#;
    assert_eq!(format!("{line}\n\n").parse::<Recording>().expect("a recording").exchanges().len(), 1);
    for (from, to, reason) in [
        ("200", "7", "7 is not an HTTP status"),
        ("AA==", "?", "`response` is not valid base64"),
        ("a/b", "a\\n", "is not a valid header"),
        ("status", "state", "missing field `status`"),
    ] {
        let text = format!("{line}\n{}\n", line.replace(from, to));
        let error = text.parse::<Recording>().expect_err(reason).to_string();
        assert!(error.starts_with("cannot read line 2 of the recording: ") && error.contains(reason), "{error}");
    }
}

#[test]
fn a_method_is_found_below_any_path_prefix() {
    for path in ["/S/M", "/public/S/M", "/a/b/S/M"] {
        assert_eq!(request::method(path), "S/M");
    }
    assert_eq!(request::method("/M"), "M");
}
