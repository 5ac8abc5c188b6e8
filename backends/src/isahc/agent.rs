//! A client of isahc and its thread, which logs no requests. Dropping it does not wait.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::{io, process, thread};

use ::isahc::config::Configurable;
use ::isahc::{AsyncBody, HttpClient};
use futures::io::AsyncRead;
use http::Request;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};
use tracing::Dispatch;
use tracing::dispatcher;

/// The target of isahc's events about libcurl, which contain each sent header.
const TARGET: &str = "isahc::handler";

/// A client and its thread.
#[derive(Clone, Debug)]
pub(super) struct Agent(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Taken when the value is dropped.
    client: Option<HttpClient>,
    /// The process of the thread.
    process: u32,
    /// Whether the thread records no events.
    is_silenced: AtomicBool,
}

impl Agent {
    pub(super) fn new(client: HttpClient) -> Self {
        Self(Arc::new(Shared { client: Some(client), process: process::id(), is_silenced: AtomicBool::new(false) }))
    }

    /// Returns the client, once its thread is silenced.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] in a forked process, which does not have the thread.
    pub(super) async fn client(&self) -> Result<&HttpClient, TransportError> {
        let client = self.0.client.as_ref().filter(|_| self.0.process == process::id()).ok_or_else(forked)?;
        if !self.0.is_silenced.load(Ordering::Acquire) && has_listener() {
            silence(client).await;
            self.0.is_silenced.store(true, Ordering::Release);
        }
        Ok(client)
    }
}

/// Silences the thread of a client with a request that libcurl cannot send. The thread drops the body of the request, which
/// sets a subscriber that records nothing, before it handles later requests.
async fn silence(client: &HttpClient) {
    if !dispatcher::has_been_set() {
        log::warn!(
            "events of `tracing` are no longer written to `log`, because libcurl would write the API key there; install \
             a subscriber of `tracing`, or limit the target `isahc` of the logger to info"
        );
    }
    let request = Request::post("tilebox-silence://localhost/").proxy(None).body(AsyncBody::from_reader(Silencer));
    if let Ok(request) = request {
        // Always fails.
        let _ = client.send_async(request).await;
    }
}

/// Returns whether events can be recorded: by a subscriber, or by a logger through the feature `log` of `tracing`.
fn has_listener() -> bool {
    dispatcher::has_been_set() || log::log_enabled!(target: TARGET, log::Level::Debug)
}

/// Drops the client on another thread, because dropping it waits for its thread, and an executor must not wait.
impl Drop for Shared {
    fn drop(&mut self) {
        let client = self.client.take();
        if self.process == process::id() {
            // If the thread cannot be spawned, the closure and the client are dropped here.
            let _ = thread::Builder::new().name("tilebox-close".to_owned()).spawn(move || drop(client));
        } else {
            // Dropping it would wait forever, because its thread is in the parent process.
            std::mem::forget(client);
        }
    }
}

fn forked() -> TransportError {
    let reason = "this process was forked, and the thread of its HTTP client is in the parent";
    TransportError::new(TransportErrorKind::NoExecutor, reason).with_advice("make a new client in the forked process")
}

/// A body that silences the thread of isahc when it is dropped there.
struct Silencer;

impl AsyncRead for Silencer {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }
}

impl Drop for Silencer {
    fn drop(&mut self) {
        if thread::current().name().is_some_and(|name| name.starts_with("isahc-agent")) {
            // The guard must live as long as the thread.
            std::mem::forget(dispatcher::set_default(&Dispatch::none()));
        }
    }
}
