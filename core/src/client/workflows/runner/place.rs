//! The place of a runner's machine: a thread of its own with a transport of its own.

use std::sync::Arc;

use async_lock::Semaphore;

use crate::client::builder::{check, default_transport};
use crate::client::driver::session::Session;
use crate::client::{Client, SignalStream, Strategy};
use crate::error::Result;
use crate::protocol::budget::Budget;

/// The place where the machine of a runner and its exchanges run.
pub(super) struct Place {
    /// A session that shares nothing with that of the client, except for a transport that the user set.
    pub(super) session: Session,
    /// Whether it is a thread of the runner. Otherwise it is the future of the run.
    pub(super) is_own_thread: bool,
    /// Returns the signals that end the run; `None` where the runtime has none.
    pub(super) signals: Option<SignalStream>,
}

impl Place {
    /// Creates the place of a runner. The thread starts with its first task.
    pub(super) fn of_a_runner(client: &Client) -> Result<Self> {
        let session = (*client.session).clone();
        let Some(parts) = client.blocking.map(|parts| parts()) else {
            return Ok(Self { session, is_own_thread: false, signals: None });
        };
        check(&*parts.runtime, "start a runner")?;
        let transport = if session.is_own_transport { session.transport } else { default_transport(&parts)? };
        let session = Session {
            transport,
            runtime: parts.runtime,
            strategy: Strategy::Spawned,
            permits: Arc::new(Semaphore::new(session.concurrency)),
            budget: Budget::new(session.concurrency),
            progress: None,
            current_trace: None,
            ..session
        };
        Ok(Self { session, is_own_thread: true, signals: parts.signals })
    }
}
