//! Where connections come from: a port, or a unix socket.

use std::future::Future;
use std::io;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::error::StartError;

/// Gives connections.
pub(crate) trait Listener: Send + Sync + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        // Answers are written whole: nothing is gained by waiting for more.
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

/// A unix socket that is listened on. Removes its file at the end.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
}

impl Socket {
    /// Listens there. Has to be called inside of a tokio runtime.
    #[cfg(unix)]
    pub(crate) fn bind(path: PathBuf) -> Result<(Self, impl Listener), StartError> {
        let failed = |source| StartError::Socket { path: path.clone(), source };
        // A socket that nobody listens on refuses connections and keeps its name from being used again.
        let left_behind = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if std::os::unix::net::UnixStream::connect(&path).is_err_and(left_behind) {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        // Resolved now, so that a client may have another folder to start from.
        let absolute = std::path::absolute(&path).map_err(failed)?;
        let listener = tokio::net::UnixListener::bind(&absolute).map_err(failed)?;
        Ok((Self { path: absolute }, listener))
    }

    /// Says that it cannot.
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
        // Whoever removed it first had a reason.
        let _ = std::fs::remove_file(&self.path);
    }
}
