//! The tasks that a runner executes, by their slots.

use uuid::Uuid;

use crate::client::workflows::TaskControl;
use crate::workflows::TaskIdentifier;
use crate::workflows::runner::SlotId;

/// The running tasks. Dropping it aborts them.
#[derive(Default)]
pub(super) struct Running {
    slots: Vec<Option<RunningTask>>,
}

/// A running task.
pub(super) struct RunningTask {
    pub(super) id: Uuid,
    pub(super) identifier: TaskIdentifier,
    pub(super) control: TaskControl,
}

impl Running {
    /// Adds a task. The slot is free.
    pub(super) fn insert(&mut self, slot: SlotId, task: RunningTask) {
        if self.slots.len() <= slot.index() {
            self.slots.resize_with(slot.index() + 1, || None);
        }
        self.slots[slot.index()] = Some(task);
    }

    pub(super) fn get(&self, slot: SlotId) -> Option<&RunningTask> {
        self.slots.get(slot.index())?.as_ref()
    }

    /// Removes a task that has ended.
    pub(super) fn remove(&mut self, slot: SlotId) -> Option<RunningTask> {
        self.slots.get_mut(slot.index())?.take()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in self.slots.iter().flatten() {
            task.control.abort();
        }
    }
}
