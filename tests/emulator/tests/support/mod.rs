//! A minimal HTTP client, independent of the SDK: one request on one connection.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test uses a part of this module")]

#[cfg(all(unix, feature = "command-line"))]
pub(crate) mod process;
pub(crate) mod workflows;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{FieldDescriptorProto, Timestamp};
use tilebox_core::protocol::wire::datasets::v1::{Field, FieldAnnotation, Geometry};
use tilebox_emulator::{Emulator, Service};

/// A response: status, headers with names in lower case, decompressed body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Calls a Connect method with a compressed request, like the official Python client.
pub(crate) fn post(emulator: &Emulator, path: &str, request: &impl Message, headers: &str) -> Reply {
    post_to(&emulator.address().to_string(), path, request, headers).expect("a response")
}

/// Calls a Connect method at an address, where possibly no server listens.
pub(crate) fn post_to(address: &str, path: &str, request: &impl Message, headers: &str) -> std::io::Result<Reply> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&request.encode_to_vec()).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/proto\r\nconnect-protocol-version: 1\r\n\
         content-encoding: gzip\r\naccept-encoding: gzip,identity\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(&[head.as_bytes(), &body].concat())?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    parse(&reply).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// Reads a response. Returns `None` if it is truncated.
fn parse(reply: &[u8]) -> Option<Reply> {
    let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&reply[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut reply = Reply { status, headers, body: Bytes::copy_from_slice(&reply[end + 4..]) };
    let length = reply.header("content-length").and_then(|length| length.parse().ok());
    if length.is_some_and(|length: usize| length != reply.body.len()) {
        return None;
    }
    if reply.header("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        GzDecoder::new(&reply.body[..]).read_to_end(&mut plain).unwrap();
        reply.body = plain.into();
    }
    Some(reply)
}

/// Calls a method, which must succeed.
pub(crate) fn call<M: Message + Default>(emulator: &Emulator, method: &str, request: &impl Message) -> M {
    let reply = post(emulator, &format!("/datasets.v1.{method}"), request, "");
    assert_eq!(reply.status, 200, "{method}: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/proto"));
    M::decode(reply.body).expect("the response message")
}

/// Calls a method, which must fail. Returns the HTTP status and the JSON.
pub(crate) fn fail(emulator: &Emulator, method: &str, request: &impl Message) -> (u16, String) {
    let reply = post(emulator, &format!("/datasets.v1.{method}"), request, "");
    assert_ne!(reply.status, 200, "{method} succeeded");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    (reply.status, reply.text())
}

/// Returns the path of a recording. Recordings are not part of the repository; tests without them are skipped.
pub(crate) fn recording(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings/datasets").join(name);
    if !path.exists() {
        println!("skipped: {} does not exist", path.display());
        return None;
    }
    Some(path)
}

/// Calls a method of a service at 2026-01-01T00:00:00.123456789Z.
pub(crate) fn ask<M: Message + Default>(
    service: &Service,
    method: &str,
    request: &impl Message,
) -> Result<M, tilebox_emulator::Refusal> {
    let now = SystemTime::UNIX_EPOCH + Duration::new(1_767_225_600, 123_456_789);
    let response = service.call(&format!("/datasets.v1.{method}"), request.encode_to_vec().into(), now)?;
    Ok(M::decode(response).expect("the response message"))
}

/// Returns a field of a requested type.
pub(crate) fn field(name: &str, r#type: Type, type_name: &str, repeated: bool, queryable: bool) -> Field {
    Field {
        descriptor: Some(FieldDescriptorProto {
            name: Some(name.to_owned()),
            r#type: Some(r#type.into()),
            label: Some(if repeated { Label::Repeated } else { Label::Optional }.into()),
            type_name: (!type_name.is_empty()).then(|| type_name.to_owned()),
            ..FieldDescriptorProto::default()
        }),
        annotation: Some(FieldAnnotation { queryable, ..FieldAnnotation::default() }),
    }
}

/// Encodes a datapoint from encoded fields and a time in seconds.
pub(crate) fn datapoint(seconds: i64, fields: &[(u32, &[u8])]) -> Bytes {
    let mut message = Vec::new();
    let time = Timestamp { seconds, nanos: 0 }.encode_to_vec();
    for (number, value) in std::iter::once(&(1, &time[..])).chain(fields) {
        prost::encoding::encode_key(*number, prost::encoding::WireType::LengthDelimited, &mut message);
        prost::encoding::encode_varint(value.len() as u64, &mut message);
        message.extend_from_slice(value);
    }
    message.into()
}

/// Encodes a geometry: a polygon with one ring.
pub(crate) fn polygon(ring: &[[f64; 2]]) -> Vec<u8> {
    let mut wkb = vec![1];
    wkb.extend(3_u32.to_le_bytes());
    wkb.extend(1_u32.to_le_bytes());
    wkb.extend(u32::try_from(ring.len()).unwrap().to_le_bytes());
    ring.iter().flatten().for_each(|coordinate| wkb.extend(coordinate.to_le_bytes()));
    Geometry { wkb: wkb.into() }.encode_to_vec()
}
