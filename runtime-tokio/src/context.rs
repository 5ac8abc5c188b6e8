//! The tokio runtime of a client: the one around the caller, or else the one in which the client was built, or else, in a
//! notebook, its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{self, Poll};
use std::time::Duration;

use tilebox_core::runtime::{TransportError, TransportErrorKind};
use tokio::runtime::{Builder, Handle, Runtime};

/// A handle that finds a tokio runtime.
///
/// The types of tokio panic outside of a runtime. This crate enters a runtime through this type instead, and your own backend
/// can do the same.
#[derive(Clone, Debug)]
pub struct Context {
    captured: Option<Handle>,
    /// Whether the captured runtime is used even inside of another one.
    is_anchored: bool,
}

impl Context {
    /// Captures the runtime around the caller, if there is one.
    ///
    /// A cell of a notebook (evcxr) has a runtime only if it awaits something, and a later cell has another tokio: evcxr links
    /// each cell with its own copy of all crates. In a notebook this starts a runtime if it finds none.
    #[must_use]
    pub fn capture() -> Self {
        // evcxr sets the variable for the process that runs cells.
        Self::capture_with(std::env::var_os("EVCXR_IS_RUNTIME").is_some())
    }

    fn capture_with(is_notebook: bool) -> Self {
        let around = Handle::try_current().ok();
        Self { captured: around.or_else(|| is_notebook.then(of_notebook)?), is_anchored: false }
    }

    /// Returns a context with this runtime.
    #[must_use]
    pub fn on(handle: Handle) -> Self {
        Self { captured: Some(handle), is_anchored: false }
    }

    /// Returns a context with this runtime, also for callers inside of another one.
    pub(crate) fn only(handle: Handle) -> Self {
        Self { captured: Some(handle), is_anchored: true }
    }

    /// Returns the runtime around the caller, or else the captured one.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        if self.is_anchored {
            return self.captured.clone();
        }
        Handle::try_current().ok().or_else(|| self.captured.clone())
    }

    /// Checks that there is a runtime with the drivers that this crate needs.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] with the name of the missing part.
    pub fn check(&self) -> Result<(), TransportError> {
        let handle = self.handle().ok_or_else(no_runtime)?;
        let missing = missing_driver(&handle);
        missing.map_or(Ok(()), |what| Err(no_driver(what)))
    }

    /// Enters a runtime whenever the future is polled or dropped, on any executor.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] when there is no runtime, and those of the future.
    pub fn within<T, F>(&self, future: F) -> impl Future<Output = Result<T, TransportError>>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        Within { context: self, future: Some(Box::pin(future)) }
    }
}

/// A future in its runtime; `None` only during its drop.
struct Within<'a, F> {
    context: &'a Context,
    future: Option<Pin<Box<F>>>,
}

impl<T, F> Future for Within<'_, F>
where
    F: Future<Output = Result<T, TransportError>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        let Some(handle) = self.context.handle() else {
            return Poll::Ready(Err(no_runtime()));
        };
        let _inside = handle.enter();
        match &mut self.future {
            Some(future) => future.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

/// A connection that returns to its pool spawns a task.
impl<F> Drop for Within<'_, F> {
    fn drop(&mut self) {
        let handle = self.context.handle();
        let _inside = handle.as_ref().map(Handle::enter);
        self.future = None;
    }
}

/// Returns a runtime that runs until the process ends.
fn of_notebook() -> Option<Handle> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || Builder::new_multi_thread().worker_threads(1).enable_all().build().ok();
    RUNTIME.get_or_init(start).as_ref().map(|runtime| runtime.handle().clone())
}

fn no_runtime() -> TransportError {
    TransportError::new(
        TransportErrorKind::NoExecutor,
        "there is no tokio runtime here: build the client inside of one (#[tokio::main] or Runtime::block_on), \
         or use tilebox-smol, which needs none",
    )
    .with_advice("build it inside the runtime, or use `blocking`")
}

fn no_driver(what: &str) -> TransportError {
    let reason = format!("the tokio runtime was built without {what}");
    TransportError::new(TransportErrorKind::NoExecutor, reason)
        .with_advice("call `enable_all` on the `tokio::runtime::Builder`")
}

/// Returns the driver that a runtime was built without: "timers" or "sockets".
///
/// tokio has no query for it and panics when a missing driver is used. This catches the panic, but the panic hook of the
/// program prints its message once.
fn missing_driver(handle: &Handle) -> Option<&'static str> {
    let _inside = handle.enter();
    let has = |driver: fn()| std::panic::catch_unwind(driver).is_ok();
    if !has(|| drop(tokio::time::sleep(Duration::ZERO))) {
        return Some("timers");
    }
    #[cfg(any(feature = "hyper", feature = "reqwest"))]
    if !has(use_a_socket) {
        return Some("sockets");
    }
    None
}

/// Panics when the runtime has no driver for sockets.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
fn use_a_socket() {
    let bound = std::net::UdpSocket::bind("127.0.0.1:0");
    if let Ok(socket) = bound
        && socket.set_nonblocking(true).is_ok()
    {
        // A sandbox may reject it, whatever the runtime has.
        let _ = tokio::net::UdpSocket::from_std(socket);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_cell_without_await_has_a_runtime() {
        assert!(Context::capture_with(false).handle().is_none());
        let context = Context::capture_with(true);
        let handle = context.handle().expect("a runtime");
        let output = handle.block_on(async { handle.spawn(async { 7 }).await });
        assert_eq!(output.expect("a task that ends"), 7);
        let around = Builder::new_current_thread().build().expect("a runtime");
        let _inside = around.enter();
        assert_eq!(Context::capture_with(true).handle().expect("a runtime").id(), around.handle().id());
    }
}
