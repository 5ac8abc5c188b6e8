//! Bytes that a server sends on an idle connection belong to no request.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::lock::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::backend::{Backend, generous, post, within};
use super::server::read_request;

/// A complete response without a request.
const STRAY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstray";

/// The times for which the connection is idle. libcurl trusts a connection for a second after its last use.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(300), Duration::from_millis(800)];

/// A server that echoes bodies, and sends [`STRAY`] over the same connection on request.
struct Server {
    address: String,
    tell: UnboundedSender<()>,
    sent: UnboundedReceiver<()>,
    runtime: Option<Runtime>,
}

impl Server {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the system gives the server a thread");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (tell, told) = mpsc::unbounded();
        let (sender, sent) = mpsc::unbounded();
        let told = Arc::new(Mutex::new(told));
        runtime.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (told, sender) = (Arc::clone(&told), sender.clone());
                tokio::spawn(async move {
                    // The client can close its connection at any time.
                    let _ = serve(tcp, &told, &sender).await;
                });
            }
        });
        Self { address: format!("http://127.0.0.1:{port}/"), tell, sent, runtime: Some(runtime) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::ZERO);
        }
    }
}

async fn serve(mut tcp: TcpStream, told: &Mutex<UnboundedReceiver<()>>, sent: &UnboundedSender<()>) -> io::Result<()> {
    loop {
        let body = read_request(&mut tcp).await?;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        tcp.write_all(&[head.as_bytes(), &body].concat()).await?;
        if let Some(mut told) = told.try_lock() {
            if told.next().await.is_none() {
                return Ok(());
            }
            // A client that has closed the connection is safe.
            let _ = tcp.write_all(STRAY).await;
            let _ = sent.unbounded_send(());
        }
    }
}

/// After any pause.
pub fn bytes_on_an_idle_connection_are_ignored<B: Backend>() {
    for pause in PAUSES {
        let mut server = Server::start();
        B::block_on(async {
            let transport = B::transport();
            for body in ["first", "second"] {
                let exchange = transport.send(post(&server.address, body), generous());
                let response = within::<B, _>(exchange).await.expect("the server responds");
                assert_eq!(response.body(), body, "after {pause:?}");
                if body == "first" {
                    server.tell.unbounded_send(()).expect("the server runs");
                    within::<B, _>(server.sent.next()).await;
                    let runtime = B::runtime();
                    runtime.sleep_until(runtime.now() + pause).await;
                }
            }
        });
    }
}
