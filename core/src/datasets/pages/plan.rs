//! Who loads what: the parts of one query in the order of its result, cut so that every connection has something to do.
//!
//! A part is waiting, running, loaded or delivered. Whoever has a connection to spare takes the first part that waits and
//! as much of it as fits into one page: how much that is, the pages before it say. What a page leaves of its part waits
//! again, and is cut by what that page showed, so that a dense part spreads over all connections as soon as its first
//! page is there. Where a part was much emptier than thought, the next request goes beyond its part up to the end (a
//! *probe*): its page begins with the next datapoint, wherever that is, and so crosses any gap in one round trip; the
//! parts that turn out to lie in the gap are taken back.
//!
//! Parts are small and near the reader, instead of an even share of the query for each connection: all that is loaded
//! is read soon, and what waits to be read is bounded.

use std::collections::VecDeque;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, FixedSizeBinaryArray};
use uuid::Uuid;

use super::super::interval::TemporalExtent;
use super::density::Density;
use super::page::Page;
use super::range::{End, Frame, Key, MILLISECOND, Range, Start};

/// Names a part.
pub(super) type PartId = u64;

/// How much of a page a part may be meant to fill. See [`Plan::learn_fill`].
const FILL: std::ops::RangeInclusive<f64> = 0.5..=1.5;
/// How much one part changes that.
const FILL_STEP: f64 = 0.05;
/// How much worse a page that is not full is than a request for the little that did not fit.
const UNDERFULL: f64 = 2.0;
/// A part that has less than this of what was expected has met a gap.
const SPARSE: f64 = 0.25;
/// By how much parts grow from one to the next within a burst.
const GROWTH: f64 = 4.0;

/// The parts of a query.
#[derive(Debug)]
pub(super) struct Plan {
    frame: Frame,
    in_order: bool,
    parts: VecDeque<Part>,
    next_id: PartId,
    /// Whether ids stand where the query says that they should, so that parts can be told by them.
    cuttable: bool,
    /// How many datapoints a full page has, as far as was seen.
    capacity: usize,
    /// How dense datapoints were of late.
    density: Density,
    /// How much of a page the next part is meant to fill.
    fill: f64,
    /// Behind what was delivered, as far as there is no gap in it.
    delivered_to: Start,
    /// The last of all ids that were delivered.
    last: Option<Key>,
}

#[derive(Debug)]
struct Part {
    id: PartId,
    range: Range,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting {
        /// How many ids one page covers here, as far as is known.
        reach: Option<f64>,
        /// Whether the next request of it goes beyond its part.
        probe: bool,
    },
    Running {
        /// How far the request goes: the end of the part, or beyond it.
        asked_to: End,
        /// How many datapoints it may bring, where something is known.
        expected: Option<f64>,
    },
    Loaded(Box<Page>),
    /// Only where pages are given as they come; keeps its place until everything before it is delivered too.
    Delivered,
}

impl Part {
    fn loaded_rows(&self) -> u64 {
        match &self.state {
            State::Loaded(page) => page.batch.num_rows() as u64,
            _ => 0,
        }
    }
}

/// What to ask for next.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    pub(super) part: PartId,
    pub(super) extent: TemporalExtent,
    pub(super) after: Option<Uuid>,
    /// How many datapoints are loaded that come before it.
    pub(super) loaded_before: u64,
}

/// How much is loaded and not yet delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Backlog {
    pub(super) pages: usize,
    pub(super) bytes: usize,
    pub(super) datapoints: u64,
}

impl Plan {
    /// A plan for the open ranges of a query.
    pub(super) fn new(frame: Frame, open: &[Range], in_order: bool) -> Self {
        let mut plan = Self {
            frame,
            // Where ids of the time before 1970 stand is not known, so neither is what else stands behind them.
            in_order: in_order || frame.crosses_epoch(),
            parts: VecDeque::new(),
            next_id: 0,
            cuttable: false,
            capacity: 0,
            density: Density::default(),
            fill: 0.9,
            delivered_to: open.first().map_or(Start::Query, |range| range.start),
            last: open.last().and_then(|range| match range {
                Range { start: Start::After(id), end: End::Query } => Some(id.as_u128()),
                _ => None,
            }),
        };
        for range in open {
            if let Some(Part { range: Range { end: End::Before(end), .. }, .. }) = plan.parts.back() {
                // What lies between two ranges was delivered.
                let between = Range { start: Start::At(*end), end: End::Before(frame.first(range)) };
                let between = plan.part(between, State::Delivered);
                plan.parts.push_back(between);
            }
            let part = plan.part(*range, State::Waiting { reach: None, probe: false });
            plan.parts.push_back(part);
        }
        plan
    }

    fn part(&mut self, range: Range, state: State) -> Part {
        self.next_id += 1;
        Part { id: self.next_id, range, state }
    }

    /// How many datapoints a full page has, as far as was seen.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// What to ask for next, if anything waits. There may be `share` requests under way; with one, it asks for all that
    /// waits there, because nobody else takes the rest.
    pub(super) fn begin(&mut self, share: usize) -> Option<Request> {
        let index = self.parts.iter().position(|part| matches!(part.state, State::Waiting { .. }))?;
        let State::Waiting { reach, probe } = self.parts[index].state else { return None };
        if self.running_behind_probe(index) > share / 4 {
            return None;
        }
        let alone = share == 1;
        let whole = self.parts[index].range;
        let mut asked_to = whole.end;
        let cut = if alone { None } else { reach.and_then(|reach| self.cut(&whole, reach)) };
        if let Some(cut) = cut {
            let rest = Range { start: Start::At(cut), end: whole.end };
            // Where datapoints are denser than usual they are so for a while, which may be long or short.
            let in_burst = reach.zip(self.density.reach()).is_some_and(|(here, usual)| here < usual * SPARSE);
            let reach = if in_burst { reach.map(|reach| reach * GROWTH) } else { reach };
            let rest = self.part(rest, State::Waiting { reach, probe: false });
            self.parts.insert(index + 1, rest);
            self.parts[index].range.end = End::Before(cut);
            if !probe {
                asked_to = End::Before(cut);
            }
        }
        let expected = reach.and_then(|reach| {
            let pages = self.width(&self.parts[index].range)? / reach;
            Some(pages.min(1.0) * self.capacity as f64)
        });
        let part = &mut self.parts[index];
        part.state = State::Running { asked_to, expected };
        let (extent, after) = self.frame.request(&Range { start: part.range.start, end: asked_to });
        let (part, before) = (part.id, self.parts.iter().take(index));
        Some(Request { part, extent, after, loaded_before: before.map(Part::loaded_rows).sum() })
    }

    /// How many parts before this one look for datapoints where the request of another one looks already. Most of them
    /// find nothing.
    fn running_behind_probe(&self, index: usize) -> usize {
        let mut seen = None;
        let mut behind = 0;
        for part in self.parts.iter().take(index) {
            if let State::Running { asked_to, .. } = part.state {
                behind += usize::from(Some(part.range.end) <= seen);
                seen = seen.max(Some(asked_to));
            }
        }
        behind + usize::from(Some(self.parts[index].range.end) <= seen)
    }

    /// How many ids a range has room for.
    fn width(&self, range: &Range) -> Option<f64> {
        let end = self.frame.end(range)?;
        Some(end.saturating_sub(self.frame.first(range)) as f64)
    }

    /// Where to cut a range so that the first part of it fills a page: between two milliseconds where one is near.
    fn cut(&self, range: &Range, reach: f64) -> Option<Key> {
        let first = self.frame.first(range);
        // What is left of it would not be worth a request.
        if !self.cuttable || self.width(range)? <= reach * self.fill * 1.1 {
            return None;
        }
        let length = ((reach * self.fill) as Key).max(1);
        let cut = first.saturating_add(length);
        let border = cut - cut % MILLISECOND;
        let cut = if border > first && cut - border <= length / 4 { border } else { cut };
        (cut < self.frame.end(range)?).then_some(cut)
    }

    /// A page has come for a part. Gives the parts that are running and no longer needed.
    pub(super) fn arrived(&mut self, id: PartId, mut page: Page) -> Vec<PartId> {
        let Some(index) = self.parts.iter().position(|part| part.id == id) else { return Vec::new() };
        let Part { range, state: State::Running { asked_to, expected }, .. } = self.parts[index] else {
            return Vec::new();
        };
        let rows = page.batch.num_rows();
        let covered = match page.next {
            Some(cursor) => End::Before(cursor.as_u128().saturating_add(1)).min(asked_to),
            None => asked_to,
        };
        if let Some(cursor) = page.next {
            self.capacity = self.capacity.max(rows);
            self.cuttable = self.frame.holds(cursor) && ids(&page).is_some();
        }
        let reach = self.learn_density(&range, covered, &page);
        let cut = matches!(range.end, End::Before(_));
        if covered < range.end {
            if cut && asked_to == range.end {
                let rest = Range { start: page.next.map_or(range.start, Start::After), end: range.end };
                let left = self.width(&rest).zip(reach).map_or(1.0, |(width, reach)| width / reach);
                self.learn_fill(rows, left);
            }
            self.parts[index].range.end = covered;
            self.wait_behind(index, range, page.next, reach);
        } else if cut && covered == range.end {
            self.learn_fill(rows, 0.0);
        }
        let dropped = if covered > range.end { self.cross(index, covered, &mut page) } else { Vec::new() };
        let left = usize::from(covered < range.end);
        self.foresee(index + left, expected.is_some_and(|expected| (rows as f64) < expected * SPARSE));
        self.last = self.last.max(page.next.map(|next| next.as_u128()));
        let empty = page.batch.num_rows() == 0;
        self.parts[index].state = if empty { State::Delivered } else { State::Loaded(Box::new(page)) };
        self.leave_delivered();
        dropped
    }

    /// A part brought so many datapoints and left so many pages. Parts become larger while pages are not full, smaller
    /// while what did not fit is hardly worth a request, and stay where the two are even: where datapoints are spread
    /// evenly that is a little less than a page, and where they come in bursts more.
    fn learn_fill(&mut self, rows: usize, left: f64) {
        let unused = 1.0 - rows as f64 / self.capacity.max(1) as f64;
        let change = if left > 0.0 { left - 1.0 } else { unused * UNDERFULL };
        self.fill = (self.fill + change.clamp(-1.0, 1.0) * FILL_STEP).clamp(*FILL.start(), *FILL.end());
    }

    /// Learns from a page how dense datapoints are. Gives how many ids a page covers where this one lies.
    fn learn_density(&mut self, range: &Range, covered: End, page: &Page) -> Option<f64> {
        let rows = page.batch.num_rows();
        let width = |from: Key, to: Key| (to.saturating_sub(from) as f64).max(1.0);
        let first = self.frame.first(range);
        let Some(cursor) = page.next.map(|cursor| cursor.as_u128()) else {
            // The last range ends where the query does, wherever its datapoints end.
            if let End::Before(end) = covered {
                self.density.add(width(first, end), rows as f64 / self.capacity.max(1) as f64);
            }
            return None;
        };
        match ids(page).and_then(|ids| key(ids, 0)) {
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
                _ if next.range.end == End::Epoch || self.frame.first(&next.range) <= begin => break,
                State::Waiting { .. } | State::Running { .. } if next.range.end <= covered => {
                    if matches!(next.state, State::Running { .. }) {
                        dropped.push(next.id);
                    }
                    self.parts.remove(index + 1);
                }
                State::Waiting { .. } => {
                    if let Some(cursor) = page.next {
                        next.range.start = Start::After(cursor);
                    }
                    break;
                }
                State::Running { .. } | State::Loaded(_) | State::Delivered => {
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

    /// A part cannot be loaded: neither it nor what follows is needed any more. Gives the parts that are running of these.
    pub(super) fn failed(&mut self, id: PartId) -> Vec<PartId> {
        let Some(index) = self.parts.iter().position(|part| part.id == id) else { return Vec::new() };
        let dropped = self.parts.drain(index..);
        dropped.filter(|part| matches!(part.state, State::Running { .. })).map(|part| part.id).collect()
    }

    /// The next page to deliver: the first of all, or of those that are loaded where order is no matter. Never one without
    /// datapoints.
    pub(super) fn deliver(&mut self) -> Option<Page> {
        let is_loaded = |part: &Part| matches!(part.state, State::Loaded(_));
        let index = if self.in_order { 0 } else { self.parts.iter().position(is_loaded)? };
        let part = self.parts.get_mut(index).filter(|part| is_loaded(part))?;
        let State::Loaded(page) = std::mem::replace(&mut part.state, State::Delivered) else { return None };
        self.last = self.last.max(last_key(&page));
        self.leave_delivered();
        Some(*page)
    }

    /// Parts are kept until everything before them is delivered.
    fn leave_delivered(&mut self) {
        while let Some(Part { range, state: State::Delivered, .. }) = self.parts.front() {
            let last = match range.end {
                End::Before(key) => key.checked_sub(1),
                End::Query | End::Epoch => self.last_until(range),
            };
            self.delivered_to = last.map_or(self.delivered_to, |last| Start::After(Uuid::from_u128(last)));
            self.parts.pop_front();
        }
    }

    /// What was not delivered yet, and what may have come since behind the last datapoint.
    pub(super) fn open(&self) -> Vec<Range> {
        let since = |start| Range { start, end: End::Query };
        if self.in_order && !self.parts.is_empty() {
            return vec![since(self.delivered_to)];
        }
        let mut open: Vec<Range> = Vec::new();
        let mut adjacent = false;
        for part in &self.parts {
            match (&part.state, open.last_mut()) {
                (State::Delivered, _) => {}
                (_, Some(last)) if adjacent && part.range.end != End::Epoch => last.end = part.range.end,
                _ => open.push(part.range),
            }
            adjacent = !matches!(part.state, State::Delivered);
        }
        match self.parts.back() {
            // What lies before 1970 was delivered, wherever it stands.
            None if self.frame.crosses_epoch() => {
                open.push(Range { start: self.delivered_to, end: self.frame.last_border() });
            }
            None => open.push(since(self.delivered_to)),
            Some(Part { range: range @ Range { end: End::Query, .. }, state: State::Delivered, .. }) => {
                open.extend(self.last_until(range).map(|last| since(Start::After(Uuid::from_u128(last)))));
            }
            Some(_) => {}
        }
        open
    }

    /// The last id that was delivered, when this range was, which is the last one, and everything before it.
    fn last_until(&self, range: &Range) -> Option<Key> {
        let before = (range.start != Start::Query).then(|| self.frame.first(range).saturating_sub(1));
        self.last.max(before)
    }

    /// How much is loaded and not delivered.
    pub(super) fn backlog(&self) -> Backlog {
        let mut backlog = Backlog::default();
        for part in &self.parts {
            if let State::Loaded(page) = &part.state {
                backlog.pages += 1;
                backlog.bytes += page.datapoint_bytes;
                backlog.datapoints += part.loaded_rows();
            }
        }
        backlog
    }

    /// How many datapoints the running parts may bring.
    pub(super) fn expected(&self) -> u64 {
        let expected = self.parts.iter().map(|part| match part.state {
            State::Running { expected, .. } => expected.unwrap_or(self.capacity as f64).ceil() as u64,
            _ => 0,
        });
        expected.sum()
    }

    /// Whether what is to be delivered next is not even asked for.
    pub(super) fn first_waits(&self) -> bool {
        matches!(self.parts.front(), Some(Part { state: State::Waiting { .. }, .. }))
    }

    /// Whether everything was delivered.
    pub(super) fn is_done(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a cursor of a page of this part lies before what the part asked for.
    pub(super) fn lies_before(&self, cursor: Uuid, part: PartId) -> bool {
        let part = self.parts.iter().find(|other| other.id == part);
        part.is_some_and(|part| part.range.start != Start::Query && cursor.as_u128() < self.frame.first(&part.range))
    }

    /// Nothing is wanted behind this page, which was delivered.
    pub(super) fn end_behind(&mut self, page: &Page) {
        self.parts.clear();
        if let Some(last) = last_key(page) {
            self.delivered_to = Start::After(Uuid::from_u128(last));
        }
    }

    pub(super) fn clear(&mut self) {
        self.parts.clear();
    }
}

/// The ids of a page, where it has them.
fn ids(page: &Page) -> Option<&FixedSizeBinaryArray> {
    page.batch.column_by_name("id")?.as_fixed_size_binary_opt().filter(|ids| ids.null_count() == 0)
}

fn last_key(page: &Page) -> Option<Key> {
    ids(page).and_then(|ids| key(ids, ids.len().checked_sub(1)?))
}

fn key(ids: &FixedSizeBinaryArray, row: usize) -> Option<Key> {
    let id = (row < ids.len()).then(|| ids.value(row))?;
    id.try_into().ok().map(Key::from_be_bytes)
}

/// Leaves the datapoints of a page whose ids lie before `end`.
fn cut_off(page: &mut Page, end: Key) {
    let rows = page.batch.num_rows();
    let Some(ids) = ids(page) else { return };
    let kept = (0..rows).take_while(|row| key(ids, *row).is_some_and(|id| id < end)).count();
    page.keep(kept);
}

#[cfg(test)]
mod tests;
