//! The slots in which tasks run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::SlotId;
use super::held::HeldId;

/// The slots in which tasks run, and which task runs in each. The lowest free slot is used first.
#[derive(Debug)]
pub(super) struct Slots {
    limit: usize,
    running: Vec<Option<HeldId>>,
    free: BinaryHeap<Reverse<SlotId>>,
}

impl Slots {
    /// Creates `limit` free slots. Memory is taken when they are used.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, running: Vec::new(), free: BinaryHeap::new() }
    }

    /// Puts a task into a free slot; `None` if all are busy.
    pub(super) fn take(&mut self, task: HeldId) -> Option<SlotId> {
        if let Some(Reverse(slot)) = self.free.pop() {
            self.running[slot.index()] = Some(task);
            return Some(slot);
        }
        let next = u32::try_from(self.running.len()).ok().filter(|_| self.running.len() < self.limit)?;
        self.running.push(Some(task));
        Some(SlotId(next))
    }

    /// Frees a slot. Returns its task; `None` if it was free.
    pub(super) fn free(&mut self, slot: SlotId) -> Option<HeldId> {
        let task = self.running.get_mut(slot.index())?.take()?;
        self.free.push(Reverse(slot));
        Some(task)
    }

    /// Returns whether a slot is free.
    pub(super) fn has_free(&self) -> bool {
        !self.free.is_empty() || self.running.len() < self.limit
    }

    /// Returns the busy slots.
    pub(super) fn busy(&self) -> impl Iterator<Item = SlotId> {
        self.running.iter().zip(0..).filter_map(|(task, slot)| task.map(|_| SlotId(slot)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_slot_is_used_first() {
        let task = HeldId::default();
        let mut slots = Slots::new(3);
        let taken: Vec<_> = std::iter::from_fn(|| slots.take(task)).collect();
        assert_eq!(taken, [0, 1, 2].map(SlotId));
        assert!(!slots.has_free());
        for slot in [2, 0] {
            assert_eq!(slots.free(SlotId(slot)), Some(task));
            assert_eq!(slots.free(SlotId(slot)), None, "it is free already");
        }
        assert_eq!(slots.busy().collect::<Vec<_>>(), [SlotId(1)]);
        assert_eq!((slots.take(task), slots.take(task), slots.take(task)), (Some(SlotId(0)), Some(SlotId(2)), None));
        assert_eq!(slots.free(SlotId(7)), None);
    }
}
