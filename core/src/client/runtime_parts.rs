//! The parts of a client that a runtime crate supplies.

use std::fmt;
use std::io;
use std::sync::Arc;

use futures::stream::BoxStream;

use super::Strategy;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::{Runtime, Transport, TransportError};

/// A function that creates the default transport of a runtime, or returns `None` when no backend is enabled.
pub type DefaultTransport = Box<dyn Fn() -> Result<Option<Arc<dyn Transport>>, TransportError> + Send + Sync>;

/// A function that returns the signals by which a process is asked to stop, from the call until the stream is dropped.
pub type SignalStream = fn() -> io::Result<BoxStream<'static, ()>>;

/// The parts of a client that a runtime crate supplies: the executor, and the HTTP client used by default.
///
/// An application does not need this type: the `client_builder` function of a runtime crate fills it in.
pub struct RuntimeParts {
    pub(super) name: &'static str,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) transport: DefaultTransport,
    pub(super) strategy: Strategy,
    pub(super) blocking: Option<fn() -> RuntimeParts>,
    pub(super) signals: Option<SignalStream>,
}

impl RuntimeParts {
    /// Returns the parts of a runtime without a default transport, with [`Strategy::Joined`]. The `Tilebox-Client` header
    /// contains the name.
    #[must_use]
    pub fn new(name: &'static str, runtime: Arc<dyn Runtime>) -> Self {
        Self {
            name,
            runtime,
            transport: Box::new(|| Ok(None)),
            strategy: Strategy::Joined,
            blocking: None,
            signals: None,
        }
    }

    /// Sets the function that creates the default transport. A builder calls it unless it was given a transport.
    #[must_use]
    pub fn with_transport(self, transport: DefaultTransport) -> Self {
        Self { transport, ..self }
    }

    /// Sets the default strategy.
    #[must_use]
    pub fn with_strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// Sets the function that returns the parts of a client whose futures run on a thread of its own. Each call returns another
    /// thread: that of a blocking client ([`Client::blocking`](super::Client::blocking)), or that of a workflow runner
    /// ([`Client::runner`](super::Client::runner)).
    #[must_use]
    pub fn with_blocking(self, parts: fn() -> Self) -> Self {
        Self { blocking: Some(parts), ..self }
    }

    /// Sets the function that returns the signals by which a process is asked to stop, for
    /// [`Runner::run_forever`](super::workflows::Runner::run_forever). It is called where futures of this runtime run.
    #[must_use]
    pub fn with_signals(self, signals: SignalStream) -> Self {
        Self { signals: Some(signals), ..self }
    }

    /// Creates the default transport.
    pub(super) fn create_transport(&self) -> Result<Arc<dyn Transport>> {
        const PURPOSE: &str = "create an HTTP client";
        match (self.transport)() {
            Ok(Some(transport)) => Ok(transport),
            Ok(None) => {
                let reason = format!("no HTTP backend of the `{}` runtime is enabled", self.name);
                let advice = "enable a backend feature of the runtime crate, or set a `transport`";
                Err(Error::invalid(PURPOSE, reason, advice))
            }
            Err(error) => {
                let reason = error.to_string();
                Err(Error::new(ErrorKind::Network, PURPOSE, reason, "set your own `transport`").with_source(error))
            }
        }
    }
}

impl fmt::Debug for RuntimeParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeParts").field("name", &self.name).finish_non_exhaustive()
    }
}
