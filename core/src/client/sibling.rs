//! Sessions for the same server on a thread of their own.

use std::sync::Arc;

use async_lock::Semaphore;

use super::{RuntimeParts, Session};
use crate::error::Result;
use crate::protocol::budget::Budget;

impl Session {
    /// Returns a session with the same server, key and limits on another executor. It shares no connections, permits or budget
    /// with this one, except for a transport that the user set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the HTTP client cannot be created.
    pub(super) fn sibling(&self, parts: RuntimeParts) -> Result<Self> {
        let transport = if self.is_own_transport { Arc::clone(&self.transport) } else { parts.create_transport()? };
        Ok(Self {
            transport,
            runtime: parts.runtime,
            strategy: parts.strategy,
            permits: Arc::new(Semaphore::new(self.concurrency)),
            budget: Budget::new(self.concurrency),
            meter: None,
            is_best_effort: false,
            ..self.clone()
        })
    }
}
