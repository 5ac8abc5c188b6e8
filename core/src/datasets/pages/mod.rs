//! The pages of one query as a machine: concurrent requests, one result in order.
//!
//! | file | holds |
//! |---|---|
//! | `plan` | the parts of a query, and the order of their requests |
//! | `density` | the density of datapoints |
//! | `range` | the range of ids of a part |
//! | `encoded` | pages in their encoded form, and their decoding |
//! | `page` | a decoded page |
//! | `position` | the position of a load, from which it resumes |
//! | `read_ahead` | the limits of the pages ahead of the reader |

mod density;
mod encoded;
mod page;
mod plan;
mod position;
mod range;
mod read_ahead;
#[cfg(test)]
mod tests;

use std::fmt;

pub use encoded::{Decoded, EncodedPage};
pub use page::Page;
pub use position::Position;
pub use read_ahead::ReadAhead;

use super::rpc::QueryDatapoints;
use super::scope::{Paging, QueryScope};
use crate::columns::PageDecoder;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::caller::Caller;
use crate::protocol::calls::{Calls, EndedCall};
use crate::protocol::connect::EncodedMessage;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrival, Machine, Output, RequestId};
use crate::protocol::retry::{self, Idempotency};
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::time::Instant;
use encoded::{EncodedPages, Outcome};
use plan::{PartId, Plan};
use range::{Frame, Range};

/// Maximum number of successive empty pages with a cursor.
///
/// A filter can leave pages empty, but a server whose pages never end must not occupy its caller forever.
const MAX_EMPTY_PAGES: u32 = 1000;

/// The pages of a query.
///
/// Yields two kinds of items: encoded pages, which the driver decodes and returns with
/// [`handle_decoded`](Self::handle_decoded), and decoded pages for the reader, in order or as they arrive (see
/// [`Paging`]). The decoded pages contain each datapoint of the query exactly once, however requests overlap. There is
/// at least one decoded page; it may be empty.
///
/// The first request covers the whole query, so a query that fits into one page takes one exchange. If more pages
/// follow, the rest is cut into parts of about a page. The share of this load in the
/// [budget](crate::protocol::budget::Budget) and the room in the [`ReadAhead`] limit the number of parts in flight.
/// With a budget of one exchange, the load follows the cursor from page to page, one page ahead of the reader.
///
/// A decoded page takes several times the memory of its response, so a page is decoded when the reader is near it. A
/// page further ahead is inspected while few others are being decoded, and then evicted unless it is small. If a page cannot be decoded because
/// its response is truncated, its call continues with the remaining attempts and time.
///
/// A part that cannot be loaded ends the load: the pages before it are delivered, then the error.
///
/// A load with [`Paging::newest_first`] begins at the end: it requests windows of about a page from the end of the
/// availability, and delivers their datapoints in reverse.
pub struct Pages {
    caller: Caller,
    scope: QueryScope,
    purpose: String,
    decoder: PageDecoder,
    page_size: Option<i64>,
    limit: Option<u64>,
    read_ahead: ReadAhead,
    plan: Plan,
    calls: Calls<PartId, EncodedMessage>,
    /// Responses whose pages are not decoded yet, or evicted.
    encoded: EncodedPages,
    /// Bytes of the largest decoded page so far.
    page_bytes: usize,
    /// Bytes of the largest response so far, as transferred.
    response_bytes: usize,
    empty_pages: u32,
    /// Number of delivered datapoints, including those before the position from which the load resumed.
    delivered: u64,
    /// The error after the last page that can be delivered.
    failure: Option<Error>,
    /// Whether a page or an error was delivered. A load without datapoints delivers an empty page with the columns.
    any: bool,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("scope", &self.scope)
            .field("delivered", &self.delivered)
            .field("limit", &self.limit)
            .field("in_flight", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl Pages {
    /// Creates the load of the query `scope`, decoded by `decoder`. `purpose` completes "cannot …" in an error.
    ///
    /// Parts are cut by the ids of datapoints: if the decoder lacks the column `id`, pages are loaded one after
    /// another.
    ///
    /// # Errors
    ///
    /// When a page size or a limit is zero or exceeds the protocol's integers, or a position has the nil id.
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
        // A limit selects the first datapoints, so pages must be delivered in order.
        let in_order = paging.in_order || paging.limit.is_some();
        let mut plan = if paging.newest_first {
            if frame.is_before_epoch() {
                return Err(unknown_order(purpose));
            }
            let capacity = paging.page_size.and_then(|size| usize::try_from(size).ok());
            let contents = paging.contents.count.zip(paging.contents.availability.and_then(Frame::ids_in));
            Plan::newest_first(frame, paging.position.open(), in_order, capacity, contents)
        } else {
            Plan::new(frame, paging.position.open(), in_order)
        };
        if let Some((datapoints, ids, page_size)) = assumption(&frame, &scope, &paging) {
            plan.assume_density(datapoints, ids, page_size);
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
            encoded: EncodedPages::new(),
            page_bytes: 0,
            response_bytes: 0,
            empty_pages: 0,
            delivered: paging.position.delivered(),
            failure: None,
            any: false,
        })
    }

    /// Returns the position after the delivered pages. A load that resumes from it delivers the rest.
    ///
    /// After the last page, this is the position after the last datapoint: a later load delivers only new datapoints.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::new(self.delivered, self.plan.open())
    }

    /// Returns the number of requests in flight, including those that wait for another attempt.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// Returns the number of pages that are loaded and not delivered, decoded or not.
    #[must_use]
    pub fn ahead(&self) -> usize {
        self.plan.backlog().pages + self.encoded.len()
    }

    /// Returns the number of loaded pages that are decoded or being decoded.
    #[must_use]
    pub fn decoded(&self) -> usize {
        self.plan.backlog().pages + self.encoded.decoding()
    }

    /// Returns the number of datapoints that are left until the limit.
    fn remaining(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.delivered))
    }

    /// Requests as many parts as there is room for.
    fn begin_calls(&mut self) {
        while self.has_room() {
            let Some(request) = self.plan.begin(self.caller.lease.share(), self.remaining()) else { return };
            let scope = QueryScope { extent: request.extent, ..self.scope.clone() };
            // The first datapoints of a window are not the latest ones, so a load from the end needs the whole window.
            let remaining = self.remaining().filter(|_| !self.plan.is_backwards());
            let wanted = remaining.map(|remaining| remaining.saturating_sub(request.loaded_before));
            let wanted = wanted.map(|wanted| i64::try_from(wanted.max(1)).unwrap_or(i64::MAX));
            let pagination = Pagination {
                limit: match (self.page_size, wanted) {
                    (Some(size), Some(wanted)) => Some(size.min(wanted)),
                    (size, wanted) => size.or(wanted),
                },
                starting_after: request.after.map(id::to_wire),
            };
            let (request_message, purpose) = (scope.to_wire(pagination), self.purpose.clone());
            match self.caller.call_encoded::<QueryDatapoints>(&request_message, Idempotency::Idempotent, purpose) {
                Ok(call) => self.calls.start(request.part, call),
                Err(error) => self.fail(request.part, error),
            }
        }
    }

    /// Returns the page to decode next, if there is room for one.
    fn next_to_decode(&mut self) -> Option<EncodedPage> {
        let room = self.read_ahead.decoding_room(self.encoded.decoding(), self.plan.backlog().bytes, self.page_bytes);
        let (part, room) = self.plan.next_to_decode(&self.encoded, room)?;
        let (decoder, message_limit) = (self.decoder.clone(), self.caller.message_limit());
        let message = self.encoded.begin_decoding(part)?;
        Some(EncodedPage { part, message, decoder, room, message_limit })
    }

    /// Takes the outcome of decoding a page of this load. Ignores an outcome that the load no longer needs.
    pub fn handle_decoded(&mut self, now: Instant, decoded: Decoded) {
        let Decoded { part, outcome } = decoded;
        if !self.encoded.end_decoding(part) {
            return;
        }
        match outcome {
            Outcome::Page(page) => self.take(part, *page),
            Outcome::TooLargeForNow => self.encoded.mark_large(part),
            Outcome::Failed(failure) => {
                if let Some(call) = self.encoded.fail(part, now, failure) {
                    self.calls.start(part, call);
                }
            }
        }
    }

    /// Returns whether another part may be requested.
    fn has_room(&self) -> bool {
        if self.remaining() == Some(0) || self.calls.len() >= self.caller.lease.share() {
            return false;
        }
        // The part to read next is always requested: everything else waits for it.
        if self.plan.first_waits() {
            return true;
        }
        let backlog = self.plan.backlog();
        let enough = self.remaining().is_some_and(|wanted| backlog.datapoints + self.plan.expected() >= wanted);
        let read_ahead = if self.caller.lease.is_sequential() { ReadAhead::ONE_PAGE } else { self.read_ahead };
        let not_decoded = self.calls.len() + self.encoded.len();
        // Each of these pages may be as large as the largest so far.
        let largest = self.page_bytes.max(self.response_bytes);
        let bytes = backlog.bytes.saturating_add(not_decoded.saturating_mul(largest));
        !enough && read_ahead.has_room(backlog.pages + not_decoded, bytes)
    }

    /// Takes a decoded or restored page. Keeps only its encoded form if the reader is far from it.
    fn take(&mut self, part: PartId, page: Page) {
        let Some(page) = self.plan.restore(part, page) else { return self.encoded.remove(part) };
        let page = match self.checked(part, page) {
            Ok(page) => page,
            Err(error) => {
                self.encoded.remove(part);
                return self.fail(part, error);
            }
        };
        // A server may choose the page size and expect it in the next requests.
        self.page_size = self.page_size.or(page.echoed_limit.filter(|limit| *limit > 0));
        self.page_bytes = self.page_bytes.max(page.held_bytes);
        let is_small = page.held_bytes <= self.read_ahead.small_page();
        for unneeded in self.plan.update(part, page) {
            self.end(unneeded);
        }
        if is_small || !self.plan.evict(part, self.read_ahead.max_decoded()) {
            self.encoded.remove(part);
        }
    }

    /// Drops the call and the response for a part.
    fn end(&mut self, part: PartId) {
        self.calls.end(&part);
        self.encoded.remove(part);
    }

    /// Checks that the cursor of a page advances, so that the load ends.
    fn checked(&mut self, part: PartId, page: Page) -> Result<Page> {
        let Some(next) = page.next else { return Ok(page) };
        self.empty_pages = if page.batch.num_rows() == 0 { self.empty_pages + 1 } else { 0 };
        if self.plan.lies_before(next, part) {
            return Err(self.endless(format!("the cursor {next} of a page is not after the previous one")));
        }
        if self.empty_pages > MAX_EMPTY_PAGES {
            return Err(self.endless(format!("{MAX_EMPTY_PAGES} successive pages were empty")));
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
            self.end(unneeded);
        }
    }

    /// Returns the next page or error to deliver, if there is one.
    fn next_item(&mut self) -> Option<Result<Page>> {
        let remaining = self.remaining().map(|remaining| usize::try_from(remaining).unwrap_or(usize::MAX));
        if remaining.is_some_and(|remaining| self.plan.must_order_before_1970(remaining)) {
            self.plan.give_up_all();
            self.calls.clear();
            self.encoded.clear();
            self.failure = Some(unknown_order(self.purpose.clone()));
        }
        if let Some(page) = self.plan.deliver(remaining) {
            self.delivered += page.batch.num_rows() as u64;
            self.any = true;
            if self.remaining() == Some(0) {
                // A failure after the limit does not matter.
                self.failure = None;
                self.calls.clear();
                self.encoded.clear();
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

/// Returns the number of datapoints of a query, the number of ids in their range, and the page size, if all are known.
///
/// They are known only for a query of all datapoints: any other query may fit into one page.
fn assumption(frame: &Frame, scope: &QueryScope, paging: &Paging) -> Option<(u64, f64, usize)> {
    let ids = frame.covers(paging.contents.availability?)?;
    let (datapoints, page_size) = (paging.contents.count?, paging.page_size?);
    let several_pages = datapoints.min(paging.limit.unwrap_or(u64::MAX)) / 2 >= page_size;
    let whole = scope.is_unfiltered() && paging.position.open() == [Range::ALL] && !paging.newest_first;
    (whole && several_pages && !frame.crosses_epoch()).then_some((datapoints, ids, usize::try_from(page_size).ok()?))
}

/// Returns the error of a load from the end that has to order datapoints before 1970.
fn unknown_order(purpose: String) -> Error {
    let reason =
        "the protocol does not define the order of datapoints before 1970, so it is unknown which are the latest";
    let advice =
        "query the time since 1970, or load the others without `latest` and `newest_first` and use `sort_by_time`";
    Error::invalid(purpose, reason, advice)
}

/// An item of [`Pages`].
#[derive(Debug)]
pub enum PageEvent {
    /// A page to decode and return with [`Pages::handle_decoded`].
    Decode(EncodedPage),
    /// The next page for the reader.
    Page(Page),
}

impl Machine for Pages {
    type Reply = EncodedMessage;
    type Item = PageEvent;

    fn handle_response(
        &mut self,
        arrival: impl Into<Arrival>,
        id: RequestId,
        result: Result<EncodedMessage, ExchangeError>,
    ) {
        let arrival = arrival.into();
        let overloaded = result.as_ref().is_err_and(retry::is_overload);
        // A page that is much shorter than others arrives sooner, which says nothing about latency.
        let is_usual = result.as_ref().is_ok_and(|message| {
            self.response_bytes = self.response_bytes.max(message.len());
            message.len() * 2 >= self.response_bytes
        });
        let Some(sent) = self.calls.handle_response(arrival, id, result) else { return };
        if overloaded {
            self.caller.lease.overloaded(arrival.at, sent);
        } else if is_usual {
            self.caller.lease.completed(arrival.at, arrival.at - sent);
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<EncodedMessage, PageEvent> {
        loop {
            // Requests come before the delivery of a page, so that loading and reading overlap.
            self.begin_calls();
            let waits = match self.calls.poll_output(now) {
                Output::Item(Ok(EndedCall { key: part, result, call })) => {
                    match result {
                        Ok(message) => self.encoded.insert(part, message, call),
                        Err(error) => self.fail(part, error),
                    }
                    continue;
                }
                Output::Item(Err(error)) => return Output::Item(Err(error)),
                Output::Send(exchange) => {
                    self.caller.lease.in_use(self.calls.len());
                    return Output::Send(exchange);
                }
                Output::WaitUntil(time) => Output::WaitUntil(time),
                Output::Done if self.encoded.len() == 0 => Output::Done,
                Output::WaitForResponses | Output::Done => Output::WaitForResponses,
            };
            if let Some(page) = self.next_to_decode() {
                return Output::Item(Ok(PageEvent::Decode(page)));
            }
            return self.next_item().map_or(waits, |item| Output::Item(item.map(PageEvent::Page)));
        }
    }

    /// Returns whether a page is being decoded.
    fn wants_input(&self) -> bool {
        self.encoded.decoding() > 0
    }

    fn cancel(&mut self) {
        self.plan.give_up_all();
        self.calls.clear();
        self.encoded.clear();
        self.failure = None;
        self.any = true;
    }
}
