//! Logs and spans from messages to rows, columns, tables and files.

use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{DurationNanosecondType, Int32Type, TimestampNanosecondType};
use arrow_array::{Array as _, ArrayRef};
use proptest::prelude::*;
use uuid::Uuid;

use super::samples::{any_logs, any_spans, any_value, entry, logs_of, nested, resource_logs, resource_spans, spans_of};
use super::*;
use crate::datapoints::samples::assert_well_formed;
use crate::output::Format;
use crate::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use crate::protocol::wire::opentelemetry::proto::logs::v1 as logs_wire;
use crate::protocol::wire::opentelemetry::proto::trace::v1 as trace_wire;
use crate::schema::Timestamp;

const TASK: Uuid = Uuid::from_u128(0x019a_c5d0_0000_7000_8000_0000_0000_0001);

fn logs(resources: Vec<logs_wire::ResourceLogs>) -> Logs {
    Logs::new(LogRecord::from_wire(resources)).expect("a table")
}

fn spans(resources: Vec<trace_wire::ResourceSpans>) -> Spans {
    Spans::new(Span::from_wire(resources)).expect("a table")
}

fn log(record: logs_wire::LogRecord) -> LogRecord {
    LogRecord::from_wire(vec![logs_of(vec![record])]).remove(0)
}

fn span(span: trace_wire::Span) -> Span {
    Span::from_wire(vec![spans_of(vec![span])]).remove(0)
}

fn text(column: &ArrayRef, row: usize) -> Option<&str> {
    let texts = column.as_string_view();
    texts.is_valid(row).then(|| texts.value(row))
}

#[test]
fn a_recorded_log_record_becomes_a_row() {
    let logs = logs(vec![resource_logs()]);
    let [record] = logs.rows() else { panic!("one record") };
    assert_eq!(record.time(), Some(Timestamp::parse("2025-11-28T10:00:00.123456789Z").expect("a time")));
    assert_eq!(record.observed_time(), Some(Timestamp::parse("2025-11-28T10:00:00.2Z").expect("a time")));
    assert_eq!((record.severity(), record.severity_number()), (Some("WARN"), Some(13)));
    assert_eq!(record.severity_group(), Some(SeverityGroup::Warning));
    assert_eq!(record.body().as_str(), Some("few clouds"));
    assert_eq!(record.task_id(), Some(TASK));
    assert_eq!(record.trace_id(), Some("0102030405060708090a0b0c0d0e0f10"));
    assert_eq!(record.span_id(), Some("0102030405060708"));
    assert_eq!(record.attributes().get("month").and_then(AttributeValue::as_i64), Some(7));
    let range = record.attributes().get("range").and_then(AttributeValue::as_list).expect("a list");
    assert_eq!(range, [AttributeValue::Float(0.5), AttributeValue::Bool(true)]);
    assert_eq!(record.runner_attributes().get("service.name").and_then(AttributeValue::as_str), Some("tilebox-python"));
    assert_eq!(record.to_string(), "2025-11-28T10:00:00.123Z WARN few clouds");
}

#[test]
fn a_recorded_log_record_becomes_columns() {
    let logs = logs(vec![resource_logs()]);
    let column = |name: &str| logs.column(name).expect("a column");
    let time = column("time").as_primitive::<TimestampNanosecondType>();
    assert_eq!((time.value(0), time.timezone()), (1_764_324_000_123_456_789, Some("UTC")));
    assert_eq!(column("task_id").as_fixed_size_binary().value(0), TASK.as_bytes());
    assert_eq!(column("severity_number").as_primitive::<Int32Type>().value(0), 13);
    for (name, expected) in [
        ("severity", "WARN"),
        ("body", "few clouds"),
        ("trace_id", "0102030405060708090a0b0c0d0e0f10"),
        ("span_id", "0102030405060708"),
        ("severity_group", "warning"),
        ("attributes", r#"{"task_id":"019ac5d0-0000-7000-8000-000000000001","month":7,"range":[0.5,true]}"#),
        ("runner_attributes", r#"{"service.name":"tilebox-python","process.pid":42}"#),
    ] {
        assert_eq!(text(column(name), 0), Some(expected), "{name}");
    }
    let error = logs.column("level").expect_err("no such column").to_string();
    assert!(error.starts_with("cannot find the column `level`: there is no such column; columns are time"), "{error}");
}

#[test]
fn a_recorded_span_becomes_a_row_and_columns() {
    let spans = spans(vec![resource_spans()]);
    let [span] = spans.rows() else { panic!("one span") };
    assert_eq!((span.name(), span.kind()), ("task/CloudReport", SpanKind::Internal));
    assert_eq!((span.status(), span.status_message()), (SpanStatus::Error, "no scenes"));
    assert_eq!(span.duration(), Some(Duration::from_millis(1500)));
    assert_eq!(span.start(), Some(Timestamp::parse("2025-11-28T10:00:00Z").expect("a time")));
    assert_eq!(span.end(), Some(Timestamp::parse("2025-11-28T10:00:01.5Z").expect("a time")));
    assert_eq!((span.task_id(), span.parent_span_id()), (Some(TASK), Some("0909090909090909")));
    let [event] = span.events() else { panic!("one event") };
    assert_eq!((event.name(), event.attributes().to_string()), ("log.message", r#"{"body":"few clouds"}"#.to_owned()));
    let [link] = span.links() else { panic!("one link") };
    assert_eq!((link.trace_id(), link.span_id()), (Some(&*"07".repeat(16)), Some(&*"08".repeat(8))));
    assert_eq!(span.to_string(), "2025-11-28T10:00:00.000Z 1.5s task/CloudReport failed: no scenes");

    let column = |name: &str| spans.column(name).expect("a column");
    assert_eq!(column("duration").as_primitive::<DurationNanosecondType>().value(0), 1_500_000_000);
    let events = column("events").as_list::<i32>().value(0);
    let events = events.as_struct();
    assert_eq!(events.column(0).as_primitive::<TimestampNanosecondType>().value(0), 1_764_324_000_123_456_789);
    assert_eq!(text(events.column(1), 0), Some("log.message"));
    assert_eq!(text(events.column(2), 0), Some(r#"{"body":"few clouds"}"#));
    for (name, expected) in [("status", "error"), ("kind", "internal"), ("status_message", "no scenes")] {
        assert_eq!(text(column(name), 0), Some(expected), "{name}");
    }
}

#[test]
fn all_records_of_all_scopes_are_read() {
    let record = |body: &str| logs_wire::LogRecord {
        body: Some(any_value(Value::StringValue(body.to_owned()))),
        ..Default::default()
    };
    let mut two_scopes = logs_of(vec![record("a"), record("b")]);
    two_scopes.scope_logs.extend(logs_of(vec![record("c")]).scope_logs);
    let no_record = logs_of(Vec::new());
    let no_scope = logs_wire::ResourceLogs::default();
    let logs = logs(vec![no_scope, two_scopes, no_record, logs_of(vec![record("d")])]);
    let bodies: Vec<_> = logs.iter().map(|record| record.body().to_string()).collect();
    assert_eq!(bodies, ["a", "b", "c", "d"]);
    assert!(spans(vec![trace_wire::ResourceSpans::default(), spans_of(Vec::new())]).is_empty());
}

#[test]
fn a_severity_without_text_or_number_is_derived() {
    let record = |number, text: &str| {
        let record =
            log(logs_wire::LogRecord { severity_number: number, severity_text: text.to_owned(), ..Default::default() });
        (record.severity().unwrap_or_default().to_owned(), record.severity_group())
    };
    assert_eq!(record(9, ""), ("INFO".to_owned(), Some(SeverityGroup::Info)));
    assert_eq!(record(17, ""), ("ERROR".to_owned(), Some(SeverityGroup::Error)));
    assert_eq!(record(21, ""), ("FATAL".to_owned(), Some(SeverityGroup::Error)));
    assert_eq!(record(21, "FATAL"), ("FATAL".to_owned(), Some(SeverityGroup::Error)));
    assert_eq!(record(99, "worse"), ("worse".to_owned(), Some(SeverityGroup::Error)));
    assert_eq!(record(0, "Warn"), ("Warn".to_owned(), Some(SeverityGroup::Warning)));
    assert_eq!(record(0, ""), (String::new(), None));
    assert_eq!(record(-1, "what"), ("what".to_owned(), None));
}

#[test]
fn a_time_that_a_column_cannot_hold_is_null() {
    let record = |time, observed| {
        log(logs_wire::LogRecord { time_unix_nano: time, observed_time_unix_nano: observed, ..Default::default() })
    };
    assert_eq!(record(0, 0).time(), None);
    assert_eq!(record(u64::MAX, 0).time(), None);
    assert_eq!(record(0, 5).time(), record(5, 0).time(), "an unknown time is that of the observation");
    let last = i64::MAX as u64;
    assert!(record(last, 0).time().is_some() && record(last + 1, 0).time().is_none());
    let span = |start, end| {
        let span =
            span(trace_wire::Span { start_time_unix_nano: start, end_time_unix_nano: end, ..Default::default() });
        (span.start().is_some(), span.end().is_some(), span.duration())
    };
    assert_eq!(span(1, 3), (true, true, Some(Duration::from_nanos(2))));
    assert_eq!(span(3, 1), (true, true, None));
    assert_eq!(span(1, 0), (true, false, None));
    assert_eq!(span(1, u64::MAX), (true, false, None));
}

#[test]
fn an_id_of_a_wrong_length_is_kept() {
    let attribute = |name: &str, value: &str| entry(name, Value::StringValue(value.to_owned()));
    let record = log(logs_wire::LogRecord {
        trace_id: vec![1; 3].into(),
        span_id: vec![0; 8].into(),
        attributes: vec![attribute("task_id", "not an id"), attribute("span_id", "abc")],
        ..Default::default()
    });
    assert_eq!((record.trace_id(), record.span_id(), record.task_id()), (Some("010101"), Some("abc"), None));
}

#[test]
fn an_unknown_kind_or_status_keeps_its_number() {
    let status = Some(trace_wire::Status { code: 9, message: String::new() });
    let span = span(trace_wire::Span { kind: 8, status, ..Default::default() });
    assert_eq!((span.kind(), span.status()), (SpanKind::Unknown(8), SpanStatus::Unknown(9)));
}

#[test]
fn logs_print_their_body_in_the_width_that_is_left() {
    let mut long = resource_logs();
    let body = "Found 1204 scenes of Sentinel-2 with less than 10 % clouds";
    long.scope_logs[0].log_records[0].body = Some(any_value(Value::StringValue(body.to_owned())));
    let logs = logs(vec![resource_logs(), long]);
    let text = logs.to_string();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains(" WARN ") && text.contains("Found 1204 scenes of Sentinel-2 with"), "{text}");
    assert!(text.contains("2 log records, 7 more columns: task_id,"), "{text}");
    assert!(format!("{logs:110}").contains(body), "{logs:110}");
    let html = logs.to_html();
    assert_well_formed(&html);
    assert!(html.contains(body) && html.contains("2 log records × 10 columns, 2025-11-28T10:00:00.123Z to"), "{html}");
    assert!(self::logs(Vec::new()).to_string().contains("0 log records"));
}

#[test]
fn spans_print_their_duration_and_status() {
    let spans = spans(vec![resource_spans()]);
    let text = spans.to_string();
    for expected in ["2025-11-28T10:00:00.000Z", "PT1.5S", "task/CloudReport", "error", "1 span, "] {
        assert!(text.contains(expected), "{expected} is missing:\n{text}");
    }
    assert_well_formed(&spans.to_html());
}

#[test]
fn logs_and_spans_are_written_as_geojson_without_geometries() {
    let write = |written: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        written(&mut bytes);
        serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON")
    };
    let logs = write(&|out| logs(vec![resource_logs()]).write(Format::GeoJson, out).expect("a file"));
    let feature = &logs["features"][0];
    assert!(feature["geometry"].is_null());
    assert_eq!(feature["properties"]["body"], "few clouds");
    assert_eq!(feature["properties"]["task_id"], TASK.to_string());
    let spans = write(&|out| spans(vec![resource_spans()]).write(Format::GeoJson, out).expect("a file"));
    let properties = &spans["features"][0]["properties"];
    assert_eq!(properties["duration"], "PT1.5S");
    assert_eq!(properties["events"][0]["name"], "log.message");
}

#[cfg(feature = "csv")]
#[test]
fn logs_are_written_as_csv() {
    let mut bytes = Vec::new();
    logs(vec![resource_logs()]).write(Format::Csv, &mut bytes).expect("a file");
    let text = String::from_utf8(bytes).expect("text");
    let expected = "time,severity,body,task_id,trace_id,span_id,severity_group,severity_number,attributes,runner_attributes\n\
        2025-11-28T10:00:00.123456789Z,WARN,few clouds,019ac5d0-0000-7000-8000-000000000001,\
        0102030405060708090a0b0c0d0e0f10,0102030405060708,warning,13,\
        \"{\"\"task_id\"\":\"\"019ac5d0-0000-7000-8000-000000000001\"\",\"\"month\"\":7,\"\"range\"\":[0.5,true]}\",\
        \"{\"\"service.name\"\":\"\"tilebox-python\"\",\"\"process.pid\"\":42}\"\n";
    assert_eq!(text, expected);
}

#[cfg(feature = "parquet")]
#[test]
fn spans_are_written_as_parquet_page_by_page() {
    use crate::output::TableWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let spans = spans(vec![resource_spans()]);
    let without_events = self::spans(vec![spans_of(vec![trace_wire::Span::default()])]);
    let mut bytes = Vec::new();
    let mut writer = TableWriter::new(Format::Parquet, &mut bytes);
    for page in [&spans, &without_events, &spans] {
        writer.write(page).expect("a page");
    }
    assert_eq!(writer.rows(), 3);
    writer.finish().expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).expect("a Parquet file");
    let batch = reader.build().expect("a reader").next().expect("a batch").expect("rows");
    let events = batch.column_by_name("events").expect("a column").as_list::<i32>();
    assert_eq!((batch.num_rows(), events.value_length(0), events.is_null(1)), (3, 1, true));
    assert_eq!(batch.column_by_name("name").expect("a column").as_string::<i32>().value(2), "task/CloudReport");
}

#[test]
fn a_deeply_nested_attribute_is_printed_and_written() {
    let mut deep = resource_logs();
    let record = &mut deep.scope_logs[0].log_records[0];
    record.body = Some(nested(5000));
    record.attributes.push(crate::protocol::wire::opentelemetry::proto::common::v1::KeyValue {
        key: "deep".to_owned(),
        value: Some(nested(5000)),
    });
    let logs = logs(vec![deep]);
    assert!(logs.to_string().contains("[[[[["));
    logs.write(Format::GeoJson, std::io::sink()).expect("a file");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_log_records_become_rows_and_columns(resources in proptest::collection::vec(any_logs(), 0..4)) {
        let scopes = resources.iter().flat_map(|resource| &resource.scope_logs);
        let expected: usize = scopes.map(|scope| scope.log_records.len()).sum();
        let logs = logs(resources);
        prop_assert_eq!((logs.len(), logs.batch().num_rows()), (expected, expected));
        let bodies = logs.column("body").expect("a column");
        for (at, row) in logs.iter().enumerate() {
            prop_assert_eq!(bodies.is_null(at), row.body().is_null());
            let times = logs.column("time").expect("a column");
            prop_assert_eq!(times.is_null(at), row.time().is_none());
        }
        assert_well_formed(&logs.to_html());
        prop_assert!(logs.to_string().contains("log record"));
        logs.write(Format::GeoJson, std::io::sink()).expect("a file");
    }

    #[test]
    fn any_spans_become_rows_and_columns(resources in proptest::collection::vec(any_spans(), 0..4)) {
        let scopes = resources.iter().flat_map(|resource| &resource.scope_spans);
        let expected: usize = scopes.map(|scope| scope.spans.len()).sum();
        let spans = spans(resources);
        prop_assert_eq!((spans.len(), spans.batch().num_rows()), (expected, expected));
        let events = spans.column("events").expect("a column").as_list::<i32>();
        for (at, row) in spans.iter().enumerate() {
            prop_assert_eq!(events.value_length(at) as usize, row.events().len());
        }
        assert_well_formed(&spans.to_html());
        spans.write(Format::GeoJson, std::io::sink()).expect("a file");
    }
}
