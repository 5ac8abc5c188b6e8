//! What happens later, in the order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::time::Instant;

/// Events by their time; events of the same time in the order in which they were added.
pub(super) struct Queue<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    next: u64,
}

struct Entry<T> {
    key: (Instant, u64),
    event: T,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), next: 0 }
    }

    pub(super) fn push(&mut self, time: Instant, event: T) {
        self.next += 1;
        self.heap.push(Reverse(Entry { key: (time, self.next), event }));
    }

    pub(super) fn next_time(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.key.0)
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        self.heap.pop().map(|Reverse(entry)| entry.event)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn events_of_one_time_keep_their_order() {
        let mut queue = Queue::new();
        let later = Instant::ORIGIN + Duration::from_secs(1);
        for (time, event) in [(later, 3), (Instant::ORIGIN, 1), (later, 4), (Instant::ORIGIN, 2)] {
            queue.push(time, event);
        }
        assert_eq!(queue.next_time(), Some(Instant::ORIGIN));
        let order: Vec<i32> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [1, 2, 3, 4]);
    }
}
