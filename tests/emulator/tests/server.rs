//! The server besides the API: health check, telemetry, log, addresses and command line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use support::post;
use tilebox_core::protocol::wire::datasets::v1::GetDatasetRequest;
use tilebox_emulator::{Catalogue, Emulator, Fault, Permissions};

const GET: &str = "/datasets.v1.DatasetService/GetDataset";

/// Sends a request without a token. Returns the whole response.
fn ask(emulator: &Emulator, method: &str, path: &str, content_type: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn the_health_check_ignores_tokens_faults_and_limits() {
    let emulator = Emulator::builder().token("secret", Permissions::ALL).fault("drop,times=always".parse().unwrap());
    let emulator = emulator.rate_limit(1).start().unwrap();
    for _ in 0..5 {
        let response = ask(&emulator, "GET", "/healthz", "text/plain", "");
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with("\r\n\r\nok\n"), "{response}");
    }
    assert_eq!(emulator.requests().total(), 0, "health checks are not requests of the API");
}

#[test]
fn telemetry_of_clients_is_accepted() {
    let emulator = Emulator::builder().start().unwrap();
    for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
        let large = "x".repeat(1 << 20);
        let response = ask(&emulator, "POST", path, "application/x-protobuf", &large);
        assert!(response.starts_with("HTTP/1.1 200"), "{path}: {response}");
        assert!(response.contains("content-type: application/x-protobuf\r\n") && response.ends_with("\r\n\r\n"));
        let response = ask(&emulator, "POST", path, "application/json", "{}");
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with("\r\n\r\n{}"), "{path}: {response}");
    }
    assert_eq!(emulator.requests().total(), 0);
}

#[test]
fn an_unknown_method_is_unimplemented() {
    let emulator = Emulator::builder().start().unwrap();
    for path in ["/datasets.v1.DatasetService/Nothing", "/made.up.Service/Nothing"] {
        let reply = post(&emulator, path, &GetDatasetRequest::default(), "");
        assert_eq!(
            (reply.status, reply.text().contains("\"code\":\"unimplemented\"")),
            (404, true),
            "{}",
            reply.text()
        );
    }
}

#[test]
fn the_log_has_a_line_for_each_request() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&lines);
    let builder = Emulator::builder().catalogue(Catalogue::new(10)).token("secret", Permissions::ALL);
    let emulator = builder.log(move |line| log.lock().unwrap().push(line.to_owned())).start().unwrap();
    let request = GetDatasetRequest { slug: "open_data.copernicus.sentinel2_msi".to_owned(), id: None };
    post(&emulator, &format!("{GET}?key=secret"), &request, "authorization: Bearer secret\r\n");
    post(&emulator, GET, &request, "");
    ask(&emulator, "GET", "/healthz", "text/plain", "");
    emulator.inject(Fault::dropped_connection());
    support::post_to(&emulator.address().to_string(), GET, &request, "").err();
    let lines = lines.lock().unwrap().clone();
    let expected = [
        format!("POST {GET} HTTP/1.1 200 "),
        format!("POST {GET} HTTP/1.1 401 "),
        "GET /healthz HTTP/1.1 200 ".to_owned(),
        format!("POST {GET} HTTP/1.1 dropped "),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(&expected) && line.ends_with(" ms"), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}

#[test]
fn the_address_to_listen_on_is_configurable() {
    let emulator = Emulator::builder().host("0.0.0.0".parse().unwrap()).start().unwrap();
    assert!(emulator.address().ip().is_unspecified());
    assert_eq!(emulator.url(), format!("http://127.0.0.1:{}", emulator.address().port()));
    // On Linux, 127.0.0.2 is an address of this machine.
    if cfg!(target_os = "linux") {
        TcpStream::connect(("127.0.0.2", emulator.address().port())).unwrap();
    }
    // TEST-NET-1 (RFC 5737) belongs to no machine.
    let error = Emulator::builder().host("192.0.2.1".parse().unwrap()).start().expect_err("no such address");
    assert!(error.to_string().contains("192.0.2.1:0; choose an address of this machine"), "{error}");
}

#[test]
fn the_command_line_refuses_invalid_arguments() {
    for (argument, reason) in [
        ("--fault=http:999", "expects an HTTP status from 200 to 599"),
        ("--fault=drop,on=Querry", "did you mean \"Query\"?"),
        ("--host=example.org", "expects an IP address of this machine"),
    ] {
        let program = env!("CARGO_BIN_EXE_tilebox-emulator");
        let Output { status, stderr, .. } = Command::new(program).arg(argument).output().unwrap();
        let printed = String::from_utf8_lossy(&stderr);
        assert!(!status.success() && printed.contains(reason), "{argument}: {printed}");
    }
}
