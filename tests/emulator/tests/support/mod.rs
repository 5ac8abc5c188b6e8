//! An HTTP client of a few lines: one request on a connection of its own, so that nothing of the SDK is involved.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on may panic")]
#![allow(dead_code, reason = "each test uses a part of this")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use bytes::Bytes;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message;
use tilebox_emulator::Emulator;

/// An answer: status, headers with names in lower case, decompressed body.
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

/// Calls a method by Connect, with a compressed request as the official Python client sends it.
pub(crate) fn post(emulator: &Emulator, path: &str, request: &impl Message, headers: &str) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&request.encode_to_vec()).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/proto\r\nconnect-protocol-version: 1\r\n\
         content-encoding: gzip\r\naccept-encoding: gzip,identity\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    parse(&reply)
}

fn parse(reply: &[u8]) -> Reply {
    let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&reply[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut reply = Reply { status, headers, body: Bytes::copy_from_slice(&reply[end + 4..]) };
    if reply.header("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        GzDecoder::new(&reply.body[..]).read_to_end(&mut plain).unwrap();
        reply.body = plain.into();
    }
    reply
}

/// Calls a method that succeeds.
pub(crate) fn call<M: Message + Default>(emulator: &Emulator, method: &str, request: &impl Message) -> M {
    let reply = post(emulator, &format!("/datasets.v1.{method}"), request, "");
    assert_eq!(reply.status, 200, "{method}: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/proto"));
    M::decode(reply.body).expect("the response message")
}

/// Calls a method that fails; gives its HTTP status and JSON.
pub(crate) fn fail(emulator: &Emulator, method: &str, request: &impl Message) -> (u16, String) {
    let reply = post(emulator, &format!("/datasets.v1.{method}"), request, "");
    assert_ne!(reply.status, 200, "{method} succeeded");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    (reply.status, reply.text())
}

/// A recorded file. They are not part of the repository, so tests that need them are skipped without.
pub(crate) fn recording(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings/datasets").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}
