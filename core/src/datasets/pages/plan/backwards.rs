//! The plan of a load from the end of a query.
//!
//! The server only pages forwards, so the plan cuts windows from the end: as many ids as fit into one page by the density
//! of the previous windows. The parts stand in the order of their delivery, the latest first; the rows of a page are
//! reversed when it is delivered.
//!
//! A window with more datapoints than a page leaves its rest, which is later and therefore precedes the page. It is cut
//! by the density of that page. After empty windows, the next ones grow, so that they cross a gap in a number of requests that
//! is logarithmic in its length. No request can skip a gap from its end.
//!
//! The rest of a window begins with datapoints, but may end with a gap. So only a few windows are cut from it before one of
//! them arrives. If that is empty, each further window takes half of what is left.

use super::ids::{first_key, ids, last_key};
use super::{Key, MILLISECOND, Page, Part, PartId, Plan, SPARSE, State};
use crate::datasets::pages::range::{End, Frame, Range, Start};

/// Assumed number of datapoints of a page, until a page is full.
const USUAL_CAPACITY: usize = 1000;
/// Divisor of the range of a query that yields its first window, if its density is unknown.
const FIRST_WINDOW: f64 = 64.0;
/// Factor by which a window grows after one with few datapoints, while the density is unknown.
const GROWTH: f64 = 4.0;
/// Factor by which the next window grows for each empty one in flight.
const GAP_GROWTH: f64 = 2.0;
/// Number of windows at the end of the rest of a window that are requested before one of them arrives. The rest begins with
/// datapoints, but its end may be a gap.
const TRIALS: u8 = 4;
/// Factor by which a window grows in the search for the datapoints of a limit.
const LIMITED_GROWTH: f64 = 16.0;
/// Number of pages in a window after all known datapoints, if there are more than a page.
const PAGES_AFTER_DATA: f64 = 16.0;
/// Number of datapoints that a window for a few datapoints is expected to have: this many times the wanted ones, and some
/// more, because the number of datapoints in a window depends on chance.
const SURPLUS: f64 = 2.0;
const SOME_MORE: f64 = 16.0;

/// The state of a load from the end.
#[derive(Debug)]
pub(super) struct Backwards {
    /// The open ranges at the start of the load, in the order of time.
    open: Vec<Range>,
    /// Whether no page has been full, so that the capacity is a guess.
    is_guess: bool,
    /// Whether the load has a limit.
    is_limited: bool,
}

impl Plan {
    /// Creates the plan of a load from the end, in pages of `capacity` datapoints. `contents` are the number of datapoints in
    /// a number of ids, if they are known.
    pub(in crate::datasets::pages) fn newest_first(
        frame: Frame,
        open: &[Range],
        in_order: bool,
        capacity: Option<usize>,
        contents: Option<(u64, f64)>,
    ) -> Self {
        let mut plan = Self::new(frame, open, in_order);
        plan.capacity = capacity.unwrap_or(USUAL_CAPACITY).max(1);
        let first = match contents.filter(|(datapoints, _)| *datapoints > 0) {
            Some((datapoints, ids)) => {
                plan.density.add(ids.max(1.0) * plan.capacity as f64 / datapoints as f64, 1.0);
                plan.density.ids_per_page()
            }
            None => plan
                .width(&Range { end: plan.frame.last_border(), ..Range::ALL })
                .map(|ids| (ids / FIRST_WINDOW).max(MILLISECOND as f64)),
        };
        (plan.cuttable, plan.is_assumed) = (true, true);
        plan.backwards = Some(Backwards { open: open.to_vec(), is_guess: capacity.is_none(), is_limited: false });
        plan.queue(first);
        plan
    }

    /// Queues the open ranges, the latest first.
    fn queue(&mut self, ids_per_page: Option<f64>) {
        self.parts.clear();
        let open = self.backwards.as_ref().map_or_else(Vec::new, |backwards| backwards.open.clone());
        let mut before_epoch = None;
        for range in open {
            if range.end == End::Epoch {
                before_epoch = Some(range);
                continue;
            }
            let mut main = range;
            if self.frame.crosses_epoch() && range.end == End::Query {
                before_epoch = Some(Range { end: End::Epoch, ..range });
                main.end = self.frame.last_border();
            }
            if self.frame.begins_before(&main, MILLISECOND) {
                // Ids of the time before 1970 may begin with zeros, too, so this millisecond is requested as time and in the
                // order of the server.
                let first = match main.start {
                    Start::Query => Start::At(0),
                    start => start,
                };
                let is_all = self.frame.border(&main) <= MILLISECOND;
                let end = if is_all { main.end } else { End::Before(MILLISECOND) };
                self.push_latest(Range { start: first, end }, None, true);
                if is_all {
                    continue;
                }
                main.start = Start::At(MILLISECOND);
            }
            self.push_latest(main, ids_per_page, false);
        }
        if let Some(range) = before_epoch {
            let part = self.part(range, State::Waiting { ids_per_page: None, probe: false });
            self.parts.push_back(Part { is_forward: true, ..part });
        }
    }

    fn push_latest(&mut self, range: Range, ids_per_page: Option<f64>, is_forward: bool) {
        let part = self.part(range, State::Waiting { ids_per_page, probe: false });
        self.parts.push_front(Part { is_forward, ..part });
    }

    /// Cuts the window of the next request from the end of the waiting part at an index. `remaining` is the number of
    /// datapoints until the limit. Returns the number of ids of a page, or `None` if no request can be sent now.
    pub(super) fn cut_window(&mut self, index: usize, remaining: Option<u64>) -> Option<Option<f64>> {
        let Part { range, state: State::Waiting { ids_per_page, probe }, is_forward, .. } = self.parts[index] else {
            return None;
        };
        // One window after the other grows until the density is known.
        let is_searching = self.density.ids_per_page().is_none() && self.cuttable && !is_forward;
        if is_searching && self.parts.iter().any(|part| matches!(part.state, State::Requested { .. })) {
            return None;
        }
        if let Some(backwards) = &mut self.backwards {
            backwards.is_limited = remaining.is_some();
        }
        let before: u64 = self.parts.iter().take(index).map(Part::loaded_rows).sum();
        let wanted = remaining.map(|remaining| remaining.saturating_sub(before) as f64 * SURPLUS + SOME_MORE);
        let pages = wanted.map_or(f64::MAX, |wanted| wanted / self.capacity as f64).min(self.density.fill());
        let cut = ids_per_page.filter(|_| !is_forward).and_then(|ids| match self.frame.after_data(&range) {
            // A search sets the length of the window itself.
            None if probe => self.cut_from_end(&range, ids.max(self.half_of_rest(&range))),
            None => self.cut_from_end(&range, ids * pages),
            Some(beyond) => self.cut_after_data(&range, ids, beyond),
        });
        if let Some(cut) = cut {
            let rest = Range { end: End::Before(cut), ..range };
            let trials = self.parts[index].trials.map(|trials| trials.saturating_sub(1));
            let rest = self.part(rest, State::Waiting { ids_per_page, probe });
            self.parts.insert(index + 1, Part { trials, ..rest });
            self.parts[index].range.start = Start::At(cut);
        }
        Some(ids_per_page)
    }

    /// Returns the key at which the last `length` ids of a range begin, moved to the start of a millisecond if that is near.
    fn cut_from_end(&self, range: &Range, length: f64) -> Option<Key> {
        if !self.cuttable {
            return None;
        }
        let (first, end) = (self.frame.begin(range), self.frame.end(range)?);
        if end.saturating_sub(first) as f64 <= length * 1.1 {
            return None;
        }
        let length = (length as Key).max(1);
        let cut = end.saturating_sub(length);
        let border = cut - cut % MILLISECOND;
        // A cut within a millisecond is safe only after a page has shown ids.
        let near = self.is_assumed || cut - border <= length / 4;
        let cut = if near && border > first { border } else { cut };
        (cut > first && (!self.is_assumed || cut.is_multiple_of(MILLISECOND))).then_some(cut)
    }

    /// Returns the key at which a window in the time after all known datapoints begins, which is `beyond` ids after them. The
    /// time before the window is a multiple of that distance, so that the end of the datapoints is found in a few requests.
    /// The first request covers all of it: usually there is nothing.
    fn cut_after_data(&self, range: &Range, ids_per_page: f64, beyond: Key) -> Option<Key> {
        if !self.cuttable || self.is_assumed || !matches!(range.start, Start::After(_)) {
            return None;
        }
        let length = (ids_per_page * PAGES_AFTER_DATA).max(beyond as f64 * GROWTH);
        let cut = self.frame.first(range).saturating_add((length as Key).max(1));
        let cut = cut - cut % MILLISECOND;
        (cut > self.frame.first(range) && cut < self.frame.border(range)).then_some(cut)
    }

    /// Returns whether the ids of a page lie in the requested range.
    fn lies_within(&self, range: &Range, page: &Page) -> bool {
        let places = self.frame.first(range)..self.frame.border(range);
        [first_key(page), last_key(page)].into_iter().all(|id| id.is_some_and(|id| places.contains(&id)))
    }

    /// Takes the page of a part. Returns the requested parts that are no longer needed.
    pub(super) fn update_backwards(&mut self, index: usize, page: Page) -> Vec<PartId> {
        let Part { range, state: State::Requested { expected, .. }, is_before_epoch, is_forward, id, .. } =
            self.parts[index]
        else {
            return Vec::new();
        };
        let rows = page.batch.num_rows();
        if rows > 0 && !is_forward && std::mem::take(&mut self.is_assumed) && !self.lies_within(&range, &page) {
            return self.start_over_backwards(id);
        }
        if !is_forward {
            self.learn_capacity(&page);
        }
        let mut index = index;
        if let Some(cursor) = page.next {
            let covered = End::Before(cursor.as_u128().saturating_add(1));
            let rest = Range { start: Start::After(cursor), ..range };
            if is_forward {
                self.parts[index].range.end = covered.min(range.end);
                let rest = self.part(rest, State::Waiting { ids_per_page: None, probe: false });
                self.parts.insert(index + 1, Part { is_before_epoch, is_forward, ..rest });
            } else {
                self.cuttable &= self.frame.holds(cursor) && ids(&page).is_some();
                let ids_per_page = Some(self.learn_overflow(&range, cursor.as_u128(), &page));
                self.parts[index].range.end = covered.min(range.end);
                let rest = self.part(rest, State::Waiting { ids_per_page, probe: false });
                self.parts.insert(index, Part { trials: Some(TRIALS), ..rest });
                index += 1;
            }
        } else if let Some(end) = self.frame.end(&range).filter(|_| !is_forward) {
            let width = (end.saturating_sub(self.frame.begin(&range)) as f64).max(1.0);
            let pages = rows as f64 / self.capacity.max(1) as f64;
            self.density.add(width, pages);
            if let Some(expected) = expected {
                self.density.compare(expected, pages);
            }
            let is_sparse = expected.is_none_or(|expected| pages < expected.min(1.0) * SPARSE);
            let is_limited = self.backwards.as_ref().is_some_and(|backwards| backwards.is_limited);
            // Nothing where a page was expected is a gap, and the density of what precedes it says nothing about its length.
            let is_gap = rows == 0 && expected.is_some_and(|expected| expected >= 1.0);
            let is_searching = is_gap || is_sparse && (is_limited || self.density.ids_per_page().is_none());
            let growth = if is_limited { LIMITED_GROWTH } else { GROWTH };
            self.update_next_window(index, is_searching.then_some(width * growth));
        }
        self.end_trials(index);
        self.hold(index, page);
        self.drop_delivered();
        Vec::new()
    }

    /// Allows any number of windows from the waiting part after a part whose page arrived.
    fn end_trials(&mut self, index: usize) {
        if let Some(next) = self.next_to_cut(index) {
            self.parts[next].trials = None;
        }
    }

    /// Returns the index of the next part after a part from whose end windows are cut.
    fn next_to_cut(&self, index: usize) -> Option<usize> {
        let is_next = |part: &Part| matches!(part.state, State::Waiting { ids_per_page: Some(_), .. });
        (index + 1..self.parts.len()).find(|index| is_next(&self.parts[*index]))
    }

    /// Returns half of the ids of the rest of a window, which begins with datapoints; 0 for any other range. Windows of half of
    /// what is left end near these datapoints, in a number of requests that is logarithmic in the length of the gap.
    fn half_of_rest(&self, range: &Range) -> f64 {
        match range.start {
            Start::After(_) => self.width(range).unwrap_or(0.0) / 2.0,
            Start::Query | Start::At(_) => 0.0,
        }
    }

    /// Learns the number of datapoints of a page: that of the fullest page with a cursor. Until then, it grows with the pages
    /// that are as full as assumed.
    fn learn_capacity(&mut self, page: &Page) {
        let rows = page.batch.num_rows();
        let Some(backwards) = &mut self.backwards else { return };
        let capacity = match (page.next, backwards.is_guess) {
            (Some(_), true) if rows > 0 => {
                backwards.is_guess = false;
                rows
            }
            (Some(_), _) => self.capacity.max(rows),
            (None, true) if rows * 5 >= self.capacity * 4 => rows * 2,
            (None, _) => return,
        };
        let factor = capacity as f64 / self.capacity.max(1) as f64;
        self.capacity = capacity;
        self.density.scale(factor);
        for part in &mut self.parts {
            if let State::Waiting { ids_per_page: Some(ids), .. } = &mut part.state {
                *ids *= factor;
            }
        }
    }

    /// Updates the density with a page that did not hold all of its window. Returns the number of ids of a page after it.
    fn learn_overflow(&mut self, range: &Range, cursor: Key, page: &Page) -> f64 {
        let rows = page.batch.num_rows();
        let width = |from: Key| (cursor.saturating_sub(from) as f64).max(1.0);
        let whole = width(self.frame.begin(range));
        match first_key(page) {
            // The gap before its first datapoint says nothing about the density after its last one.
            Some(first) if rows >= 2 && rows * 2 >= self.capacity => {
                self.density.add(whole, rows as f64 / self.capacity as f64);
                width(first) / (rows - 1) as f64 * self.capacity as f64
            }
            // A filter may reject most datapoints, so the range that one request covers counts.
            _ => {
                self.density.add(whole, 1.0);
                whole
            }
        }
    }

    /// Sets the size of the next window after the part at an index: by the density, or in a search, which follows a window
    /// with few datapoints, `least` ids. A page that arrived from between says more about the next window.
    fn update_next_window(&mut self, index: usize, least: Option<f64>) {
        let known: Option<f64> = self.density.ids_per_page();
        let Some(next) = self.next_to_cut(index) else { return };
        let mut between = self.parts.range(index + 1..next);
        let says_more = match least {
            Some(_) => between.any(|part| part.loaded_rows() > 0),
            None => between.any(|part| !matches!(part.state, State::Requested { .. })),
        };
        if says_more {
            return;
        }
        if let State::Waiting { ids_per_page: Some(ids), probe } = &mut self.parts[next].state {
            // Windows in flight were cut before it, so each empty one lengthens it.
            let longer = if *probe { *ids * GAP_GROWTH } else { 0.0 };
            *ids = least.map_or_else(|| known.unwrap_or(*ids), |least| least.max(longer));
            *probe = least.is_some();
        }
    }

    /// Restarts the query without cuts, because the first page has ids outside of its window. Returns the other parts with a
    /// call or an encoded page.
    fn start_over_backwards(&mut self, arrived: PartId) -> Vec<PartId> {
        self.cuttable = false;
        let has_failed = self.parts.iter().any(|part| matches!(part.state, State::GivenUp));
        let running: Vec<_> = self.parts.iter().filter(|part| part.has_response()).map(|part| part.id).collect();
        self.queue(None);
        if has_failed {
            self.give_up_all();
        }
        running.into_iter().filter(|part| *part != arrived).collect()
    }

    /// Keeps the last `most` datapoints of a page that reaches the limit. Gives up the rest of its part and all other parts.
    pub(super) fn end_before(&mut self, index: usize, page: &mut Page, most: usize) {
        page.keep_last(most);
        if let (Some(first), Some(part)) = (first_key(page), self.parts.get_mut(index)) {
            let rest = Range { end: End::Before(first), ..part.range };
            part.range.start = Start::At(first);
            if self.frame.first(&rest) < first {
                let rest = self.part(rest, State::GivenUp);
                self.parts.insert(index + 1, rest);
            }
        }
        self.give_up_all();
    }

    /// Returns whether the next page to deliver holds datapoints before 1970, and a limit of `most` datapoints selects some
    /// of them. The order of their ids is unspecified, so it is unknown which are the latest.
    pub(in crate::datasets::pages) fn must_order_before_1970(&self, most: usize) -> bool {
        self.backwards.is_some()
            && self.parts.front().is_some_and(|part| match &part.state {
                State::Loaded(page) => part.is_before_epoch && (page.batch.num_rows() > most || page.next.is_some()),
                _ => false,
            })
    }
}
