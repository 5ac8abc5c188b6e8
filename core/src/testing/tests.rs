//! The three transports, with a client over them.

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
fn replies_come_in_their_order_and_then_the_answer() {
    let server = Scripted::new()
        .answer::<GetDataset>(|request| Ok(dataset(&request.slug.to_uppercase())))
        .reply::<GetDataset>(Ok(dataset("first")))
        .reply::<GetDataset>(Ok(dataset("second")));
    let client = build(server.clone());
    assert_eq!(server.unused(), ["datasets.v1.DatasetService/GetDataset"; 2]);
    let names = [(); 4].map(|()| client.dataset("third").expect("a dataset").name().to_owned());
    assert_eq!(names, ["first", "second", "THIRD", "THIRD"]);
    assert!(server.unused().is_empty());
    assert_eq!(server.requests::<GetDataset>().len(), 4);
    assert!(server.requests::<ListDatasets>().is_empty());
}

#[test]
fn a_request_that_is_not_in_the_script_is_named_and_not_repeated() {
    let server = Scripted::new().reply::<GetDataset>(Ok(dataset("only")));
    let client = build(server.clone());
    let error = client.datasets().expect_err("unexpected").to_string();
    assert!(error.contains("`datasets.v1.DatasetService/ListDatasets`, only `datasets.v1.DatasetService/GetDataset`"));
    assert_eq!(server.requests::<ListDatasets>().len(), 1);
    client.dataset("a").expect("the reply");
    let error = client.dataset("a").expect_err("used up").to_string();
    assert!(error.contains("did not expect `datasets.v1.DatasetService/GetDataset`, only nothing"), "{error}");
}

#[test]
fn waiting_between_attempts_takes_no_time() {
    let busy = Error { retry_after: Some(Duration::from_secs(60)), ..Error::new(Code::Unavailable, "busy") };
    let server = Scripted::new()
        .reply::<GetDataset>(Err(busy.clone()))
        .reply::<GetDataset>(Err(busy))
        .reply::<GetDataset>(Ok(dataset("at last")));
    let client: crate::Client = client_builder(server).build().expect("a client");
    let dataset = client.dataset("a").now_or_never().expect("nothing to wait for").expect("a dataset");
    assert_eq!(dataset.name(), "at last");
}

#[test]
fn an_async_client_needs_no_executor() {
    let server = Scripted::new().reply::<GetDataset>(Ok(dataset("there")));
    let client: crate::Client = client_builder(server).build().expect("a client");
    let dataset = client.dataset("a").now_or_never().expect("no wait").expect("a dataset");
    assert_eq!(dataset.name(), "there");
}

#[test]
fn what_was_recorded_plays_back_after_it_was_a_file() {
    let server = Scripted::new().reply::<GetDataset>(Err(Error::new(Code::Unavailable, "busy"))).answer::<GetDataset>(
        |request| match request.slug.as_str() {
            "missing" => Err(Error::new(Code::NotFound, "no such dataset")),
            slug => Ok(dataset(slug)),
        },
    );
    let recorder = Recorder::new(server);
    let secret = "a-very-secret-key";
    let recording: Client = client_builder(recorder.clone()).token(secret).build().expect("a client");
    let ask = |client: &Client| {
        let long = "x".repeat(5000);
        assert_eq!(client.dataset("found").expect("a dataset").name(), "found");
        assert_eq!(client.dataset(&long).expect("a dataset").name(), long, "its request is compressed");
        assert_eq!(client.dataset("missing").expect_err("no dataset").kind(), ErrorKind::NotFound);
    };
    ask(&recording);
    let file = recorder.recording().to_string();
    assert_eq!(file.lines().count(), 4, "three requests, and one that was repeated");
    assert!(!file.to_lowercase().contains("authorization") && !file.contains(secret));

    let played: Recording = file.parse().expect("a recording");
    assert_eq!(played, recorder.recording());
    let replayed = build(Replay::new(played));
    ask(&replayed);
    ask(&replayed);
}

#[test]
fn what_was_not_recorded_says_what_is_unknown() {
    let recorder = Recorder::new(Scripted::new().answer::<GetDataset>(|_| Ok(dataset("any"))));
    build(recorder.clone()).dataset("a").expect("a dataset");
    let client = build(Replay::new(recorder.recording()));
    let error = client.dataset("b").expect_err("another message").to_string();
    assert!(error.contains("`datasets.v1.DatasetService/GetDataset` 1 times, each with another message"), "{error}");
    let error = client.datasets().expect_err("another method").to_string();
    assert!(error.contains("no `datasets.v1.DatasetService/ListDatasets`, only `datasets.v1.Dat"), "{error}");
}

#[test]
fn a_file_that_is_no_recording_says_where() {
    let line = r#"{"method":"S/M","request":"","status":200,"headers":[["content-type","a/b"]],"response":"AA=="}"#;
    assert_eq!(format!("{line}\n\n").parse::<Recording>().expect("a recording").exchanges().len(), 1);
    for (from, to, reason) in [
        ("200", "7", "7 is no HTTP status"),
        ("AA==", "?", "its `response` is no base64"),
        ("a/b", "a\\n", "is no header"),
        ("status", "state", "missing field `status`"),
    ] {
        let text = format!("{line}\n{}\n", line.replace(from, to));
        let error = text.parse::<Recording>().expect_err(reason).to_string();
        assert!(error.starts_with("cannot read line 2 of the recording: ") && error.contains(reason), "{error}");
    }
}

#[test]
fn a_method_is_found_below_any_path() {
    for path in ["/S/M", "/public/S/M", "/a/b/S/M"] {
        assert_eq!(message::method(path), "S/M");
    }
    assert_eq!(message::method("/M"), "M");
}
