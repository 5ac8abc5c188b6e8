//! The parts of one query in result order, cut so that every connection is busy.
//!
//! A part is waiting, requested, loaded, evicted, delivered or given up. The next request covers the start of the first
//! waiting part: as much as fits into one page by the density of the previous pages. After the page of a part, the rest
//! of the part waits again and is cut by the density of that page, so a dense part spreads over all connections after
//! one page. After a part with far fewer datapoints than expected, the next request is a *probe*, which extends beyond
//! its part over the parts after it. The page of a probe begins with the next datapoint, so it crosses a gap of any
//! length in one round trip, and the parts in the gap are removed.
//! Parts are small and near the reader, rather than an even share of the query for each connection, so that loaded
//! pages are read soon and few pages wait.
//!
//! The parts form two lists, which differ once a load fails or reaches its limit: the parts to request (the waiting
//! ones), and the open parts (all that are not delivered; see `open`). A part that is given up is only in the second
//! list.
//!
//! A load from the end has a plan of its own: see `backwards`.

mod backwards;
mod deliver;
mod evict;
mod ids;
mod update;

use std::collections::VecDeque;

use backwards::Backwards;
pub(super) use evict::MAX_INSPECTIONS;
use uuid::Uuid;

use super::density::Density;
use super::page::Page;
use super::range::{End, Frame, Key, MILLISECOND, Range, Start};
use crate::schema::extent::TemporalExtent;

/// The id of a part.
pub(super) type PartId = u64;

/// Fraction of the expected datapoints below which a part lies in a gap.
const SPARSE: f64 = 0.25;
/// Factor by which parts grow from one to the next within a burst.
const GROWTH: f64 = 4.0;

/// The parts of a query.
#[derive(Debug)]
pub(super) struct Plan {
    frame: Frame,
    in_order: bool,
    parts: VecDeque<Part>,
    next_id: PartId,
    /// Whether ids lie in the range of the query, so that parts can be cut by ids.
    cuttable: bool,
    /// Whether `cuttable` and the density are assumptions, because no page has arrived yet.
    is_assumed: bool,
    /// Number of datapoints of the fullest page so far.
    capacity: usize,
    density: Density,
    /// The start of the first open range.
    start: Start,
    /// The last delivered id in the range of the query.
    last: Option<Key>,
    /// The state of a load from the end; `None` from the start.
    backwards: Option<Backwards>,
}

#[derive(Debug)]
struct Part {
    id: PartId,
    range: Range,
    /// Whether it is a piece of the [time before 1970](End::Epoch), which does not follow the part before it.
    is_before_epoch: bool,
    /// Whether a load from the end delivers its pages in the order of the server.
    is_forward: bool,
    /// Number of windows that a load from the end may still cut from it before a page of one arrives; `None` for any number.
    trials: Option<u8>,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting {
        /// Number of ids that one page covers here, if known.
        ids_per_page: Option<f64>,
        /// Whether its request extends beyond the part.
        probe: bool,
    },
    Requested {
        /// End of the request: that of the part, or beyond it.
        asked_to: End,
        /// Number of pages that its datapoints fill, if the density is known.
        expected: Option<f64>,
    },
    Loaded(Box<Page>),
    /// Inspected, then evicted to its encoded form because the reader is far from it.
    Evicted {
        rows: usize,
    },
    /// Keeps its place until everything before it is delivered.
    Delivered,
    /// Left to the load that resumes this one, after a failure or at a limit.
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

    /// Returns whether the part has a call or an encoded page.
    fn has_response(&self) -> bool {
        matches!(self.state, State::Requested { .. } | State::Evicted { .. })
    }

    fn is_delivered(&self) -> bool {
        matches!(self.state, State::Delivered)
    }
}

/// The request for a part.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    pub(super) part: PartId,
    pub(super) extent: TemporalExtent,
    pub(super) after: Option<Uuid>,
    /// Number of loaded datapoints before it.
    pub(super) loaded_before: u64,
}

/// The decoded pages that are not delivered yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Backlog {
    pub(super) pages: usize,
    pub(super) bytes: usize,
    /// Number of their datapoints, including those of evicted pages.
    pub(super) datapoints: u64,
}

impl Plan {
    /// Creates a plan for the open ranges of a query.
    pub(super) fn new(frame: Frame, open: &[Range], in_order: bool) -> Self {
        let end_before_epoch = frame.end_before_epoch();
        let mut plan = Self {
            frame,
            // The place of ids before 1970 is unknown, and so is the place of the ids after them.
            in_order: in_order || frame.crosses_epoch(),
            parts: VecDeque::new(),
            next_id: 0,
            cuttable: false,
            is_assumed: false,
            capacity: 0,
            density: Density::default(),
            start: open.first().map_or(Start::Query, |range| range.start),
            last: open.iter().rev().find(|range| range.end != End::Epoch).and_then(|range| match range.start {
                Start::After(id) => Some(id.as_u128()).filter(|last| end_before_epoch.is_none_or(|end| *last < end)),
                Start::At(key) => key.checked_sub(1),
                Start::Query => None,
            }),
            backwards: None,
        };
        for range in open {
            if let Some(Part { range: Range { end: End::Before(end), .. }, .. }) = plan.parts.back()
                && range.end != End::Epoch
            {
                // The ids between two open ranges were delivered.
                let between = Range { start: Start::At(*end), end: End::Before(frame.first(range)) };
                let between = plan.part(between, State::Delivered);
                plan.parts.push_back(between);
            }
            let part = plan.part(*range, State::Waiting { ids_per_page: None, probe: false });
            plan.parts.push_back(part);
        }
        plan
    }

    /// Assumes the density of a query before its first request: `datapoints` datapoints in a range of `ids` ids, in
    /// pages of `capacity`.
    ///
    /// The first requests then are parts, too. The first page shows whether the assumption holds.
    pub(super) fn assume_density(&mut self, datapoints: u64, ids: f64, capacity: usize) {
        self.density.add(ids * capacity as f64 / datapoints.max(1) as f64, 1.0);
        (self.capacity, self.cuttable, self.is_assumed) = (capacity, true, true);
        for part in &mut self.parts {
            part.state = State::Waiting { ids_per_page: self.density.ids_per_page(), probe: false };
        }
    }

    fn part(&mut self, range: Range, state: State) -> Part {
        self.next_id += 1;
        Part {
            id: self.next_id,
            range,
            is_before_epoch: range.end == End::Epoch,
            is_forward: false,
            trials: None,
            state,
        }
    }

    /// Returns the next request, if a part waits. `share` is the maximum number of requests in flight; if it is 1,
    /// parts of a load from the start are not cut. `remaining` is the number of datapoints until the limit.
    pub(super) fn begin(&mut self, share: usize, remaining: Option<u64>) -> Option<Request> {
        let may_begin = |part: &Part| matches!(part.state, State::Waiting { .. }) && part.trials != Some(0);
        let index = self.parts.iter().position(may_begin)?;
        if self.backwards.is_some() {
            let ids_per_page = self.cut_window(index, remaining)?;
            let asked_to = self.parts[index].range.end;
            return Some(self.request(index, asked_to, ids_per_page));
        }
        let State::Waiting { ids_per_page, probe } = self.parts[index].state else { return None };
        if self.running_after_probe(index) > share / 4 {
            return None;
        }
        let alone = share == 1;
        let whole = self.parts[index].range;
        let mut asked_to = whole.end;
        let cut = if alone { None } else { ids_per_page.and_then(|ids_per_page| self.cut(&whole, ids_per_page)) };
        if let Some(cut) = cut {
            let rest = Range { start: Start::At(cut), end: whole.end };
            // A burst may be short or long, so parts grow within it.
            let in_burst =
                ids_per_page.zip(self.density.ids_per_page()).is_some_and(|(here, usual)| here < usual * SPARSE);
            let ids_per_page =
                if in_burst { ids_per_page.map(|ids_per_page| ids_per_page * GROWTH) } else { ids_per_page };
            let rest = self.part(rest, State::Waiting { ids_per_page, probe: false });
            self.parts.insert(index + 1, rest);
            self.parts[index].range.end = End::Before(cut);
            if !probe {
                asked_to = End::Before(cut);
            }
        }
        Some(self.request(index, asked_to, ids_per_page))
    }

    /// Marks the part at an index as requested, up to `asked_to`.
    fn request(&mut self, index: usize, asked_to: End, ids_per_page: Option<f64>) -> Request {
        let expected = ids_per_page.and_then(|ids_per_page| Some(self.width(&self.parts[index].range)? / ids_per_page));
        let part = &mut self.parts[index];
        part.state = State::Requested { asked_to, expected };
        let (extent, after) = self.frame.request(&Range { start: part.range.start, end: asked_to });
        let (part, before) = (part.id, self.parts.iter().take(index));
        Request { part, extent, after, loaded_before: before.map(Part::loaded_rows).sum() }
    }

    /// Returns whether the load begins at the end.
    pub(super) fn is_backwards(&self) -> bool {
        self.backwards.is_some()
    }

    /// Returns the number of requested parts, up to this one, that an earlier probe covers. Most of them are empty.
    fn running_after_probe(&self, index: usize) -> usize {
        let mut seen = None;
        let mut behind = 0;
        for part in self.parts.iter().take(index) {
            if let State::Requested { asked_to, .. } = part.state {
                behind += usize::from(Some(part.range.end) <= seen);
                seen = seen.max(Some(asked_to));
            }
        }
        behind + usize::from(Some(self.parts[index].range.end) <= seen)
    }

    /// Returns the number of ids in a range.
    fn width(&self, range: &Range) -> Option<f64> {
        let end = self.frame.end(range)?;
        Some(end.saturating_sub(self.frame.begin(range)) as f64)
    }

    /// Returns the key at which a range has filled a page, moved to the start of a millisecond if that is near.
    fn cut(&self, range: &Range, ids_per_page: f64) -> Option<Key> {
        let first = self.frame.begin(range);
        let length = ids_per_page * self.density.fill();
        // A small rest is not worth a request.
        if !self.cuttable || self.width(range)? <= length * 1.1 {
            return None;
        }
        let length = (length as Key).max(1);
        let cut = first.saturating_add(length);
        let border = cut - cut % MILLISECOND;
        let near = border > first && (cut - border <= length / 4 || self.is_assumed);
        let cut = if near { border } else { cut };
        // A cut within a millisecond is safe only after a page has shown ids.
        (cut < self.frame.end(range)? && (near || !self.is_assumed)).then_some(cut)
    }

    /// Returns the estimated number of datapoints in the requested parts.
    pub(super) fn expected(&self) -> u64 {
        let expected = self.parts.iter().map(|part| match part.state {
            State::Requested { expected, .. } => {
                (expected.unwrap_or(1.0).min(1.0) * self.capacity as f64).ceil() as u64
            }
            _ => 0,
        });
        expected.sum()
    }

    /// Returns whether the part to deliver next is not requested yet.
    pub(super) fn first_waits(&self) -> bool {
        matches!(self.parts.front(), Some(Part { state: State::Waiting { .. }, .. }))
    }
}

#[cfg(test)]
mod tests;
