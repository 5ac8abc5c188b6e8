//! HTTP: accepts connections, authorizes requests, and passes them to the protocol layer.

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

/// The pause after a failed accept, which is mostly due to a lack of file descriptors.
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(10);
/// The send buffer of an HTTP/2 stream, in bytes. Pages have megabytes.
const SEND_BUFFER: usize = 4 << 20;
/// The receive window of an HTTP/2 stream and connection, in bytes. Ingestion sends megabytes.
const RECEIVE_WINDOW: u32 = 16 << 20;

/// Serves HTTP/1.1 and HTTP/2 with prior knowledge until the future is dropped.
pub(crate) async fn serve(listener: impl Listener, gate: Arc<Gate>) {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                tokio::spawn(serve_connection(Box::new(stream), Arc::clone(&gate)));
            }
            Err(_) => tokio::time::sleep(PAUSE_AFTER_FAILED_ACCEPT).await,
        }
    }
}

/// A connection of either kind. As a trait object, it lets the compiler generate HTTP once rather than twice, a tenth of
/// the emulator's compile time.
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
    // The client notices a broken connection itself.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}
