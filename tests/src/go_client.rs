//! A connection as the Go client holds it: HTTP/1.1, kept alive, uncompressed requests.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::recordings::gunzip;

/// A connection to a server. Its functions panic when the server closes it or violates HTTP.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    key: String,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Whether the body was compressed.
    pub compressed: bool,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects to a server, with the API key of every request.
    ///
    /// # Panics
    ///
    /// Panics when the server is unreachable.
    #[must_use]
    pub fn open(server: SocketAddr, key: &str) -> Self {
        let stream = TcpStream::connect(server).expect("a connection");
        Self { stream: BufReader::new(stream), key: key.to_owned() }
    }

    /// Calls a Connect method, with a timeout in milliseconds if the caller of the client has a deadline.
    pub fn call(&mut self, path: &str, message: &[u8], timeout: Option<u64>) -> Reply {
        let timeout = timeout.map_or(String::new(), |timeout| format!("Connect-Timeout-Ms: {timeout}\r\n"));
        let headers = format!(
            "User-Agent: connect-go/1.19.2 (go1.26.8)\r\nConnect-Protocol-Version: 1\r\n{timeout}\
             Content-Type: application/proto\r\n"
        );
        self.post(path, &headers, message)
    }

    /// Exports telemetry: `v1/logs` or `v1/traces`.
    pub fn export(&mut self, path: &str, message: &[u8]) -> Reply {
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
    ///
    /// # Panics
    ///
    /// Panics when the body is not an error.
    #[must_use]
    pub fn error(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).expect("the JSON of an error");
        json["code"].as_str().expect("a code").to_owned()
    }
}
