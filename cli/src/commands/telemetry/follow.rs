//! The records of a growing list that were not yet delivered.

use std::collections::VecDeque;

use uuid::Uuid;

/// Reads a growing list again and again, and passes on each record once.
///
/// A query that starts after the last cursor repeats the records since that cursor, because the last page has none.
#[derive(Debug)]
pub(super) struct Follow<R> {
    cursor: Option<Uuid>,
    /// The records since the cursor, which the next reading repeats.
    delivered: VecDeque<R>,
    /// The repeated records that the current reading has not met yet.
    expected: VecDeque<R>,
}

impl<R: PartialEq + Clone> Follow<R> {
    pub(super) fn new() -> Self {
        Self { cursor: None, delivered: VecDeque::new(), expected: VecDeque::new() }
    }

    /// Begins a reading. Returns the cursor after which it starts; `None` for the beginning of the list.
    pub(super) fn begin(&mut self) -> Option<Uuid> {
        self.expected = std::mem::take(&mut self.delivered);
        self.cursor
    }

    /// Takes a page. Returns the records that no earlier reading delivered.
    pub(super) fn page(&mut self, records: impl IntoIterator<Item = R>) -> Vec<R> {
        let mut new = Vec::new();
        for record in records {
            match self.expected.iter().position(|expected| *expected == record) {
                Some(at) => _ = self.expected.remove(at),
                None => new.push(record.clone()),
            }
            self.delivered.push_back(record);
        }
        new
    }

    /// Takes the cursor after the pages so far.
    pub(super) fn cursor(&mut self, cursor: Option<Uuid>) {
        if cursor != self.cursor {
            self.cursor = cursor;
            self.delivered.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the list in pages of this size, as the client does: the cursor of a page with a next one is its last record.
    fn read(follow: &mut Follow<u128>, list: &[u128], page_size: usize) -> Vec<u128> {
        let after = follow.begin().map(|cursor| cursor.as_u128());
        let start = after.map_or(0, |after| list.iter().position(|record| *record == after).expect("a record") + 1);
        let (mut new, mut cursor) = (Vec::new(), after);
        let pages: Vec<_> = list[start..].chunks(page_size).collect();
        for (index, page) in pages.iter().enumerate() {
            if index + 1 < pages.len() {
                cursor = page.last().copied();
            }
            new.extend(follow.page(page.iter().copied()));
            follow.cursor(cursor.map(Uuid::from_u128));
        }
        new
    }

    proptest! {
        #[test]
        fn each_record_is_delivered_once(sizes in proptest::collection::vec(0_usize..20, 1..10), page_size in 1_usize..7) {
            let mut follow = Follow::new();
            let (mut list, mut delivered) = (Vec::new(), Vec::new());
            for size in sizes {
                list.extend((0..size).map(|index| (list.len() + index + 1) as u128).collect::<Vec<_>>());
                delivered.extend(read(&mut follow, &list, page_size));
            }
            prop_assert_eq!(delivered, list);
        }
    }

    #[test]
    fn equal_records_are_told_apart_by_their_number() {
        let mut follow = Follow::new();
        follow.begin();
        assert_eq!(follow.page(["a", "a"]), ["a", "a"]);
        follow.begin();
        assert_eq!(follow.page(["a", "late", "a", "a"]), ["late", "a"]);
    }
}
