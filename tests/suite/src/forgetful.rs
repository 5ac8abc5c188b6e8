//! A network between client and server that can drop connections silently, like a router that lost its state or a laptop that
//! slept.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::server::Server;

/// A network that forwards all bytes. After [`Network::forget`] it discards everything on the existing connections without
/// closing them. New connections work.
#[derive(Debug)]
pub struct Network {
    address: SocketAddr,
    shared: Arc<Shared>,
    closed: UnboundedReceiver<()>,
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct Shared {
    connections: AtomicUsize,
    /// Connections with a lower number are forgotten.
    remembered: AtomicUsize,
    closed: UnboundedSender<()>,
}

impl Network {
    /// Starts a network before a server without TLS.
    #[must_use]
    pub fn before(server: &Server) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the system gives the network a thread");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (close, closed) = mpsc::unbounded();
        let (connections, remembered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { connections, remembered, closed: close });
        let (passing, to) = (Arc::clone(&shared), server.at("").replace("http://localhost", "127.0.0.1"));
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = passing.connections.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(&to).await else { continue };
                // An error only makes the test slower: small writes are delayed.
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, number, Arc::clone(&passing), true));
                tokio::spawn(pass(from_server, to_client, number, Arc::clone(&passing), false));
            }
        });
        Self { address, shared, closed, runtime: Some(runtime) }
    }

    /// Returns the address of a path of the server.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the number of connections so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Forgets the existing connections.
    pub fn forget(&self) {
        self.shared.remembered.store(self.connections(), Ordering::SeqCst);
    }

    /// Waits until the client has closed a forgotten connection.
    pub async fn closed(&mut self) {
        self.closed.next().await.expect("the network runs");
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::ZERO);
        }
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    number: usize,
    shared: Arc<Shared>,
    is_from_client: bool,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let is_forgotten = number < shared.remembered.load(Ordering::SeqCst);
        if is_forgotten && read == 0 {
            if is_from_client {
                // The test can have ended.
                let _ = shared.closed.unbounded_send(());
            }
            // Both ends stay open.
            pending::<()>().await;
        }
        if !is_forgotten && (read == 0 || to.write_all(&buffer[..read]).await.is_err()) {
            // The peer can have closed it already.
            let _ = to.shutdown().await;
            return;
        }
    }
}
