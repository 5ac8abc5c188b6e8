//! What a page that has come changes: what is left of its part, how dense datapoints are thought to be, and which other parts
//! it makes needless.

use std::collections::VecDeque;

use uuid::Uuid;

use super::ids::{cut_off, first_key, ids, last_key};
use super::{Key, Page, Part, PartId, Plan, SPARSE, State};
use crate::datasets::pages::range::{End, Range, Start};

impl Plan {
    /// A page has come for a part. Gives the parts that are running and no longer needed.
    pub(in super::super) fn arrived(&mut self, id: PartId, mut page: Page) -> Vec<PartId> {
        let Some(index) = self.parts.iter().position(|part| part.id == id) else { return Vec::new() };
        let Part { range, state: State::Running { asked_to, expected }, .. } = self.parts[index] else {
            return Vec::new();
        };
        let rows = page.batch.num_rows();
        if rows > 0 && std::mem::take(&mut self.presumed) && !self.lies_in(&range, &page) {
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
        let reach = self.learn_density(&range, covered, &page);
        let pages = rows as f64 / self.capacity.max(1) as f64;
        let seen = self.width(&Range { end: covered.min(range.end), ..range });
        let seen = seen.zip(self.width(&range)).map(|(seen, whole)| seen / whole.max(1.0));
        if let (Some(expected), Some(seen)) = (expected, seen.filter(|_| asked_to == range.end)) {
            self.density.compare(expected * seen, pages);
        }
        if covered < range.end {
            self.parts[index].range.end = covered;
            self.wait_behind(index, range, page.next, reach);
        }
        let dropped = if covered > range.end { self.cross(index, covered, &mut page) } else { Vec::new() };
        let left = usize::from(covered < range.end);
        // Of a small piece much is expected by chance, or little.
        let sparse = expected.is_some_and(|expected| expected >= 0.5 && pages < expected.min(1.0) * SPARSE);
        self.foresee(index + left, sparse);
        if page.batch.num_rows() > 0 {
            self.parts[index].state = State::Loaded(Box::new(page));
        } else {
            let Part { range, is_before_epoch, .. } = self.parts[index];
            if !is_before_epoch {
                self.note_last(&page, range.end);
            }
            self.parts[index].state = State::Delivered;
        }
        self.leave_delivered();
        dropped
    }

    /// Whether the datapoints of a page stand where they were asked for.
    fn lies_in(&self, range: &Range, page: &Page) -> bool {
        let places = self.frame.first(range)..self.frame.end(range).unwrap_or(0);
        [first_key(page), last_key(page)].into_iter().all(|id| id.is_some_and(|id| places.contains(&id)))
    }

    /// Ids do not stand where they should, which the first page of all shows: everything is asked for again, as if nothing
    /// were known. Gives the parts that are running, but for the one whose page has come.
    fn start_over(&mut self, arrived: PartId) -> Vec<PartId> {
        self.cuttable = false;
        // A load that has failed requests nothing new.
        let has_failed = self.parts.iter().any(|part| matches!(part.state, State::GivenUp));
        let state = if has_failed { State::GivenUp } else { State::Waiting { reach: None, probe: false } };
        let all = self.part(Range::ALL, state);
        let before = std::mem::replace(&mut self.parts, VecDeque::from([all]));
        let running = before.iter().filter(|part| part.has_response() && part.id != arrived);
        running.map(|part| part.id).collect()
    }

    /// Learns from a page how dense datapoints are. Gives how many ids a page covers where this one lies.
    fn learn_density(&mut self, range: &Range, covered: End, page: &Page) -> Option<f64> {
        let rows = page.batch.num_rows();
        let width = |from: Key, to: Key| (to.saturating_sub(from) as f64).max(1.0);
        let first = self.frame.first(range);
        let Some(cursor) = page.next.map(|cursor| cursor.as_u128()) else {
            // The last range ends where the query does, wherever its datapoints end.
            if let End::Before(end) = covered {
                self.density.add(width(self.frame.begin(range), end), rows as f64 / self.capacity.max(1) as f64);
            }
            return None;
        };
        match first_key(page) {
            // A full page: what lies before its first datapoint says nothing of how dense they are.
            Some(id) if rows >= 2 && rows * 2 >= self.capacity => {
                let reach = width(id, cursor) / (rows - 1) as f64 * self.capacity as f64;
                let before = if range.start == Start::Query { 0.0 } else { width(first, id) };
                self.density.add(before + width(id, cursor), rows as f64 / self.capacity as f64);
                Some(reach)
            }
            // A filter may let few pass: how far one request goes is what counts.
            _ => {
                self.density.add(width(first, cursor), 1.0);
                Some(width(first, cursor))
            }
        }
    }

    /// What a page left of its part waits again: with what waits behind it already, if anything does.
    fn wait_behind(&mut self, index: usize, range: Range, cursor: Option<Uuid>, reach: Option<f64>) {
        let Some(cursor) = cursor else { return };
        let mut rest = Range { start: Start::After(cursor), end: range.end };
        if range.end == End::Query && self.frame.crosses_epoch() && self.cuttable {
            rest.end = self.frame.last_border();
            let before = self.part(Range { end: End::Epoch, ..rest }, State::Waiting { reach: None, probe: false });
            self.parts.insert(index + 1, before);
        }
        match self.parts.get_mut(index + 1) {
            Some(Part { range, state: State::Waiting { reach: known, probe }, .. }) if range.end != End::Epoch => {
                range.start = rest.start;
                (*known, *probe) = (self.density.reach().or(*known), false);
            }
            _ => {
                let part = self.part(rest, State::Waiting { reach, probe: false });
                self.parts.insert(index + 1, part);
            }
        }
    }

    /// A page covers more than its part: the parts that it covers too are taken back, up to the first that is loaded or
    /// that it covers only in part.
    fn cross(&mut self, index: usize, covered: End, page: &mut Page) -> Vec<PartId> {
        let mut dropped = Vec::new();
        let begin = self.frame.first(&self.parts[index].range);
        self.parts[index].range.end = covered;
        while let Some(next) = self.parts.get_mut(index + 1) {
            match next.state {
                // What lies before 1970 does not follow.
                _ if next.is_before_epoch || self.frame.first(&next.range) <= begin => break,
                State::Waiting { .. } | State::Running { .. } | State::GivenUp if next.range.end <= covered => {
                    if matches!(next.state, State::Running { .. }) {
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
                State::Running { .. } | State::Loaded(_) | State::Evicted { .. } | State::Delivered => {
                    let first = self.frame.first(&next.range);
                    self.parts[index].range.end = End::Before(first).min(covered);
                    cut_off(page, first);
                    break;
                }
            }
        }
        dropped
    }

    /// Tells what waits next behind a part how dense datapoints were of late, and whether to look for the end of a gap.
    fn foresee(&mut self, index: usize, sparse: bool) {
        let known = self.density.reach();
        let next = self.parts.iter_mut().skip(index + 1).find_map(|part| match &mut part.state {
            State::Waiting { reach, probe } => Some((reach, probe)),
            _ => None,
        });
        if let Some((reach, probe)) = next {
            *reach = known.or(*reach);
            *probe |= sparse;
        }
    }

    /// Gives up a part that cannot be loaded, and all that follow. Returns those of them that have a call or an encoded page.
    pub(in super::super) fn failed(&mut self, id: PartId) -> Vec<PartId> {
        self.parts.iter().position(|part| part.id == id).map_or_else(Vec::new, |index| self.give_up(index))
    }

    /// Gives up all parts from an index. Returns those of them that have a call or an encoded page.
    pub(super) fn give_up(&mut self, from: usize) -> Vec<PartId> {
        let mut with_call = Vec::new();
        for part in self.parts.iter_mut().skip(from).filter(|part| !part.is_delivered()) {
            with_call.extend(part.has_response().then_some(part.id));
            part.state = State::GivenUp;
        }
        with_call
    }

    /// Whether a cursor of a page of this part lies before what the part asked for.
    pub(in super::super) fn lies_before(&self, cursor: Uuid, part: PartId) -> bool {
        let part = self.parts.iter().find(|other| other.id == part).filter(|_| !self.presumed);
        part.is_some_and(|part| part.range.start != Start::Query && cursor.as_u128() < self.frame.first(&part.range))
    }
}
