//! The place of a runner's machine: a thread of its own with a transport of its own.

use crate::client::builder::check;
use crate::client::driver::session::Session;
use crate::client::{Client, SignalStream, Strategy};
use crate::error::Result;

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
        let signals = parts.signals;
        let session =
            Session { strategy: Strategy::Spawned, progress: None, current_trace: None, ..session.sibling(parts)? };
        Ok(Self { session, is_own_thread: true, signals })
    }
}
