//! The sources of connections: a port, or a unix socket.

use std::future::Future;
use std::io;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::error::StartError;

/// A source of connections.
pub(crate) trait Listener: Send + Sync + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        // Responses are written whole, so delaying small writes would only cost time.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> io::Result<Self::Stream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }
}

/// The path of a listening unix socket. Dropping it removes the file.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
}

impl Socket {
    /// Listens on a unix socket. Must be called inside a tokio runtime.
    #[cfg(unix)]
    pub(crate) fn bind(path: PathBuf) -> Result<(Self, impl Listener), StartError> {
        let failed = |source| StartError::Socket { path: path.clone(), source };
        // A stale socket refuses connections, and its file would make `bind` fail.
        let is_stale = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if std::os::unix::net::UnixStream::connect(&path).is_err_and(is_stale) {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        // Absolute, because a client can have another working directory.
        let absolute = std::path::absolute(&path).map_err(failed)?;
        let listener = tokio::net::UnixListener::bind(&absolute).map_err(failed)?;
        Ok((Self { path: absolute }, listener))
    }

    /// Returns an error: this platform has no unix sockets.
    #[cfg(not(unix))]
    pub(crate) fn bind(path: PathBuf) -> Result<(Self, TcpListener), StartError> {
        Err(StartError::Socket { path, source: io::ErrorKind::Unsupported.into() })
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.path.display())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Fails if the file is already removed.
        let _ = std::fs::remove_file(&self.path);
    }
}
