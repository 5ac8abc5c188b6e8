//! Messages from their JSON, and what the wire format says without a schema.

use std::path::Path;
use std::sync::LazyLock;

use prost::Message as _;
use prost::encoding::{DecodeContext, decode_key, skip_field};
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use prost_types::{Duration, Timestamp};
use serde_json::Value as Json;
use tilebox_core::protocol::wire::workflows::v1::{
    SubmitJobRequest, TaskIdentifier, TaskSubmissionGroup, TaskSubmissions,
};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/proto");
    let files = ["automation", "job", "storage_location", "task", "telemetry", "workflows"];
    let files = files.map(|file| root.join(format!("workflows/v1/{file}.proto")));
    let descriptors = protox::compile(files, [&root]).expect("the .proto files compile");
    DescriptorPool::from_file_descriptor_set(descriptors).expect("a pool")
});

/// Returns the submission of a job of one task, `Own` in version 0.0.
pub(crate) fn submission() -> SubmitJobRequest {
    let group = TaskSubmissionGroup {
        inputs: vec!["{}".into()],
        identifier_pointers: vec![0],
        cluster_slug_pointers: vec![0],
        display_pointers: vec![0],
        max_retries_values: vec![0],
        ..TaskSubmissionGroup::default()
    };
    let tasks = TaskSubmissions {
        task_groups: vec![group],
        cluster_slug_lookup: vec![String::new()],
        identifier_lookup: vec![TaskIdentifier { name: "Own".to_owned(), version: "v0.0".to_owned() }],
        display_lookup: vec!["Own".to_owned()],
    };
    SubmitJobRequest {
        tasks: Some(tasks),
        job_name: "own".to_owned(),
        trace_parent: "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01".to_owned(),
        ..SubmitJobRequest::default()
    }
}

/// Encodes the request of a method, `service/Method`.
pub(crate) fn encode_request(path: &str, json: &Json) -> Vec<u8> {
    let (service, method) = path.split_once('/').expect("a method");
    let service = POOL.get_service_by_name(service).expect("a service");
    let method = service.methods().find(|known| known.name() == method).expect("a method");
    message(&method.input(), json).encode_to_vec()
}

fn message(descriptor: &MessageDescriptor, json: &Json) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    match (descriptor.full_name(), json.as_str()) {
        ("google.protobuf.Timestamp", Some(text)) => {
            let time: Timestamp = text.parse().expect("a time");
            message.transcode_from(&time).expect("a timestamp");
            return message;
        }
        ("google.protobuf.Duration", Some(text)) => {
            let duration: Duration = text.parse().expect("a duration");
            message.transcode_from(&duration).expect("a duration");
            return message;
        }
        _ => {}
    }
    for (name, json) in json.as_object().expect("an object") {
        let field = descriptor.get_field_by_json_name(name).unwrap_or_else(|| panic!("an unknown field {name}"));
        let value = match json {
            Json::Array(values) => Value::List(values.iter().map(|json| value(&field, json)).collect()),
            json => value(&field, json),
        };
        message.set_field(&field, value);
    }
    message
}

fn value(field: &FieldDescriptor, json: &Json) -> Value {
    // Numbers of 64 bits are texts.
    let number = || json.as_str().map_or_else(|| json.as_i64(), |text| text.parse().ok()).expect("a number");
    let text = || json.as_str().expect("a text");
    match field.kind() {
        Kind::Message(descriptor) => Value::Message(message(&descriptor, json)),
        Kind::String => Value::String(text().to_owned()),
        Kind::Bytes => Value::Bytes(base64(text()).into()),
        Kind::Bool => Value::Bool(json.as_bool().expect("a bool")),
        Kind::Int64 => Value::I64(number()),
        Kind::Uint64 => Value::U64(number().try_into().expect("a positive number")),
        Kind::Int32 => Value::I32(number().try_into().expect("a small number")),
        Kind::Uint32 => Value::U32(number().try_into().expect("a small positive number")),
        Kind::Enum(known) => Value::EnumNumber(known.get_value_by_name(text()).expect("a known value").number()),
        kind => panic!("{kind:?} is in no request"),
    }
}

/// Decodes base64 with padding.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    let sextet = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{letter} is not base64"),
    };
    let mut bytes = Vec::new();
    let (mut bits, mut buffer) = (0, 0_u32);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        buffer = buffer << 6 | u32::from(sextet(letter));
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
        }
    }
    bytes
}

/// Encodes base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = |chunk: &[u8]| {
        let buffer = chunk.iter().fold(0_u32, |buffer, byte| buffer << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letter = |at: usize| char::from(ALPHABET[(buffer >> (18 - 6 * at)) as usize & 63]);
        (0..4).map(|at| if at <= chunk.len() { letter(at) } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(letters).collect()
}

/// Returns the field numbers of a message.
pub(crate) fn field_numbers(mut message: &[u8]) -> Vec<u32> {
    let mut numbers = Vec::new();
    while !message.is_empty() {
        let (number, wire_type) = decode_key(&mut message).expect("a key");
        skip_field(wire_type, number, &mut message, DecodeContext::default()).expect("a field");
        numbers.push(number);
    }
    numbers
}
