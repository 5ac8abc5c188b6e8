//! One client of isahc with its thread: silent about what it sends, and dropped without waiting.

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

/// The target of the events in which isahc passes on what libcurl says, such as each header that is sent.
const TARGET: &str = "isahc::handler";

/// A client and the thread that it has.
#[derive(Clone, Debug)]
pub(super) struct Agent(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Taken when it is dropped.
    client: Option<HttpClient>,
    /// The process that has the thread.
    process: u32,
    is_quiet: AtomicBool,
}

impl Agent {
    pub(super) fn new(client: HttpClient) -> Self {
        Self(Arc::new(Shared { client: Some(client), process: process::id(), is_quiet: AtomicBool::new(false) }))
    }

    /// The client, once its thread logs nothing.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] in a process that was forked, in which the thread is not.
    pub(super) async fn client(&self) -> Result<&HttpClient, TransportError> {
        let client = self.0.client.as_ref().filter(|_| self.0.process == process::id()).ok_or_else(forked)?;
        if !self.0.is_quiet.load(Ordering::Acquire) && is_heard() {
            quiet(client).await;
            self.0.is_quiet.store(true, Ordering::Release);
        }
        Ok(client)
    }
}

/// Sends a request that libcurl cannot send. The thread of the client drops its body, and thereby gets a subscriber of its
/// own that records nothing, before it sees any later request.
async fn quiet(client: &HttpClient) {
    if !dispatcher::has_been_set() {
        log::warn!(
            "events of `tracing` are no longer written to `log`, because libcurl would write the API key there; install \
             a subscriber of `tracing`, or limit the target `isahc` of the logger to info"
        );
    }
    let request = Request::post("tilebox-quiet://localhost/").proxy(None).body(AsyncBody::from_reader(Silencer));
    if let Ok(request) = request {
        // It fails, as it is meant to.
        let _ = client.send_async(request).await;
    }
}

/// Whether anything may record what libcurl says: a subscriber, or a logger through the feature `log` of `tracing`.
fn is_heard() -> bool {
    dispatcher::has_been_set() || log::log_enabled!(target: TARGET, log::Level::Debug)
}

/// Dropping a client waits for its thread. A caller may be an executor, which must not wait.
impl Drop for Shared {
    fn drop(&mut self) {
        let client = self.client.take();
        if self.process == process::id() {
            // Without a thread to spare the closure is dropped here, and the client with it.
            let _ = thread::Builder::new().name("tilebox-close".to_owned()).spawn(move || drop(client));
        } else {
            // Its thread is not in this process: waiting for it would never end.
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
            // As long as the thread lives.
            std::mem::forget(dispatcher::set_default(&Dispatch::none()));
        }
    }
}
