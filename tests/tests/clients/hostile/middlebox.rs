//! A proxy before the server that corrupts selected responses.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A timeout longer than any test, so that no connection waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request and the right response to it.
pub(super) struct Passage {
    /// The head of the request.
    pub(super) head: String,
    /// The message of the response, not compressed.
    pub(super) message: Vec<u8>,
}

/// The replacement of the right response.
pub(super) enum Corruption {
    /// These bytes on a connection that stays open.
    Kept(Vec<u8>),
    /// These bytes before the end of the connection.
    Closed(Vec<u8>),
    /// These bytes repeatedly, while the client reads them.
    Endless(&'static [u8]),
}

/// The corrupted responses and their replacement.
struct Plan {
    server: SocketAddr,
    method: &'static str,
    spared: usize,
    times: usize,
    corrupt: Box<dyn Fn(&Passage) -> Corruption + Send + Sync>,
    asked: AtomicUsize,
    corrupted: AtomicUsize,
    is_over: AtomicBool,
}

/// A proxy over HTTP/1.1 that runs until it is dropped.
pub(super) struct Middlebox {
    address: SocketAddr,
    plan: Arc<Plan>,
}

impl Middlebox {
    /// Starts a proxy that forwards everything to the server, and corrupts `times` responses of the method after the first
    /// `spared` ones.
    pub(super) fn new(
        server: SocketAddr,
        method: &'static str,
        spared: usize,
        times: usize,
        corrupt: impl Fn(&Passage) -> Corruption + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let plan = Arc::new(Plan {
            server,
            method,
            spared,
            times,
            corrupt: Box::new(corrupt),
            asked: AtomicUsize::new(0),
            corrupted: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), plan) = (client, Arc::clone(&shared)) else { continue };
                // A client may close its connection at any time.
                thread::spawn(move || plan.serve(&client).is_ok());
            }
        });
        Self { address, plan }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of corrupted responses.
    pub(super) fn corrupted(&self) -> usize {
        self.plan.corrupted.load(Ordering::SeqCst)
    }
}

impl Drop for Middlebox {
    fn drop(&mut self) {
        self.plan.is_over.store(true, Ordering::SeqCst);
        // The thread waits for a connection and then sees the end.
        drop(TcpStream::connect(self.address));
    }
}

impl Plan {
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        client.set_read_timeout(Some(PATIENCE))?;
        client.set_write_timeout(Some(PATIENCE))?;
        let (mut reader, mut writer) = (BufReader::new(client), client);
        loop {
            let head = read_head(&mut reader)?;
            let mut body = vec![0; length(&head)];
            reader.read_exact(&mut body)?;
            let (right, message) = self.ask(&head, &body)?;
            if !self.is_corrupted(&head) {
                writer.write_all(&[right.as_bytes(), &message].concat())?;
                continue;
            }
            let corrupted = (self.corrupt)(&Passage { head, message });
            self.corrupted.fetch_add(1, Ordering::SeqCst);
            match corrupted {
                Corruption::Kept(bytes) => writer.write_all(&bytes)?,
                Corruption::Closed(bytes) => return writer.write_all(&bytes),
                Corruption::Endless(bytes) => loop {
                    writer.write_all(bytes)?;
                },
            }
        }
    }

    fn is_corrupted(&self, head: &str) -> bool {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let is_method = path.rsplit('/').next() == Some(self.method);
        is_method && (self.spared..self.spared + self.times).contains(&self.asked.fetch_add(1, Ordering::SeqCst))
    }

    /// Returns the head and the message of the right response, uncompressed. Over HTTP/1.0 it ends with its connection.
    fn ask(&self, head: &str, body: &[u8]) -> io::Result<(String, Vec<u8>)> {
        let mut server = TcpStream::connect(self.server)?;
        let is_kept = |line: &&str| !["accept-encoding:", "connection:"].iter().any(|name| starts_with(line, name));
        let lines: Vec<&str> = head.lines().filter(is_kept).collect();
        let asked = lines.join("\r\n").replacen("HTTP/1.1", "HTTP/1.0", 1) + "\r\n\r\n";
        server.write_all(&[asked.as_bytes(), body].concat())?;
        let mut reader = BufReader::new(server);
        let head = read_head(&mut reader)?;
        let mut message = Vec::new();
        reader.read_to_end(&mut message)?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        let content_type = head.lines().find(|line| starts_with(line, "content-type:")).unwrap_or_default();
        let length = message.len();
        Ok((format!("HTTP/1.1 {status} \r\n{content_type}\r\ncontent-length: {length}\r\n\r\n"), message))
    }
}

/// Reads the lines before a body, without the empty one.
fn read_head(reader: &mut impl io::BufRead) -> io::Result<String> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if head[before..].trim().is_empty() {
            head.truncate(before);
            return Ok(head);
        }
    }
}

fn length(head: &str) -> usize {
    let line = head.lines().find(|line| starts_with(line, "content-length:"));
    line.and_then(|line| line.split(':').nth(1)?.trim().parse().ok()).unwrap_or(0)
}

fn starts_with(line: &str, name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}
