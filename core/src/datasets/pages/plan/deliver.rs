//! What is given, in which order, and what is left to give.

use uuid::Uuid;

use super::ids::last_key;
use super::{Backlog, Key, Page, Part, Plan, State};
use crate::datasets::pages::range::{End, Range, Start};

impl Plan {
    /// The next page to deliver: the first of all, or of those that are loaded where order is no matter. Never one without
    /// datapoints.
    pub(in super::super) fn deliver(&mut self) -> Option<Page> {
        let is_loaded = |part: &Part| matches!(part.state, State::Loaded(_));
        let index = if self.in_order { 0 } else { self.parts.iter().position(is_loaded)? };
        let part = self.parts.get_mut(index).filter(|part| is_loaded(part))?;
        let State::Loaded(page) = std::mem::replace(&mut part.state, State::Delivered) else { return None };
        self.last = self.last.max(last_key(&page));
        self.leave_delivered();
        Some(*page)
    }

    /// Whether everything was delivered.
    pub(in super::super) fn is_done(&self) -> bool {
        self.parts.is_empty()
    }

    /// How much is loaded and not delivered.
    pub(in super::super) fn backlog(&self) -> Backlog {
        let mut backlog = Backlog::default();
        for part in &self.parts {
            backlog.datapoints += part.loaded_rows();
            if let State::Loaded(page) = &part.state {
                backlog.pages += 1;
                backlog.bytes += page.datapoint_bytes;
            }
        }
        backlog
    }

    /// Parts are kept until everything before them is delivered.
    pub(super) fn leave_delivered(&mut self) {
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
    pub(in super::super) fn open(&self) -> Vec<Range> {
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

    /// Nothing is wanted behind this page, which was delivered.
    pub(in super::super) fn end_behind(&mut self, page: &Page) {
        self.parts.clear();
        if let Some(last) = last_key(page) {
            self.delivered_to = Start::After(Uuid::from_u128(last));
        }
    }
}
