//! The errors of runs that cannot end.

use super::{MAX_EVENTS, World};
use crate::error::{Error, ErrorKind, plain};
use crate::protocol::wire::workflows::v1 as wire;

impl World {
    /// Returns the error of a run without progress.
    pub(super) fn stalled(&self) -> Error {
        let running = self.hosts.iter().flatten().flat_map(|process| process.slots.values());
        let mut waiting: Vec<_> = running.map(|running| format!("`{}`", plain(&running.display))).collect();
        waiting.sort_unstable();
        waiting.dedup();
        let (reason, advice) = if waiting.is_empty() {
            (self.queued(), "execute all tasks of the job, on the cluster that they name")
        } else {
            let verb = if waiting.len() == 1 { "the task waits" } else { "the tasks wait" };
            let names = waiting.join(", ");
            (
                format!("{verb} for an event outside of virtual time: {names}"),
                "use the clock of the context, and values of the test instead of the network and of other threads",
            )
        };
        Error::new(ErrorKind::FailedPrecondition, "run the job in virtual time", reason, advice)
    }

    /// Describes the first queued task of a job that has not ended.
    fn queued(&self) -> String {
        let tasks = self.server.jobs().iter().filter_map(|job| self.server.scheduler.tasks_of_job(*job)).flatten();
        let queued = tasks.into_iter().find(|task| task.state() == wire::TaskState::Queued);
        match queued.and_then(|task| task.identifier) {
            Some(identifier) => {
                let cluster = plain(&self.settings.cluster).into_owned();
                format!(
                    "no runner on the cluster `{cluster}` executes `{}` {}",
                    plain(&identifier.name),
                    identifier.version
                )
            }
            None => "nothing happens any more".to_owned(),
        }
    }

    pub(super) fn endless(&self) -> Error {
        let reason = format!("it has not ended after {MAX_EVENTS} events");
        let advice = "look for a task that wakes itself or submits itself without an end";
        Error::new(ErrorKind::FailedPrecondition, "run the job in virtual time", reason, advice)
    }
}
