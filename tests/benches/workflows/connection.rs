//! A kept-alive connection over HTTP/1.1 with one request at a time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

pub(crate) struct Connection {
    stream: TcpStream,
    /// The request with its head.
    request: Vec<u8>,
    /// The response with its head.
    response: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a connection without delays");
        Self { stream, request: Vec::new(), response: vec![0; 64 * 1024] }
    }

    /// Sends a request and returns the number of its bytes.
    pub(crate) fn send(&mut self, path: &str, message: &[u8]) -> usize {
        self.request.clear();
        write!(
            self.request,
            "POST /{path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/proto\r\n\
             connect-protocol-version: 1\r\ncontent-length: {}\r\n\r\n",
            message.len()
        )
        .expect("memory can be written");
        self.request.extend_from_slice(message);
        self.stream.write_all(&self.request).expect("a request is sent");
        self.request.len()
    }

    /// Waits for the response. Returns its message and the number of all bytes.
    pub(crate) fn receive(&mut self) -> (&[u8], usize) {
        let mut filled = 0;
        loop {
            if let Some((head, length)) = head(&self.response[..filled])
                && filled >= head + length
            {
                return (&self.response[head..head + length], head + length);
            }
            let read = self.stream.read(&mut self.response[filled..]).expect("a response");
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
    }

    pub(crate) fn call(&mut self, path: &str, message: &[u8]) -> Vec<u8> {
        self.send(path, message);
        self.receive().0.to_vec()
    }
}

/// Returns the length of the head and of the message after it, once the head is there.
fn head(response: &[u8]) -> Option<(usize, usize)> {
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&response[..end]).expect("text");
    assert!(head.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(response));
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    Some((end, length.parse().expect("a number")))
}
