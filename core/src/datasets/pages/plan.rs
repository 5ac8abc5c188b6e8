//! Who loads what: the parts of one query in the order of its result, cut so that every connection has something to do.
//!
//! A part is waiting, running, loaded, delivered or given up. Whoever has a connection to spare takes the first part that waits and
//! as much of it as fits into one page: how much that is, the pages before it say. What a page leaves of its part waits
//! again, and is cut by what that page showed, so that a dense part spreads over all connections as soon as its first
//! page is there. Where a part was much emptier than thought, the next request goes beyond its part up to the end (a
//! *probe*): its page begins with the next datapoint, wherever that is, and so crosses any gap in one round trip; the
//! parts that turn out to lie in the gap are taken back.
//!
//! Parts are small and near the reader, instead of an even share of the query for each connection: all that is loaded
//! is read soon, and what waits to be read is bounded.
//!
//! Two lists are read off the parts, and they differ once a load fails or reaches its limit: what is still to be requested
//! (the parts that wait) and what was not delivered (every part but those that were, in `open`). A part that is given up
//! leaves the first list and stays in the second.

mod arrive;
mod deliver;
mod evict;
mod ids;

use std::collections::VecDeque;

pub(super) use evict::MAX_INSPECTIONS;
use uuid::Uuid;

use super::density::Density;
use super::page::Page;
use super::range::{End, Frame, Key, MILLISECOND, Range, Start};
use crate::schema::extent::TemporalExtent;

/// Names a part.
pub(super) type PartId = u64;

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
    /// Whether that is only thought, because nothing was seen yet.
    presumed: bool,
    /// How many datapoints a full page has, as far as was seen.
    capacity: usize,
    density: Density,
    /// Where it began.
    start: Start,
    /// How far the last datapoint goes that was delivered, of those that stand where the query says that they should.
    last: Option<Key>,
}

#[derive(Debug)]
struct Part {
    id: PartId,
    range: Range,
    /// Whether it is a piece of the [time before 1970](End::Epoch), which does not follow the part before it.
    is_before_epoch: bool,
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
        /// How many pages of datapoints it may have, where something is known.
        expected: Option<f64>,
    },
    Loaded(Box<Page>),
    /// Its page was inspected and evicted to its encoded form, because the reader is far from it.
    Evicted {
        rows: usize,
    },
    /// Keeps its place until everything before it is delivered too.
    Delivered,
    /// Neither requested nor delivered by this load: what a failure or a limit leaves to the load that resumes it.
    GivenUp,
}

impl Part {
    fn loaded_rows(&self) -> u64 {
        match &self.state {
            State::Loaded(page) => page.batch.num_rows() as u64,
            State::Evicted { rows } => *rows as u64,
            _ => 0,
        }
    }

    /// Whether a call or an encoded page is held for it.
    fn has_response(&self) -> bool {
        matches!(self.state, State::Running { .. } | State::Evicted { .. })
    }

    fn is_delivered(&self) -> bool {
        matches!(self.state, State::Delivered)
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
        let end_before_epoch = frame.end_before_epoch();
        let mut plan = Self {
            frame,
            // Where ids of the time before 1970 stand is not known, so neither is what else stands behind them.
            in_order: in_order || frame.crosses_epoch(),
            parts: VecDeque::new(),
            next_id: 0,
            cuttable: false,
            presumed: false,
            capacity: 0,
            density: Density::default(),
            start: open.first().map_or(Start::Query, |range| range.start),
            last: open.iter().rev().find(|range| range.end != End::Epoch).and_then(|range| match range.start {
                Start::After(id) => Some(id.as_u128()).filter(|last| end_before_epoch.is_none_or(|end| *last < end)),
                Start::At(key) => key.checked_sub(1),
                Start::Query => None,
            }),
        };
        for range in open {
            if let Some(Part { range: Range { end: End::Before(end), .. }, .. }) = plan.parts.back()
                && range.end != End::Epoch
            {
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

    /// Before anything is asked: there are so many datapoints, more than one page of them, with room for so many ids.
    ///
    /// So the first requests can be cut, too, and several go out at once. What the first page shows decides whether that
    /// was right.
    pub(super) fn presume(&mut self, datapoints: u64, ids: f64, capacity: usize) {
        self.density.add(ids * capacity as f64 / datapoints.max(1) as f64, 1.0);
        (self.capacity, self.cuttable, self.presumed) = (capacity, true, true);
        for part in &mut self.parts {
            part.state = State::Waiting { reach: self.density.reach(), probe: false };
        }
    }

    fn part(&mut self, range: Range, state: State) -> Part {
        self.next_id += 1;
        Part { id: self.next_id, range, is_before_epoch: range.end == End::Epoch, state }
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
        let expected = reach.and_then(|reach| Some(self.width(&self.parts[index].range)? / reach));
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
        Some(end.saturating_sub(self.frame.begin(range)) as f64)
    }

    /// Where to cut a range so that the first part of it fills a page: between two milliseconds where one is near.
    fn cut(&self, range: &Range, reach: f64) -> Option<Key> {
        let first = self.frame.begin(range);
        let length = reach * self.density.fill();
        // What is left of it would not be worth a request.
        if !self.cuttable || self.width(range)? <= length * 1.1 {
            return None;
        }
        let length = (length as Key).max(1);
        let cut = first.saturating_add(length);
        let border = cut - cut % MILLISECOND;
        let near = border > first && (cut - border <= length / 4 || self.presumed);
        let cut = if near { border } else { cut };
        // Within a millisecond it is cut by ids, which have to be seen first.
        (cut < self.frame.end(range)? && (near || !self.presumed)).then_some(cut)
    }

    /// How many datapoints the running parts may bring.
    pub(super) fn expected(&self) -> u64 {
        let expected = self.parts.iter().map(|part| match part.state {
            State::Running { expected, .. } => (expected.unwrap_or(1.0).min(1.0) * self.capacity as f64).ceil() as u64,
            _ => 0,
        });
        expected.sum()
    }

    /// Whether what is to be delivered next is not even asked for.
    pub(super) fn first_waits(&self) -> bool {
        matches!(self.parts.front(), Some(Part { state: State::Waiting { .. }, .. }))
    }
}

#[cfg(test)]
mod tests;
