//! The delivery of pages, and the ranges that are not delivered.

use uuid::Uuid;

use super::ids::{last_key, last_key_before};
use super::{Backlog, Key, Page, Part, Plan, State};
use crate::datasets::pages::range::{End, MILLISECOND, Range, Start};

impl Plan {
    /// Returns the next page to deliver, which has datapoints: the first page, or the first loaded page if order does
    /// not matter. Delivers at most `most` datapoints and then gives up the rest of the query.
    pub(in crate::datasets::pages) fn deliver(&mut self, most: Option<usize>) -> Option<Page> {
        let is_loaded = |part: &Part| matches!(part.state, State::Loaded(_));
        let index = if self.in_order { 0 } else { self.parts.iter().position(is_loaded)? };
        let part = self.parts.get_mut(index).filter(|part| is_loaded(part))?;
        let (range, is_before_epoch) = (part.range, part.is_before_epoch);
        let from_end = self.backwards.is_some() && !part.is_forward;
        let State::Loaded(mut page) = std::mem::replace(&mut part.state, State::Delivered) else { return None };
        let most = most.filter(|most| *most <= page.batch.num_rows());
        if let Some(most) = most
            && from_end
        {
            self.end_before(index, &mut page, most);
        } else if let Some(most) = most {
            page.keep(most);
            page.next = None;
            self.end_after(index, &page);
        }
        if !is_before_epoch {
            self.note_last(&page, range.end);
        }
        self.drop_delivered();
        if from_end {
            page.reverse();
        }
        Some(*page)
    }

    /// Records the last id of a delivered or empty page: that of its last datapoint, or its cursor.
    pub(super) fn note_last(&mut self, page: &Page, end: End) {
        let is_before = |key: &Key| self.frame.end_before_epoch().is_none_or(|end| *key < end);
        let cursor = page.next.map(|cursor| cursor.as_u128()).filter(|cursor| End::Before(*cursor) < end);
        let last = last_key_before(page, self.frame.end_before_epoch());
        self.last = self.last.max(last).max(cursor.filter(is_before));
    }

    /// Gives up the rest of a part after the page that reaches the limit, and all other parts.
    fn end_after(&mut self, index: usize, page: &Page) {
        if let (Some(last), Some(part)) = (last_key(page), self.parts.get_mut(index)) {
            let rest = Range { start: Start::After(Uuid::from_u128(last)), ..part.range };
            let is_empty = matches!(part.range.end, End::Before(end) if end <= last.saturating_add(1));
            part.range.end = part.range.end.min(End::Before(last.saturating_add(1)));
            let (is_before_epoch, is_forward) = (part.is_before_epoch, part.is_forward);
            if !is_empty {
                let rest = self.part(rest, State::GivenUp);
                self.parts.insert(index + 1, Part { is_before_epoch, is_forward, ..rest });
            }
        }
        self.give_up_all();
    }

    /// Gives up all parts. The ranges that were not delivered stay open.
    pub(in crate::datasets::pages) fn give_up_all(&mut self) {
        self.give_up(0);
    }

    /// Returns whether every part is delivered or given up.
    pub(in crate::datasets::pages) fn is_done(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.state, State::Delivered | State::GivenUp))
    }

    /// Returns the decoded pages that are not delivered yet.
    pub(in crate::datasets::pages) fn backlog(&self) -> Backlog {
        let mut backlog = Backlog::default();
        for part in &self.parts {
            backlog.datapoints += part.loaded_rows();
            if let State::Loaded(page) = &part.state {
                backlog.pages += 1;
                backlog.bytes += page.held_bytes;
            }
        }
        backlog
    }

    /// Drops the delivered parts before the first part that is not delivered.
    pub(super) fn drop_delivered(&mut self) {
        while self.parts.front().is_some_and(Part::is_delivered) {
            self.parts.pop_front();
        }
    }

    /// Returns the ranges that were not delivered. The range after the last delivered datapoint is always open, because
    /// it may contain new datapoints when the load resumes.
    pub(in crate::datasets::pages) fn open(&self) -> Vec<Range> {
        let mut main = self.parts.iter().filter(|part| !part.is_before_epoch && !part.is_delivered());
        if !self.is_backwards()
            && self.frame.crosses_epoch()
            && let Some(first) = main.next()
            && main.next_back().unwrap_or(first).range.end == End::Query
        {
            // The place of the ids before 1970 is not known yet: only the order of the requests determines the rest.
            return vec![Range { end: End::Query, ..first.range }];
        }
        let mut open: Vec<Range> = Vec::new();
        let mut extends_last = false;
        let mut in_order: Vec<&Part> = self.parts.iter().collect();
        if self.is_backwards() {
            in_order.sort_by_key(|part| self.frame.first(&part.range));
        }
        for part in in_order.into_iter().filter(|part| !part.is_before_epoch) {
            if part.is_delivered() {
                extends_last = false;
            } else if self.last.is_some_and(|last| self.frame.first(&part.range) <= last) {
                let is_next = |range: &Range| match self.is_backwards() {
                    false => extends_last,
                    // Earlier loads may have delivered what lies between two ranges. The first millisecond of 1970 is requested
                    // as time.
                    true => {
                        self.frame.border(range) == self.frame.first(&part.range)
                            && range.end != End::Before(MILLISECOND)
                    }
                };
                match open.last_mut() {
                    Some(range) if is_next(range) => range.end = part.range.end,
                    _ => open.push(part.range),
                }
                extends_last = true;
            }
        }
        open.push(self.since_last());
        let mut before_epoch = self.parts.iter().filter(|part| part.is_before_epoch && !part.is_delivered());
        open.extend(before_epoch.next().map(|part| Range { end: End::Epoch, ..part.range }));
        open
    }

    /// Returns the range after the last delivered datapoint.
    fn since_last(&self) -> Range {
        let start = self.last.map_or(self.start, |last| Start::After(Uuid::from_u128(last)));
        match self.frame.end_before_epoch() {
            // The time before 1970 was delivered, or is a separate range.
            Some(end) if start == Start::Query => Range { start: Start::At(0), end: End::Before(end) },
            Some(end) => Range { start, end: End::Before(end) },
            None => Range { start, end: End::Query },
        }
    }
}
