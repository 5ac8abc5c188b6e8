//! The connections of a worker.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use futures::future::{Either, select};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tilebox_core::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower_service::Service as _;

use super::address::{Address, PURPOSE, Runtime};
use super::dispatch::protocol_layer;
use super::service::Service;

/// The time in which calls end after the shutdown, as in the official worker.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause after a failed accept, which is mostly due to a lack of file descriptors.
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(10);

/// A connection of either kind.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection for S {}

/// Accepts the connections of a worker.
pub(super) struct Listener {
    inner: Inner,
    address: Address,
    /// Removed at the end.
    socket: Option<PathBuf>,
}

enum Inner {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Listener {
    /// Listens at an address. A socket that an earlier worker left is replaced; only this user can connect to it.
    pub(super) async fn bind(address: &Address) -> Result<Self> {
        let failed = |error: io::Error| {
            let advice = "choose another address in TILEBOX_WORKER_ADDRESS";
            let reason = format!("cannot listen at {address}: {error}");
            Error::of_runtime_crate(ErrorKind::FailedPrecondition, PURPOSE, reason, advice)
        };
        match address {
            Address::Tcp(port) => {
                let listener = TcpListener::bind(port).await.map_err(failed)?;
                let address = match listener.local_addr().map_err(failed)? {
                    std::net::SocketAddr::V4(bound) => Address::Tcp(bound),
                    std::net::SocketAddr::V6(_) => address.clone(),
                };
                Ok(Self { inner: Inner::Tcp(listener), address, socket: None })
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let inner = Inner::Unix(bind_socket(path).map_err(failed)?);
                Ok(Self { inner, address: address.clone(), socket: Some(path.clone()) })
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(failed(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Tells the runtime the address: the file `endpoint.json` appears with its whole content.
    pub(super) fn announce(&self, runtime: &Runtime) -> Result<()> {
        let (path, temporary) = (runtime.folder.join("endpoint.json"), runtime.folder.join("endpoint.json.tmp"));
        let content = serde_json::json!({ "version": 1, "address": self.address.to_string() }).to_string();
        fs::write(&temporary, content).and_then(|()| fs::rename(&temporary, &path)).map_err(|error| {
            let reason = format!("cannot write {}: {error}", path.display());
            let advice = "check the folder in TILEBOX_RUNTIME_DIR";
            Error::of_runtime_crate(ErrorKind::Output, PURPOSE, reason, advice)
        })
    }

    /// Returns the address, with the port that was free.
    #[cfg(test)]
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    async fn accept(&self) -> io::Result<Box<dyn Connection>> {
        match &self.inner {
            Inner::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Responses are written whole, so delaying small writes would only cost time.
                let _ = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Inner::Unix(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }

    /// Serves gRPC until the service ends, and then for at most [`CLOSE_TIMEOUT`] for calls in flight.
    pub(super) async fn serve(self, service: Arc<Service>) {
        let protocol = protocol_layer(Arc::clone(&service));
        let mut connections = JoinSet::new();
        let mut ended = Box::pin(service.ended());
        loop {
            let accepted = match select(Box::pin(self.accept()), &mut ended).await {
                Either::Left((accepted, _)) => accepted,
                Either::Right(_) => break,
            };
            let Ok(stream) = accepted else {
                tokio::time::sleep(PAUSE_AFTER_FAILED_ACCEPT).await;
                continue;
            };
            let (protocol, ended) = (protocol.clone(), service.ended());
            connections.spawn(serve_connection(stream, ended, move |request| protocol.clone().call(request)));
            while connections.try_join_next().is_some() {}
        }
        let closed = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
    }
}

/// Serves a connection. After `ended` it takes no new calls.
async fn serve_connection<F, B, E>(
    stream: Box<dyn Connection>,
    ended: impl Future<Output = ()> + Send,
    call: impl Fn(http::Request<hyper::body::Incoming>) -> F,
) where
    F: Future<Output = Result<http::Response<B>, E>> + Send + 'static,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let server = http2::Builder::new(TokioExecutor::new());
    let mut connection = Box::pin(server.serve_connection(TokioIo::new(stream), service_fn(call)));
    if let Either::Right(_) = select(&mut connection, Box::pin(ended)).await {
        connection.as_mut().graceful_shutdown();
        // The caller notices a broken connection itself.
        let _ = connection.await;
    }
}

#[cfg(unix)]
fn bind_socket(path: &Path) -> io::Result<tokio::net::UnixListener> {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

    // Only a socket: another file at this path is not ours.
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let listener = tokio::net::UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            // Fails if the file is already removed.
            let _ = fs::remove_file(socket);
        }
    }
}
