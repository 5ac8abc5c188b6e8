//! The pages of one query as a machine: several requests at once, one result in order.
//!
//! | file | holds |
//! |---|---|
//! | `plan` | the parts of a query, and who loads which |
//! | `density` | how dense its datapoints are |
//! | `range` | what a part asks for |
//! | `page` | what comes back |
//! | `position` | where a load stands |
//! | `read_ahead` | how much may wait to be read |

mod density;
mod page;
mod plan;
mod position;
mod range;
mod read_ahead;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub use page::Page;
pub use position::Position;
pub use read_ahead::ReadAhead;

use super::rpc::QueryDatapoints;
use super::scope::{Paging, QueryScope};
use crate::columns::PageDecoder;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::caller::Caller;
use crate::protocol::calls::{Calls, Unseal};
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrived, Machine, Output, RequestId};
use crate::protocol::retry::{self, Idempotency};
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::time::Instant;
use plan::{GLANCES, PartId, Plan};
use range::{Frame, Range};

/// How many pages in a row may be empty and still point to another one.
///
/// A filter may leave a page empty; a server that never comes to an end must not keep its caller for ever.
const MAX_EMPTY_PAGES: u32 = 1000;

/// The pages of a query.
///
/// Gives the pages as items: in order, or as they come, as the [`Paging`] says. Together they hold each datapoint of the
/// query once, whatever was loaded at the same time; at least one page comes, which may be empty.
///
/// The first request asks for everything, so a query that fits into one page is one exchange. Where its page is not the
/// last one, what is left is cut into parts of about a page, and as many of them are under way as the
/// [budget](crate::protocol::budget::Budget) of the caller has for this load and the [`ReadAhead`] has room for. A budget of one
/// exchange follows the cursor from page to page, with one page ahead of the reader.
///
/// A page takes several times the memory of its answer, so answers that come [sealed](crate::protocol::machine::Arrived::Sealed) are
/// decoded when the reader is near them. Others are only looked at, while nothing better is to be done.
///
/// What follows a part that cannot be loaded is given up; what lies before it is still given, then the error.
pub struct Pages {
    caller: Caller,
    scope: QueryScope,
    purpose: String,
    decoder: PageDecoder,
    page_size: Option<i64>,
    limit: Option<u64>,
    read_ahead: ReadAhead,
    plan: Plan,
    calls: Calls<PartId, Page>,
    /// How many bytes the largest page holds so far.
    page_bytes: usize,
    /// The same of the answers as they were transferred.
    response_bytes: usize,
    empty_pages: u32,
    /// How many datapoints were given, those before a saved position included.
    delivered: u64,
    /// What ends the load behind what can still be given.
    failure: Option<Error>,
    /// Whether a page was given, so that the columns of the result are known.
    any: bool,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("scope", &self.scope)
            .field("delivered", &self.delivered)
            .field("limit", &self.limit)
            .field("under_way", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl Pages {
    /// The pages of the query that `scope` describes, read by `decoder`. `purpose` completes "cannot …" in an error.
    ///
    /// Parts are told by the ids of datapoints: with a decoder that leaves the column `id` out, one page is loaded after
    /// the other.
    ///
    /// # Errors
    ///
    /// When a page size or a limit is zero, or beyond what the protocol can say, or a position has the nil id.
    pub fn new(
        caller: Caller,
        scope: QueryScope,
        paging: Paging,
        purpose: impl Into<String>,
        decoder: PageDecoder,
    ) -> Result<Self> {
        let purpose = purpose.into();
        if let Err((reason, advice)) = paging.check() {
            return Err(Error::invalid(purpose, reason, advice));
        }
        let frame = Frame::new(scope.extent, paging.contents.availability);
        // The first datapoints are wanted where there is a limit, and which they are only order tells.
        let in_order = paging.in_order || paging.limit.is_some();
        let mut plan = Plan::new(frame, paging.position.open(), in_order);
        if let Some((datapoints, ids, page_size)) = presumption(&frame, &scope, &paging) {
            plan.presume(datapoints, ids, page_size);
        }
        if paging.limit.is_some_and(|limit| limit <= paging.position.delivered()) {
            plan.give_up_all();
        }
        Ok(Self {
            plan,
            caller,
            scope,
            purpose,
            decoder,
            page_size: paging.page_size.and_then(|size| i64::try_from(size).ok()),
            limit: paging.limit,
            read_ahead: paging.read_ahead,
            calls: Calls::new(),
            page_bytes: 0,
            response_bytes: 0,
            empty_pages: 0,
            delivered: paging.position.delivered(),
            failure: None,
            any: false,
        })
    }

    /// Where the load stands behind the pages that were given: another one with this position gives the rest.
    ///
    /// Behind the last page it is behind the last datapoint, so that a later load asks for what has come since.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::new(self.delivered, self.plan.open())
    }

    /// How many requests are being waited for, those included that wait to be repeated.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.calls.under_way()
    }

    /// How many pages are loaded and wait to be given, decoded or not.
    #[must_use]
    pub fn ahead(&self) -> usize {
        self.plan.backlog().pages + self.calls.len() - self.calls.under_way()
    }

    /// How many of them are decoded, or being decoded.
    #[must_use]
    pub fn decoded(&self) -> usize {
        self.plan.backlog().pages + self.calls.decoding()
    }

    /// How many datapoints are still wanted.
    fn remaining(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.delivered))
    }

    /// Asks for as many parts as there is room for.
    fn begin_calls(&mut self) {
        while self.has_room() {
            let Some(request) = self.plan.begin(self.caller.lease.share()) else { return };
            let scope = QueryScope { extent: request.extent, ..self.scope.clone() };
            let wanted = self.remaining().map(|remaining| remaining.saturating_sub(request.loaded_before));
            let wanted = wanted.map(|wanted| i64::try_from(wanted.max(1)).unwrap_or(i64::MAX));
            let pagination = Pagination {
                limit: match (self.page_size, wanted) {
                    (Some(size), Some(wanted)) => Some(size.min(wanted)),
                    (size, wanted) => size.or(wanted),
                },
                starting_after: request.after.map(id::to_wire),
            };
            let decoder = self.decoder.clone();
            let call = self.caller.call::<QueryDatapoints, _, _>(
                &scope.to_wire(pagination),
                Idempotency::Idempotent,
                self.purpose.clone(),
                move |response| Page::decode(&decoder, response),
            );
            match call {
                Ok(call) => self.calls.start(request.part, call),
                Err(error) => self.fail(request.part, error),
            }
        }
    }

    /// How much may be decoded now.
    fn decoding_room(&self) -> DecodingRoom {
        let (decoding, most) = (self.calls.decoding(), self.read_ahead.decoded.max(1));
        // Half of what may be held is for responses that are being decoded; a usual page has twice the room that it needs.
        let fair = self.read_ahead.bytes / (2 * (most + GLANCES));
        let allowance = fair.max(self.page_bytes.saturating_mul(2));
        let held = self.plan.backlog().bytes.saturating_add(decoding.saturating_mul(allowance));
        let has_room = self.read_ahead.bytes.saturating_sub(held) >= allowance;
        DecodingRoom { decoding, most, allowance, has_room }
    }

    /// Whether another part may be asked for.
    fn has_room(&self) -> bool {
        if self.remaining() == Some(0) || self.calls.under_way() >= self.caller.lease.share() {
            return false;
        }
        // What is to be read next is always asked for: everything else waits for it.
        if self.plan.first_waits() {
            return true;
        }
        let backlog = self.plan.backlog();
        let enough = self.remaining().is_some_and(|wanted| backlog.datapoints + self.plan.expected() >= wanted);
        let read_ahead = if self.caller.lease.is_sequential() { ReadAhead::ONE_PAGE } else { self.read_ahead };
        let not_decoded = self.calls.len();
        // One that is not there yet, or not decoded, may become as large as the largest.
        let largest = self.page_bytes.max(self.response_bytes);
        let bytes = backlog.bytes.saturating_add(not_decoded.saturating_mul(largest));
        !enough && read_ahead.has_room(backlog.pages + not_decoded, bytes)
    }

    /// A part was loaded, or cannot be.
    fn take(&mut self, part: PartId, result: Result<Page>) {
        let page = match result.map(|page| self.plan.taken_out(part, page)) {
            Ok(None) => return,
            Ok(Some(page)) => self.checked(part, page),
            Err(error) => Err(error),
        };
        match page {
            Ok(page) => {
                // A server may choose the size and expect to hear it again.
                self.page_size = self.page_size.or(page.echoed_limit.filter(|limit| *limit > 0));
                self.page_bytes = self.page_bytes.max(page.held_bytes);
                for unneeded in self.plan.arrived(part, page) {
                    self.calls.end(&unneeded);
                }
                if self.calls.has(&part) && !self.plan.put_away(part, self.read_ahead.decoded.max(1)) {
                    self.calls.end(&part);
                }
            }
            Err(error) => self.fail(part, error),
        }
    }

    /// A page that leads on, if it leads anywhere.
    fn checked(&mut self, part: PartId, page: Page) -> Result<Page> {
        let Some(next) = page.next else { return Ok(page) };
        self.empty_pages = if page.batch.num_rows() == 0 { self.empty_pages + 1 } else { 0 };
        if self.plan.lies_before(next, part) {
            return Err(self.endless(format!("the cursor {next} of a page does not lie behind the one before")));
        }
        if self.empty_pages > MAX_EMPTY_PAGES {
            return Err(self.endless(format!("{MAX_EMPTY_PAGES} pages in a row were empty, without an end")));
        }
        Ok(page)
    }

    fn endless(&self, reason: String) -> Error {
        let advice = "report it to the operator of the server: its pages would never end";
        Error::new(ErrorKind::UnexpectedResponse, self.purpose.clone(), reason, advice)
    }

    fn fail(&mut self, part: PartId, error: Error) {
        self.failure = Some(error);
        for unneeded in self.plan.failed(part) {
            self.calls.end(&unneeded);
        }
    }

    /// What can be given now.
    fn next_item(&mut self) -> Option<Result<Page>> {
        let remaining = self.remaining().map(|remaining| usize::try_from(remaining).unwrap_or(usize::MAX));
        if let Some(page) = self.plan.deliver(remaining) {
            self.delivered += page.batch.num_rows() as u64;
            self.any = true;
            if self.remaining() == Some(0) {
                // What failed behind the limit is of no concern.
                self.failure = None;
                self.calls.clear();
            }
            return Some(Ok(page));
        }
        if !self.plan.is_done() {
            return None;
        }
        if let Some(error) = self.failure.take() {
            self.any = true;
            return Some(Err(error));
        }
        (!std::mem::replace(&mut self.any, true)).then(|| Ok(Page::empty(&self.decoder)))
    }
}

/// How much may be decoded at some moment.
#[derive(Clone, Copy)]
struct DecodingRoom {
    /// How many responses are being decoded, and how many may be.
    decoding: usize,
    most: usize,
    /// How many bytes the message of each may have.
    allowance: usize,
    has_room: bool,
}

impl DecodingRoom {
    /// What becomes of the response for a part. What is held is bounded by the read-ahead and, beyond it, by one response:
    /// the one that the reader waits for is decoded whatever it expands to, but then alone.
    fn unseal(self, plan: &Plan, part: PartId, is_large: bool) -> Unseal {
        match plan.unseal(part, self.decoding, self.most, self.allowance) {
            Unseal::Later => Unseal::Later,
            _ if self.decoding == 0 && plan.is_next(part) => Unseal::Now,
            unseal if self.has_room && !is_large => unseal,
            _ => Unseal::Later,
        }
    }
}

/// How many datapoints a query gives, with room for how many ids, in pages of which size: where that is known for sure.
///
/// Only of a query of everything: of any other nobody knows whether it has more than one page.
fn presumption(frame: &Frame, scope: &QueryScope, paging: &Paging) -> Option<(u64, f64, usize)> {
    let ids = frame.covers(paging.contents.availability?)?;
    let (datapoints, page_size) = (paging.contents.count?, paging.page_size?);
    let several_pages = datapoints.min(paging.limit.unwrap_or(u64::MAX)) / 2 >= page_size;
    let whole = scope.is_unfiltered() && paging.position.open() == [Range::ALL];
    (whole && several_pages && !frame.crosses_epoch()).then_some((datapoints, ids, usize::try_from(page_size).ok()?))
}

impl Machine for Pages {
    type Reply = Page;
    type Item = Page;

    fn handle_owed(&mut self, id: RequestId, duration: Duration) {
        self.calls.handle_owed(id, duration);
    }

    fn handle_response(&mut self, now: Instant, id: RequestId, result: Result<Arrived<Page>, ExchangeError>) {
        let overloaded = result.as_ref().is_err_and(retry::is_overload);
        // A page that is much shorter than others comes sooner, which says nothing.
        let usual = match &result {
            Ok(Arrived::Sealed(response)) => {
                self.response_bytes = self.response_bytes.max(response.len());
                response.len() * 2 >= self.response_bytes
            }
            Ok(Arrived::Reply(page)) => page.batch.num_rows() * 2 >= self.plan.capacity(),
            Err(_) => false,
        };
        let Some(sent) = self.calls.handle_response(now, id, result) else { return };
        if overloaded {
            self.caller.lease.overloaded(now, sent);
        } else if usual {
            self.caller.lease.completed(now, now - sent);
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<Page, Page> {
        loop {
            // More is asked for before a page is given away, so that both go on at once.
            self.begin_calls();
            let room = self.decoding_room();
            let unseal = |part: &PartId, is_large| room.unseal(&self.plan, *part, is_large);
            let waits = match self.calls.poll_output_where(now, unseal) {
                Output::Item(Ok((part, result))) => {
                    self.take(part, result);
                    continue;
                }
                Output::Item(Err(error)) => return Output::Item(Err(error)),
                Output::Send(exchange) => {
                    self.caller.lease.in_use(self.calls.under_way());
                    return Output::Send(exchange);
                }
                Output::Decode(id, response) => return Output::Decode(id, response),
                Output::WaitUntil(time) => Output::WaitUntil(time),
                Output::WaitForResponses => Output::WaitForResponses,
                Output::Done => Output::Done,
            };
            return self.next_item().map_or(waits, Output::Item);
        }
    }

    fn cancel(&mut self) {
        self.plan.give_up_all();
        self.calls.clear();
        self.failure = None;
        self.any = true;
    }
}
