//! A server that speaks HTTP/2 frame by frame (RFC 9113), so that a behaviour decides on each of them.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedSender};
use futures::future::{Either, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// The connection preface of a client (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of the head of a frame (RFC 9113, section 4.1).
const FRAME_HEAD: usize = 9;

/// The longest payload of the server's frames, in bytes.
const LONGEST_FRAME: usize = 16_000;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The setting for the number of streams at once (RFC 9113, section 6.5.2).
const MAX_CONCURRENT_STREAMS: u16 = 3;

/// Error codes of a reset (RFC 9113, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The stream ends without an error.
    NoError = 0,
    /// The server has a fault.
    InternalError = 2,
    /// The server did not process the request.
    RefusedStream = 7,
    /// The server lost interest.
    Cancel = 8,
}

/// A request that has arrived completely.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The stream of the request.
    pub stream: u32,
    /// The number of the request among those of all connections, from 1.
    pub number: usize,
    /// The number of streams of its connection that wait for a response, including this one.
    pub open: usize,
}

/// One connection, to which a behaviour writes frames.
#[derive(Clone, Debug)]
pub struct Frames {
    writes: UnboundedSender<Write>,
    open: Arc<Mutex<BTreeSet<u32>>>,
}

#[derive(Debug)]
enum Write {
    Bytes(Vec<u8>),
    Close,
    Abort,
}

impl Frames {
    /// Sends the head of a response with status 200 and these fields.
    pub fn head(&self, stream: u32, fields: &[(&str, &str)]) {
        // Indexed field 8 of the static table is `:status: 200` (RFC 7541, appendix A).
        let mut block = vec![0x88];
        for (name, value) in fields {
            // A literal without indexing and with a new name (RFC 7541, section 6.2.2).
            block.push(0);
            for text in [name, value] {
                put_length(&mut block, text.len());
                block.extend_from_slice(text.as_bytes());
            }
        }
        let mut parts = block.chunks(LONGEST_FRAME).peekable();
        let mut kind = HEADERS;
        while let Some(part) = parts.next() {
            self.frame(kind, if parts.peek().is_none() { END_HEADERS } else { 0 }, stream, part);
            kind = CONTINUATION;
        }
    }

    /// Sends a part of a body.
    pub fn data(&self, stream: u32, data: &[u8]) {
        self.frame(DATA, 0, stream, data);
    }

    /// Sends the last part of a body, which ends the response.
    pub fn end(&self, stream: u32, data: &[u8]) {
        self.frame(DATA, END_STREAM, stream, data);
        self.close_stream(stream);
    }

    /// Sends a complete response with its length.
    pub fn respond(&self, stream: u32, body: &[u8]) {
        self.head(stream, &[("content-length", &body.len().to_string())]);
        self.end(stream, body);
    }

    /// Resets a stream.
    pub fn reset(&self, stream: u32, code: Code) {
        self.frame(RST_STREAM, 0, stream, &(code as u32).to_be_bytes());
        self.close_stream(stream);
    }

    /// Announces that streams above `last` are not processed.
    pub fn go_away(&self, last: u32) {
        self.frame(GOAWAY, 0, 0, &[last.to_be_bytes(), [0; 4]].concat());
    }

    /// Closes the connection.
    pub fn close(&self) {
        self.write(Write::Close);
    }

    /// Breaks the connection: the client sees a reset of TCP.
    pub fn abort(&self) {
        self.write(Write::Abort);
    }

    fn frame(&self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend_from_slice(&[kind, flags]);
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.write(Write::Bytes(frame));
    }

    fn write(&self, write: Write) {
        // The connection can be closed.
        let _ = self.writes.unbounded_send(write);
    }

    fn close_stream(&self, stream: u32) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&stream);
    }

    /// Opens a stream and returns the number of open streams.
    fn open_stream(&self, stream: u32) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(stream);
        open.len()
    }
}

/// Writes the length of a text without Huffman coding (RFC 7541, section 5.1).
fn put_length(block: &mut Vec<u8>, length: usize) {
    if length < 127 {
        return block.push(length as u8);
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct FrameServer {
    address: String,
    arrivals: Arc<AtomicUsize>,
    runtime: Option<Runtime>,
}

impl FrameServer {
    /// Calls `handle` for each request that has arrived.
    ///
    /// The server announces `stream_limit` as the maximum number of concurrent streams.
    pub fn start(stream_limit: u32, handle: impl Fn(&Frames, Arrival) + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the system gives the server a thread");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (arrivals, handle) = (Arc::new(AtomicUsize::new(0)), Arc::new(handle));
        let counter = Arc::clone(&arrivals);
        runtime.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (counter, handle) = (Arc::clone(&counter), Arc::clone(&handle));
                tokio::spawn(async move {
                    // A client that disconnects ends its connection.
                    let _ = serve(tcp, stream_limit, &counter, &*handle).await;
                });
            }
        });
        Self { address: format!("http://localhost:{port}/"), arrivals, runtime: Some(runtime) }
    }

    /// Returns the address for requests.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the number of requests that have arrived.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.arrivals.load(Ordering::SeqCst)
    }
}

impl Drop for FrameServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::ZERO);
        }
    }
}

enum Event {
    Read(usize),
    Write(Option<Write>),
}

async fn serve(
    mut tcp: TcpStream,
    stream_limit: u32,
    arrivals: &AtomicUsize,
    handle: &(impl Fn(&Frames, Arrival) + Sync),
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let (writes, mut outgoing) = mpsc::unbounded();
    let frames = Frames { writes, open: Arc::default() };
    let settings = [&MAX_CONCURRENT_STREAMS.to_be_bytes()[..], &stream_limit.to_be_bytes()].concat();
    frames.frame(SETTINGS, 0, 0, &settings);
    let mut incoming = BytesMut::new();
    let mut is_greeted = false;
    loop {
        if !is_greeted && incoming.len() >= PREFACE.len() {
            incoming.advance(PREFACE.len());
            is_greeted = true;
        }
        while let Some((kind, flags, stream, payload)) = is_greeted.then(|| next_frame(&mut incoming)).flatten() {
            match kind {
                SETTINGS if flags & ACK == 0 => frames.frame(SETTINGS, ACK, 0, &[]),
                PING if flags & ACK == 0 => frames.frame(PING, ACK, 0, &payload),
                HEADERS | DATA if flags & END_STREAM != 0 => {
                    let number = arrivals.fetch_add(1, Ordering::SeqCst) + 1;
                    handle(&frames, Arrival { stream, number, open: frames.open_stream(stream) });
                }
                RST_STREAM => frames.close_stream(stream),
                _ => {}
            }
        }
        let event = match select(Box::pin(tcp.read_buf(&mut incoming)), outgoing.next()).await {
            Either::Left((read, _)) => Event::Read(read?),
            Either::Right((write, _)) => Event::Write(write),
        };
        match event {
            Event::Read(0) | Event::Write(None) => return Ok(()),
            Event::Read(_) => {}
            Event::Write(Some(Write::Bytes(bytes))) => tcp.write_all(&bytes).await?,
            Event::Write(Some(Write::Close)) => return tcp.shutdown().await,
            Event::Write(Some(Write::Abort)) => return tcp.set_zero_linger(),
        }
    }
}

/// Returns kind, flags, stream and payload of the next complete frame.
fn next_frame(incoming: &mut BytesMut) -> Option<(u8, u8, u32, BytesMut)> {
    let head: [u8; FRAME_HEAD] = *incoming.first_chunk()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    if incoming.len() < FRAME_HEAD + length {
        return None;
    }
    incoming.advance(FRAME_HEAD);
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & (u32::MAX >> 1);
    Some((head[3], head[4], stream, incoming.split_to(length)))
}
