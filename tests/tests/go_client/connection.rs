//! A connection as the Go client holds it: HTTP/1.1, kept alive, uncompressed requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use tilebox_emulator::Emulator;
use tilebox_tests::recordings::gunzip;

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    key: &'static str,
}

/// A response, decompressed.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) compressed: bool,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(server: &Emulator, key: &'static str) -> Self {
        let stream = TcpStream::connect(server.address()).expect("a connection");
        Self { stream: BufReader::new(stream), key }
    }

    /// Calls a Connect method, with a timeout in milliseconds if the caller of the client has a deadline.
    pub(crate) fn call(&mut self, path: &str, message: &[u8], timeout: Option<u64>) -> Reply {
        let timeout = timeout.map_or(String::new(), |timeout| format!("Connect-Timeout-Ms: {timeout}\r\n"));
        let headers = format!(
            "User-Agent: connect-go/1.19.2 (go1.26.8)\r\nConnect-Protocol-Version: 1\r\n{timeout}\
             Content-Type: application/proto\r\n"
        );
        self.post(path, &headers, message)
    }

    /// Exports telemetry: `v1/logs` or `v1/traces`.
    pub(crate) fn export(&mut self, path: &str, message: &[u8]) -> Reply {
        let headers = "User-Agent: OTel OTLP Exporter Go/1.43.0\r\nContent-Type: application/x-protobuf\r\n";
        self.post(path, headers, message)
    }

    fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> Reply {
        let head = format!(
            "POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {}\r\nAccept-Encoding: gzip\r\n\
             Authorization: Bearer {}\r\n\r\n",
            body.len(),
            self.key
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat()).expect("the request is written");
        self.read()
    }

    fn read(&mut self) -> Reply {
        let status = self.line();
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let (mut length, mut compressed) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse().expect("a length"),
                "content-encoding" => compressed = value == "gzip",
                "transfer-encoding" => panic!("a unary response has a length"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the body");
        Reply { status, compressed, body: if compressed { gunzip(&body) } else { body } }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }
}

impl Reply {
    /// Returns the code of an error.
    pub(crate) fn error(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).expect("the JSON of an error");
        json["code"].as_str().expect("a code").to_owned()
    }
}
