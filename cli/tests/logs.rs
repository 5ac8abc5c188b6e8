//! Logs and spans, exported over OTLP by the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use prost::Message;
use serde_json::Value as Json;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, KeyValue};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use tilebox_core::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status, TracesData,
};
use tilebox_emulator::Emulator;

use crate::kit::{command, printed, run, server};

/// 2025-03-01T12:00:00Z in nanoseconds since 1970.
const NOON: u64 = 1_740_830_400_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// Exports a message to the path of a signal.
fn export(server: &Emulator, path: &str, message: &impl Message) {
    let address = server.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let body = message.encode_to_vec();
    let mut connection = TcpStream::connect(&address).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).expect("the head is sent");
    connection.write_all(&body).expect("the body is sent");
    let mut response = Vec::new();
    connection.read_to_end(&mut response).expect("a response");
    assert!(response.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&response));
}

fn attribute(key: &str, text: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) });
    KeyValue { key: key.to_owned(), value }
}

fn runner() -> Option<Resource> {
    Some(Resource { attributes: vec![attribute("service.name", "my-runner")], ..Default::default() })
}

/// Exports a log record of a task, `second` seconds after noon.
fn log(server: &Emulator, task: &str, second: u64, severity: i32, body: &str) {
    let record = LogRecord {
        time_unix_nano: NOON + second * SECOND,
        severity_number: severity,
        body: Some(AnyValue { value: Some(Value::StringValue(body.to_owned())) }),
        attributes: vec![attribute("task_id", task), attribute("tile", "T32TMT")],
        ..Default::default()
    };
    let scope = ScopeLogs { log_records: vec![record], ..Default::default() };
    let resource = ResourceLogs { resource: runner(), scope_logs: vec![scope], ..Default::default() };
    export(server, "/v1/logs", &LogsData { resource_logs: vec![resource] });
}

/// Submits a job that no runner knows. Returns its id and that of its task.
fn submit(server: &Emulator) -> (String, String) {
    let id = printed(server, &["jobs", "submit", "--name", "clouds", "--task", "example.com/Idle"]);
    let id = id.trim_end().to_owned();
    let job: Json = serde_json::from_str(&printed(server, &["jobs", "show", &id, "--tasks", "--json"])).expect("JSON");
    let task = job["task_summaries"][0]["id"].as_str().expect("a task").to_owned();
    (id, task)
}

#[test]
fn logs_are_printed_as_lines_and_filtered() {
    let server = server();
    let (job, task) = submit(&server);
    log(&server, &task, 0, 9, "started\x1b[31m");
    log(&server, &task, 2, 17, "disk full");
    log(&server, &task, 1, 13, "slow\n  in a loop");
    assert_eq!(
        printed(&server, &["logs", &job]),
        "2025-03-01T12:00:00.000Z INFO  started [31m\n\
         2025-03-01T12:00:01.000Z WARN  slow\n\
         \x20     in a loop\n\
         2025-03-01T12:00:02.000Z ERROR disk full\n"
    );
    assert_eq!(
        printed(&server, &["logs", &job, "--level", "warn", "--sort", "desc", "--limit", "1"]),
        "2025-03-01T12:00:02.000Z ERROR disk full\n"
    );
    let detailed = printed(&server, &["logs", &job, "--level", "error", "--attributes", "--include-runner-attributes"]);
    assert!(detailed.contains(" tile=T32TMT") && detailed.contains(" service.name=my-runner"), "{detailed}");
    assert_eq!(printed(&server, &["logs", &job, "--task", &task]).lines().count(), 4);
    assert_eq!(printed(&server, &["logs", "--time", "2025-03-01"]).lines().count(), 4);

    let lines = printed(&server, &["logs", &job, "--json"]);
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["body"], "started\u{1b}[31m", "JSON escapes what a terminal would execute");
    assert_eq!((&lines[1]["severity"], &lines[1]["severity_number"]), (&Json::from("WARN"), &Json::from(13)));
    assert_eq!((&lines[1]["task_id"], &lines[1]["attributes"]["tile"]), (&Json::from(task), &Json::from("T32TMT")));
    assert!(lines[1].get("runner_attributes").is_none());

    let none = run(&server, &["logs", &job, "--level", "error", "--sort", "asc", "--task", &job]);
    assert_eq!(String::from_utf8_lossy(&none.stderr), "no log records match\n");
    for (arguments, expected) in [
        (&["logs"][..], "expects a job or a time, got neither"),
        (&["logs", &job, "--after", "2025-03-01"], "within a time"),
        (&["logs", &job, "--level", "eror"], "error"),
    ] {
        let wrong = run(&server, arguments);
        let error = String::from_utf8_lossy(&wrong.stderr);
        assert!(wrong.status.code() == Some(2) && error.contains(expected), "{error}");
    }
}

#[test]
fn logs_and_spans_are_saved_in_files() {
    let server = server();
    let (job, task) = submit(&server);
    log(&server, &task, 0, 9, "started");
    log(&server, &task, 2, 17, "disk full");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("logs.csv");
    assert_eq!(printed(&server, &["logs", &job, "-o", path.to_str().expect("UTF-8")]), "");
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.lines().count() == 3 && text.contains("started") && text.contains("disk full"), "{text}");
    let parquet = printed_bytes(&server, &["logs", &job, "--format", "parquet"]);
    assert!(parquet.starts_with(b"PAR1"));
    let lines = printed(&server, &["logs", &job, "--format", "jsonl"]);
    assert!(lines.lines().all(|line| serde_json::from_str::<Json>(line).is_ok()) && lines.lines().count() == 2);
    let spans = folder.path().join("spans.parquet");
    let saved = run(&server, &["spans", &job, "-o", spans.to_str().expect("UTF-8")]);
    assert_eq!((saved.status.code(), String::from_utf8_lossy(&saved.stderr).as_ref()), (Some(0), "no spans match\n"));
    assert!(std::fs::read(&spans).expect("the file").starts_with(b"PAR1"));
}

#[test]
fn logs_and_spans_have_no_stac_items() {
    let server = server();
    let (job, task) = submit(&server);
    log(&server, &task, 0, 9, "started");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let requests = server.requests().total();
    for (command, noun) in [("logs", "log records"), ("spans", "spans")] {
        for (option, value, format) in [
            ("--format", "stac".to_owned(), "stac"),
            ("--format", "stac-geoparquet".to_owned(), "stac-geoparquet"),
            ("-o", path("rows.stac.json"), "stac"),
            ("-o", path("rows.stac.parquet"), "stac-geoparquet"),
        ] {
            let refused = run(&server, &[command, &job, option, &value]);
            let expected = format!(
                "error: cannot write {noun} as {format}: a STAC item has an id, a time and a geometry; \
                 use another format, such as parquet, csv or jsonl\n"
            );
            assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{command} {value}");
            assert_eq!(String::from_utf8_lossy(&refused.stderr), expected);
        }
    }
    assert_eq!(server.requests().total(), requests);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

fn printed_bytes(server: &Emulator, arguments: &[&str]) -> Vec<u8> {
    let output = run(server, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
#[cfg(target_os = "linux")]
fn logs_have_colours_only_in_a_terminal() {
    use crate::terminal::{is_styled, seen};

    let server = server();
    let (job, task) = submit(&server);
    log(&server, &task, 0, 17, "disk full");
    let Some(coloured) = seen(&server, &format!("logs {job}"), false) else { return };
    assert!(coloured.contains("\x1b[31mERROR\x1b[0m disk full"), "{coloured:?}");
    let Some(plain) = seen(&server, &format!("logs {job}"), true) else { return };
    assert!(plain.contains("ERROR disk full") && !is_styled(&plain), "{plain:?}");
}

#[test]
fn followed_logs_are_printed_once_until_the_end() {
    let server = server();
    let (job, task) = submit(&server);
    log(&server, &task, 0, 9, "first");
    let mut follow = command(&server, &["logs", &job, "--follow"]);
    let mut follow = follow.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a run");
    let mut lines = BufReader::new(follow.stdout.take().expect("its output")).lines();
    let mut next = || lines.next().map(|line| line.expect("UTF-8"));
    assert_eq!(next().as_deref(), Some("2025-03-01T12:00:00.000Z INFO  first"));
    log(&server, &task, 1, 9, "second");
    assert_eq!(next().as_deref(), Some("2025-03-01T12:00:01.000Z INFO  second"));
    printed(&server, &["jobs", "cancel", &job, "--quiet"]);
    assert_eq!(next(), None, "each record is printed once");
    let output = follow.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "the job is canceled\n");
}

#[test]
fn spans_are_printed_with_their_durations() {
    let server = server();
    let (job, task) = submit(&server);
    let span = |name: &str, second: u64, status: Option<Status>| Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![u8::try_from(second).expect("a small number") + 1; 8].into(),
        name: name.to_owned(),
        start_time_unix_nano: NOON + second * SECOND,
        end_time_unix_nano: NOON + second * SECOND + 1_500_000_000,
        attributes: vec![attribute("task_id", &task)],
        status,
        ..Default::default()
    };
    let failure = Status { code: 2, message: "disk\nfull".to_owned() };
    let scope =
        ScopeSpans { spans: vec![span("task/Idle", 0, None), span("write", 1, Some(failure))], ..Default::default() };
    let resource = ResourceSpans { resource: runner(), scope_spans: vec![scope], ..Default::default() };
    export(&server, "/v1/traces", &TracesData { resource_spans: vec![resource] });
    assert_eq!(
        printed(&server, &["spans", &job]),
        "2025-03-01T12:00:00.000Z    1.500 s task/Idle\n\
         2025-03-01T12:00:01.000Z    1.500 s write failed: disk full\n"
    );
    let lines = printed(&server, &["spans", &job, "--json", "--sort", "desc", "--limit", "1"]);
    let line: Json = serde_json::from_str(&lines).expect("JSON");
    assert_eq!((&line["name"], &line["duration"]), (&Json::from("write"), &Json::from(1.5)));
    assert_eq!((&line["status"], &line["status_message"]), (&Json::from("error"), &Json::from("disk\nfull")));
}
