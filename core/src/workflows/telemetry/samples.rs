//! Sample records for tests.

use proptest::prelude::*;
use prost::Message as _;

use crate::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use crate::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use crate::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use crate::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use crate::protocol::wire::opentelemetry::proto::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};

/// A log record that the package `opentelemetry-proto` 1.x of Python encoded.
const LOG: &str = "0a350a200a0c736572766963652e6e616d6512100a0e74696c65626f782d707974686f6e0a110a0b70726f636573732e7069641202182a12\
    c5010a1b0a1974696c65626f782e636f6d2f6f62736572766162696c69747912a50109150d0e9054237c18100d1a045741524e2a0c0a0a66657720\
    636c6f75647332310a077461736b5f696412260a2430313961633564302d303030302d373030302d383030302d3030303030303030303030313\
    20b0a056d6f6e746812021807321a0a0572616e676512112a0f0a0921000000000000e03f0a02100145010000004a100102030405060708090a\
    0b0c0d0e0f10520801020304050607085900029e9454237c18";

/// A span that the package `opentelemetry-proto` 1.x of Python encoded.
const SPAN: &str = "0a350a200a0c736572766963652e6e616d6512100a0e74696c65626f782d707974686f6e0a110a0b70726f636573732e7069641202182a1\
    2fa010a1b0a1974696c65626f782e636f6d2f6f62736572766162696c69747912da010a100102030405060708090a0b0c0d0e0f101208010203\
    0405060708220809090909090909092a107461736b2f436c6f75645265706f72743001390040b28854237c1841006f1ae254237c184a310a0774\
    61736b5f696412260a2430313961633564302d303030302d373030302d383030302d3030303030303030303030315a2c09150d0e9054237c18\
    120b6c6f672e6d6573736167651a140a04626f6479120c0a0a66657720636c6f7564736a1c0a100707070707070707070707070707070712080\
    8080808080808087a0d12096e6f207363656e65731802";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

pub(super) fn resource_logs() -> ResourceLogs {
    ResourceLogs::decode(&*bytes(LOG)).expect("a log record")
}

pub(super) fn resource_spans() -> ResourceSpans {
    ResourceSpans::decode(&*bytes(SPAN)).expect("a span")
}

pub(super) fn any_value(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

pub(super) fn entry(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any_value(value)) }
}

/// Returns a value within this number of lists.
pub(super) fn nested(depth: usize) -> AnyValue {
    (0..depth).fold(any_value(Value::IntValue(1)), |inner, _| {
        any_value(Value::ArrayValue(ArrayValue { values: vec![inner] }))
    })
}

pub(super) fn logs_of(records: Vec<LogRecord>) -> ResourceLogs {
    ResourceLogs { scope_logs: vec![ScopeLogs { log_records: records, ..Default::default() }], ..Default::default() }
}

pub(super) fn spans_of(spans: Vec<Span>) -> ResourceSpans {
    ResourceSpans { scope_spans: vec![ScopeSpans { spans, ..Default::default() }], ..Default::default() }
}

fn values() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(AnyValue { value: None }),
        any::<String>().prop_map(|text| any_value(Value::StringValue(text))),
        any::<bool>().prop_map(|value| any_value(Value::BoolValue(value))),
        any::<i64>().prop_map(|value| any_value(Value::IntValue(value))),
        any::<f64>().prop_map(|value| any_value(Value::DoubleValue(value))),
        any::<Vec<u8>>().prop_map(|value| any_value(Value::BytesValue(value.into()))),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|values| any_value(Value::ArrayValue(ArrayValue { values }))),
            proptest::collection::vec(("[ab]", proptest::option::of(inner)), 0..4).prop_map(|values| {
                let values = values.into_iter().map(|(key, value)| KeyValue { key, value }).collect();
                any_value(Value::KvlistValue(KeyValueList { values }))
            }),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let name = prop_oneof![Just("task_id".to_owned()), Just("trace_id".to_owned()), ".*"];
    let entry = (name, proptest::option::of(values())).prop_map(|(key, value)| KeyValue { key, value });
    proptest::collection::vec(entry, 0..4)
}

fn times() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), 1_700_000_000_000_000_000_u64..1_800_000_000_000_000_000]
}

fn resource() -> impl Strategy<Value = Option<Resource>> {
    proptest::option::of(attributes().prop_map(|attributes| Resource { attributes, ..Default::default() }))
}

pub(super) fn any_logs() -> impl Strategy<Value = ResourceLogs> {
    let ids = (any::<Vec<u8>>(), any::<Vec<u8>>());
    let record = (times(), times(), any::<i32>(), ".*", proptest::option::of(values()), attributes(), ids);
    let record = record.prop_map(|(time, observed, number, text, body, attributes, (trace, span))| LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: observed,
        severity_number: number,
        severity_text: text,
        body,
        attributes,
        trace_id: trace.into(),
        span_id: span.into(),
        ..Default::default()
    });
    let scopes = proptest::collection::vec(proptest::collection::vec(record, 0..3), 0..3);
    (resource(), scopes).prop_map(|(resource, scopes)| ResourceLogs {
        resource,
        scope_logs: scopes.into_iter().map(|log_records| ScopeLogs { log_records, ..Default::default() }).collect(),
        ..Default::default()
    })
}

pub(super) fn any_spans() -> impl Strategy<Value = ResourceSpans> {
    let event = (times(), ".*", attributes()).prop_map(|(time_unix_nano, name, attributes)| span::Event {
        time_unix_nano,
        name,
        attributes,
        ..Default::default()
    });
    let status = proptest::option::of((any::<i32>(), ".*").prop_map(|(code, message)| Status { code, message }));
    let events = proptest::collection::vec(event, 0..3);
    let record = (times(), times(), any::<i32>(), ".*", attributes(), events, status, any::<Vec<u8>>());
    let record = record.prop_map(|(start, end, kind, name, attributes, events, status, id)| Span {
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        kind,
        name,
        attributes,
        events,
        status,
        trace_id: id.clone().into(),
        span_id: id.clone().into(),
        parent_span_id: id.into(),
        ..Default::default()
    });
    let scopes = proptest::collection::vec(proptest::collection::vec(record, 0..3), 0..3);
    (resource(), scopes).prop_map(|(resource, scopes)| ResourceSpans {
        resource,
        scope_spans: scopes.into_iter().map(|spans| ScopeSpans { spans, ..Default::default() }).collect(),
        ..Default::default()
    })
}
