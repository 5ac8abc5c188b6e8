//! The connector of hyper's pooled client for unix sockets.

use std::io;
use std::task::{Context, Poll};

use futures::future::{BoxFuture, FutureExt as _};
use http::Uri;
use hyper_util::rt::TokioIo;
use tilebox_core::protocol::endpoint::UnixSocket;
use tokio::net::UnixStream;
use tower_service::Service;

/// Connects to the unix socket of the URL of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sockets;

impl Service<Uri> for Sockets {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        async move {
            let socket = UnixSocket::of(&uri).ok_or(io::ErrorKind::AddrNotAvailable)?;
            UnixStream::connect(socket.path()).await.map(TokioIo::new)
        }
        .boxed()
    }
}
