//! Updates of the plan after a page: the rest of its part, the density of datapoints, and other parts that the page
//! covers.

use std::collections::VecDeque;

use uuid::Uuid;

use super::ids::{cut_off, first_key, ids, last_key};
use super::{Key, Page, Part, PartId, Plan, SPARSE, State};
use crate::datasets::pages::range::{End, Range, Start};

impl Plan {
    /// Takes the page of a part. Returns the requested parts that are no longer needed.
    pub(in crate::datasets::pages) fn update(&mut self, id: PartId, mut page: Page) -> Vec<PartId> {
        let Some(index) = self.parts.iter().position(|part| part.id == id) else { return Vec::new() };
        if self.is_backwards() {
            return self.update_backwards(index, page);
        }
        let Part { range, state: State::Requested { asked_to, expected }, .. } = self.parts[index] else {
            return Vec::new();
        };
        let rows = page.batch.num_rows();
        if rows > 0 && std::mem::take(&mut self.is_assumed) && !self.lies_in(&range, &page) {
            return self.start_over(id);
        }
        let covered = match page.next {
            Some(cursor) => End::Before(cursor.as_u128().saturating_add(1)).min(asked_to),
            None => asked_to,
        };
        if let Some(cursor) = page.next {
            self.capacity = self.capacity.max(rows);
            self.cuttable = self.frame.holds(cursor) && ids(&page).is_some();
        }
        let ids_per_page = self.learn_density(&range, covered, &page);
        let pages = rows as f64 / self.capacity.max(1) as f64;
        if let Some(expected) = expected.filter(|_| asked_to == range.end) {
            self.compare_density(&range, covered, expected, pages);
        }
        if covered < range.end {
            self.parts[index].range.end = covered;
            self.requeue_rest(index, range, page.next, ids_per_page);
        }
        let dropped = if covered > range.end { self.take_back_covered(index, covered, &mut page) } else { Vec::new() };
        let left = usize::from(covered < range.end);
        // The content of a small piece depends on chance.
        let sparse = expected.is_some_and(|expected| expected >= 0.5 && pages < expected.min(1.0) * SPARSE);
        self.update_next_waiting(index + left, sparse);
        self.hold(index, page);
        self.drop_delivered();
        dropped
    }

    /// Compares the pages in the covered piece of a part with the expected pages.
    fn compare_density(&mut self, range: &Range, covered: End, expected: f64, pages: f64) {
        let seen = self.width(&Range { end: covered.min(range.end), ..*range });
        if let (Some(seen), Some(whole)) = (seen, self.width(range)) {
            self.density.compare(expected * (seen / whole.max(1.0)), pages);
        }
    }

    /// Holds the page of a part until it is delivered. Marks a part without datapoints as delivered.
    pub(super) fn hold(&mut self, index: usize, page: Page) {
        if page.batch.num_rows() > 0 {
            self.parts[index].state = State::Loaded(Box::new(page));
            return;
        }
        let Part { range, is_before_epoch, .. } = self.parts[index];
        if !is_before_epoch {
            self.note_last(&page, range.end);
        }
        self.parts[index].state = State::Delivered;
    }

    /// Returns whether the ids of a page lie in the requested range.
    pub(super) fn lies_in(&self, range: &Range, page: &Page) -> bool {
        let places = self.frame.first(range)..self.frame.end(range).unwrap_or(0);
        [first_key(page), last_key(page)].into_iter().all(|id| id.is_some_and(|id| places.contains(&id)))
    }

    /// Restarts the query without an assumed density, because the first page has ids outside of the requested range.
    /// Returns the other parts with a call or an encoded page.
    fn start_over(&mut self, arrived: PartId) -> Vec<PartId> {
        self.cuttable = false;
        // A failed load sends no new requests.
        let has_failed = self.parts.iter().any(|part| matches!(part.state, State::GivenUp));
        let state = if has_failed { State::GivenUp } else { State::Waiting { ids_per_page: None, probe: false } };
        let all = self.part(Range::ALL, state);
        let before = std::mem::replace(&mut self.parts, VecDeque::from([all]));
        let running = before.iter().filter(|part| part.has_response() && part.id != arrived);
        running.map(|part| part.id).collect()
    }

    /// Updates the density with a page. Returns the number of ids that a page covers in this range.
    fn learn_density(&mut self, range: &Range, covered: End, page: &Page) -> Option<f64> {
        let rows = page.batch.num_rows();
        let width = |from: Key, to: Key| (to.saturating_sub(from) as f64).max(1.0);
        let first = self.frame.first(range);
        let Some(cursor) = page.next.map(|cursor| cursor.as_u128()) else {
            // The last range ends with the query, not with its datapoints.
            if let End::Before(end) = covered {
                self.density.add(width(self.frame.begin(range), end), rows as f64 / self.capacity.max(1) as f64);
            }
            return None;
        };
        match first_key(page) {
            // The page is full: the gap before its first datapoint says nothing about density.
            Some(id) if rows >= 2 && rows * 2 >= self.capacity => {
                let ids_per_page = width(id, cursor) / (rows - 1) as f64 * self.capacity as f64;
                let before = if range.start == Start::Query { 0.0 } else { width(first, id) };
                self.density.add(before + width(id, cursor), rows as f64 / self.capacity as f64);
                Some(ids_per_page)
            }
            // A filter may reject most datapoints, so the range that one request covers counts.
            _ => {
                self.density.add(width(first, cursor), 1.0);
                Some(width(first, cursor))
            }
        }
    }

    /// Queues the rest of a part after its page: in the next part if that waits, otherwise in a new part.
    fn requeue_rest(&mut self, index: usize, range: Range, cursor: Option<Uuid>, ids_per_page: Option<f64>) {
        let Some(cursor) = cursor else { return };
        let mut rest = Range { start: Start::After(cursor), end: range.end };
        if range.end == End::Query && self.frame.crosses_epoch() && self.cuttable {
            rest.end = self.frame.last_border();
            let before =
                self.part(Range { end: End::Epoch, ..rest }, State::Waiting { ids_per_page: None, probe: false });
            self.parts.insert(index + 1, before);
        }
        match self.parts.get_mut(index + 1) {
            Some(Part { range, state: State::Waiting { ids_per_page: known, probe }, .. })
                if range.end != End::Epoch =>
            {
                range.start = rest.start;
                (*known, *probe) = (self.density.ids_per_page().or(*known), false);
            }
            _ => {
                let part = self.part(rest, State::Waiting { ids_per_page, probe: false });
                self.parts.insert(index + 1, part);
            }
        }
    }

    /// Removes the following parts that a page covers, up to the first one that is loaded or only partly covered.
    /// Returns the removed parts that were requested.
    fn take_back_covered(&mut self, index: usize, covered: End, page: &mut Page) -> Vec<PartId> {
        let mut dropped = Vec::new();
        let begin = self.frame.first(&self.parts[index].range);
        self.parts[index].range.end = covered;
        while let Some(next) = self.parts.get_mut(index + 1) {
            match next.state {
                // The time before 1970 does not follow this part.
                _ if next.is_before_epoch || self.frame.first(&next.range) <= begin => break,
                State::Waiting { .. } | State::Requested { .. } | State::GivenUp if next.range.end <= covered => {
                    if matches!(next.state, State::Requested { .. }) {
                        dropped.push(next.id);
                    }
                    self.parts.remove(index + 1);
                }
                State::Waiting { .. } | State::GivenUp => {
                    if let Some(cursor) = page.next {
                        next.range.start = Start::After(cursor);
                    }
                    break;
                }
                State::Requested { .. } | State::Loaded(_) | State::Evicted { .. } | State::Delivered => {
                    let first = self.frame.first(&next.range);
                    self.parts[index].range.end = End::Before(first).min(covered);
                    cut_off(page, first);
                    break;
                }
            }
        }
        dropped
    }

    /// Sets the recent density for the next waiting part after a part, and makes it a probe if `sparse`.
    fn update_next_waiting(&mut self, index: usize, sparse: bool) {
        let known = self.density.ids_per_page();
        let next = self.parts.iter_mut().skip(index + 1).find_map(|part| match &mut part.state {
            State::Waiting { ids_per_page, probe } => Some((ids_per_page, probe)),
            _ => None,
        });
        if let Some((ids_per_page, probe)) = next {
            *ids_per_page = known.or(*ids_per_page);
            *probe |= sparse;
        }
    }

    /// Gives up a part that cannot be loaded, and all later parts. Returns those with a call or an encoded page.
    pub(in crate::datasets::pages) fn failed(&mut self, id: PartId) -> Vec<PartId> {
        self.parts.iter().position(|part| part.id == id).map_or_else(Vec::new, |index| self.give_up(index))
    }

    /// Gives up all parts from an index. Returns those with a call or an encoded page.
    pub(super) fn give_up(&mut self, from: usize) -> Vec<PartId> {
        let mut with_call = Vec::new();
        for part in self.parts.iter_mut().skip(from).filter(|part| !part.is_delivered()) {
            with_call.extend(part.has_response().then_some(part.id));
            part.state = State::GivenUp;
        }
        with_call
    }

    /// Returns whether the cursor of a page lies before the range of its part.
    pub(in crate::datasets::pages) fn lies_before(&self, cursor: Uuid, part: PartId) -> bool {
        let part = self.parts.iter().find(|other| other.id == part).filter(|_| !self.is_assumed);
        part.is_some_and(|part| part.range.start != Start::Query && cursor.as_u128() < self.frame.first(&part.range))
    }
}
