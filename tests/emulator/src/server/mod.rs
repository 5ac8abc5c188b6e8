//! HTTP: accepts connections, keeps who may not enter out, and hands requests to the protocol layer.

mod body;
mod dispatch;
mod gate;
mod gzip;
mod listener;
mod log;
mod rate;
mod request_body;

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use dispatch::{Compression, protocol_layer};
pub(crate) use gate::Gate;
use listener::Listener;
pub(crate) use listener::Socket;
pub(crate) use log::LogWriter;
pub(crate) use rate::RateLimit;

/// How long to wait after the system refused to hand over a connection, mostly for want of file descriptors.
const PAUSE_AFTER_REFUSED_CONNECTION: Duration = Duration::from_millis(10);
/// How much an HTTP/2 stream may hold to be sent. Pages have megabytes.
const SEND_BUFFER: usize = 4 << 20;
/// How much an HTTP/2 client may send before it has to wait. Ingestion sends megabytes.
const RECEIVE_WINDOW: u32 = 16 << 20;

/// Serves until the future is dropped. HTTP/1.1 and HTTP/2 with prior knowledge at the same place.
pub(crate) async fn serve(listener: impl Listener, gate: Arc<Gate>) {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                tokio::spawn(serve_connection(Box::new(stream), Arc::clone(&gate)));
            }
            Err(_) => tokio::time::sleep(PAUSE_AFTER_REFUSED_CONNECTION).await,
        }
    }
}

/// A connection of either kind. HTTP is compiled once for both, which is a tenth of the time to compile the emulator.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection for S {}

async fn serve_connection(stream: Box<dyn Connection>, gate: Arc<Gate>) {
    let service = service_fn(move |request| {
        let gate = Arc::clone(&gate);
        async move { gate.handle(request).await }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http2()
        .max_send_buf_size(SEND_BUFFER)
        .initial_stream_window_size(RECEIVE_WINDOW)
        .initial_connection_window_size(RECEIVE_WINDOW);
    // A connection that breaks is the client's to notice.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}
