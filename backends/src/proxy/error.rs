//! The error of a proxy.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

/// The error of a connection through a proxy.
#[derive(Clone, Debug)]
pub struct ProxyError {
    kind: TransportErrorKind,
    reason: String,
    advice: String,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl ProxyError {
    pub(super) fn new(kind: TransportErrorKind, reason: String, advice: String) -> Self {
        Self { kind, reason, advice, cause: None }
    }

    pub(super) fn with_cause(self, cause: Box<dyn StdError + Send + Sync>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// Returns the error of a proxy among the causes of an error.
    pub(crate) fn find_in<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(proxy) = error.downcast_ref() {
                return Some(proxy);
            }
            cause = error.source();
        }
        None
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl StdError for ProxyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<ProxyError> for TransportError {
    fn from(error: ProxyError) -> Self {
        Self::new(error.kind, error.clone()).with_advice(error.advice)
    }
}
