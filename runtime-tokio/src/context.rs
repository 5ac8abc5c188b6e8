//! The tokio runtime to work on: the one around the caller, else the one that was there at the beginning.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use tilebox_core::exchange::{TransportError, TransportErrorKind};
use tokio::runtime::Handle;

/// Where to find a tokio runtime.
///
/// tokio panics where its types are used outside of a runtime. Everything of this crate goes through here instead, and so
/// can a backend of your own.
#[derive(Clone, Debug)]
pub struct Context {
    captured: Option<Handle>,
}

impl Context {
    /// Remembers the runtime around the caller, if there is one.
    #[must_use]
    pub fn capture() -> Self {
        Self { captured: Handle::try_current().ok() }
    }

    /// Remembers this runtime.
    #[must_use]
    pub fn on(handle: Handle) -> Self {
        Self { captured: Some(handle) }
    }

    /// The runtime around the caller, else the remembered one.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| self.captured.clone())
    }

    /// Runs the future so that it finds a runtime whoever polls or drops it.
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

/// A future in its runtime; empty only while it is dropped.
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

/// A connection that goes back to its pool starts a task there.
impl<F> Drop for Within<'_, F> {
    fn drop(&mut self) {
        let handle = self.context.handle();
        let _inside = handle.as_ref().map(Handle::enter);
        self.future = None;
    }
}

fn no_runtime() -> TransportError {
    TransportError::new(
        TransportErrorKind::NoExecutor,
        "there is no tokio runtime here: make the client inside of one (#[tokio::main] or Runtime::block_on), \
         or use tilebox-smol, which needs none",
    )
}
