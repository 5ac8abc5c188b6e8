//! Lists that the server returns page by page: jobs, tasks, workflows, logs, spans.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use prost::Message as _;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result, UnreadableMessage};
use crate::protocol::call::{Call, CallPolicy};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrival, Machine, Output, RequestId};
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::time::Instant;

/// Maximum number of successive empty pages with a cursor.
///
/// A filter can leave pages empty, but a server whose pages never end must not occupy its caller forever.
const MAX_EMPTY_PAGES: u32 = 1000;

/// A method whose response is one page of a list.
pub trait PagedRpc: Rpc<Request: Clone> {
    /// An item of the list.
    type Item: Send + 'static;

    /// Sets the page that a request asks for; `None` for the first page, of a size that the server chooses.
    fn set_page(request: &mut Self::Request, page: Option<Pagination>);

    /// Splits a response into its items and its field `next_page`.
    ///
    /// # Errors
    ///
    /// When an item lacks a required value.
    fn into_items(response: Self::Response) -> Result<(Vec<Self::Item>, Option<Pagination>), UnreadableMessage>;
}

/// The limits of a list, and the item after which it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListRange {
    /// Maximum number of items of the list. `None` for all.
    pub limit: Option<u64>,
    /// Maximum number of items of a page. `None` lets the server decide.
    pub page_size: Option<u64>,
    /// The cursor of an earlier list: this list begins after it.
    pub starting_after: Option<Uuid>,
}

impl ListRange {
    /// Checks both numbers and the cursor. `purpose` completes "cannot …" in an error.
    pub(crate) fn check(self, purpose: &str) -> Result<Self> {
        self.find_problem().map_err(|(reason, advice)| Error::invalid(purpose.to_owned(), reason, advice))?;
        Ok(self)
    }

    /// Returns the reason and the advice of an error.
    fn find_problem(self) -> Result<(), (String, &'static str)> {
        for (name, value) in [("page size", self.page_size), ("limit", self.limit)] {
            if let Some(value) = value.filter(|value| *value == 0 || i64::try_from(*value).is_err()) {
                let reason = format!("expects a {name} from 1 to 2^63 - 1, got {value}");
                return Err((reason, "use a number in this range"));
            }
        }
        if self.starting_after.is_some_and(|cursor| cursor.is_nil()) {
            return Err(("the cursor is the nil id".to_owned(), "leave it out to start at the beginning"));
        }
        Ok(())
    }
}

/// Loads a list page by page, as lazily as its reader: it requests a page when it is polled after the previous one.
///
/// Its items are pages with at least one element. With a limit, each request asks for the rest of it at most, and elements
/// beyond it are dropped. The list ends with a response without a cursor.
///
/// A server whose pages never end is an error: when it repeats a cursor, or sends 1000 empty pages in a row.
pub struct PagedQuery<R: PagedRpc> {
    endpoint: Endpoint,
    policy: CallPolicy,
    random: fastrand::Rng,
    request: R::Request,
    purpose: Cow<'static, str>,
    page_size: Option<u64>,
    /// The rest of the limit.
    remaining: Option<u64>,
    /// The cursor of the next request.
    cursor: Option<Uuid>,
    /// Every cursor so far.
    seen: HashSet<Uuid>,
    empty_pages: u32,
    /// The request in flight or to be repeated; `None` until the next poll.
    call: Option<Call<ListPage<R::Item>>>,
    is_done: bool,
}

/// A decoded response to a request of [`PagedQuery`].
#[derive(Debug)]
pub struct ListPage<T> {
    items: Vec<T>,
    next: Option<Uuid>,
}

impl<R: PagedRpc> PagedQuery<R> {
    /// Creates a query. `purpose` completes "cannot …" in an error; `seed` spreads repeated attempts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] when the limit or the page size is 0 or above 2^63 - 1, or the cursor is nil.
    pub fn new(
        endpoint: Endpoint,
        request: R::Request,
        range: ListRange,
        purpose: impl Into<Cow<'static, str>>,
        policy: CallPolicy,
        seed: u64,
    ) -> Result<Self> {
        let purpose = purpose.into();
        range.check(&purpose)?;
        Ok(Self {
            endpoint,
            policy,
            random: fastrand::Rng::with_seed(seed),
            request,
            purpose,
            page_size: range.page_size,
            remaining: range.limit,
            cursor: range.starting_after,
            seen: range.starting_after.into_iter().collect(),
            empty_pages: 0,
            call: None,
            is_done: false,
        })
    }

    /// Returns the cursor after the pages that were delivered: a query with this
    /// [`starting_after`](ListRange::starting_after) returns the rest.
    ///
    /// After the last page it is the cursor of that page's request. A page that a limit cut short counts as delivered.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.cursor
    }

    /// Creates the call of the next page.
    fn next_call(&mut self) -> Result<Call<ListPage<R::Item>>> {
        let limit = self.page_size.into_iter().chain(self.remaining).min();
        let page = Pagination {
            limit: limit.and_then(|limit| i64::try_from(limit).ok()),
            starting_after: self.cursor.map(id::to_wire),
        };
        let mut request = self.request.clone();
        R::set_page(&mut request, Some(page).filter(|page| *page != Pagination::default()));
        let call = self.endpoint.call_with::<R, _, _>(&request, R::IDEMPOTENCY, self.purpose.clone(), |response| {
            let response = R::Response::decode(response.message.clone()).map_err(UnreadableMessage::new)?;
            if let Some(reason) = R::lacks(&response) {
                return Err(UnreadableMessage::new(reason).cut());
            }
            let (items, next) = R::into_items(response)?;
            Ok(ListPage { items, next: next.as_ref().map(next_cursor).transpose()?.flatten() })
        })?;
        Ok(Call::new(call, self.policy, self.random.u64(..)))
    }

    /// Takes a page. Returns its items, or `None` if there are none.
    fn page(&mut self, page: ListPage<R::Item>) -> Result<Option<Vec<R::Item>>> {
        let ListPage { mut items, next } = page;
        if let Some(remaining) = &mut self.remaining {
            items.truncate(usize::try_from(*remaining).unwrap_or(usize::MAX));
            *remaining = remaining.saturating_sub(items.len() as u64);
        }
        self.empty_pages = if items.is_empty() { self.empty_pages + 1 } else { 0 };
        match next {
            Some(next) if self.remaining != Some(0) => {
                if !self.seen.insert(next) {
                    return Err(self.endless(format!("the cursor {next} of a page is repeated")));
                }
                if self.empty_pages > MAX_EMPTY_PAGES {
                    return Err(self.endless(format!("{MAX_EMPTY_PAGES} successive pages were empty")));
                }
                self.cursor = Some(next);
            }
            next => {
                self.cursor = next.or(self.cursor);
                self.is_done = true;
            }
        }
        Ok(Some(items).filter(|items| !items.is_empty()))
    }

    fn failed(&mut self, error: Error) -> Output<ListPage<R::Item>, Vec<R::Item>> {
        self.cancel();
        Output::Item(Err(error))
    }

    fn endless(&self, reason: String) -> Error {
        let advice = "report it to the operator of the server: its pages would never end";
        Error::new(ErrorKind::UnexpectedResponse, self.purpose.clone(), reason, advice)
    }
}

/// Returns the cursor of the next page; `None` after the last page.
fn next_cursor(page: &Pagination) -> Result<Option<Uuid>, UnreadableMessage> {
    match &page.starting_after {
        Some(cursor) if !cursor.uuid.is_empty() => Uuid::from_slice(&cursor.uuid)
            .map(|cursor| Some(cursor).filter(|cursor| !cursor.is_nil()))
            .map_err(|error| UnreadableMessage::new(format!("the cursor of the next page is not an id: {error}"))),
        _ => Ok(None),
    }
}

impl<R: PagedRpc> Machine for PagedQuery<R> {
    type Reply = ListPage<R::Item>;
    type Item = Vec<R::Item>;

    fn handle_response(
        &mut self,
        arrival: impl Into<Arrival>,
        id: RequestId,
        result: Result<Self::Reply, ExchangeError>,
    ) {
        if let Some(call) = &mut self.call {
            call.handle_response(arrival, id, result);
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<Self::Reply, Self::Item> {
        loop {
            if self.is_done {
                return Output::Done;
            }
            if self.call.is_none() {
                match self.next_call() {
                    Ok(call) => self.call = Some(call),
                    Err(error) => return self.failed(error),
                }
            }
            let result = match self.call.as_mut().map_or(Output::Done, |call| call.poll_output(now)) {
                Output::Send(exchange) => return Output::Send(exchange),
                Output::WaitUntil(time) => return Output::WaitUntil(time),
                Output::WaitForResponses => return Output::WaitForResponses,
                Output::Done => {
                    self.is_done = true;
                    return Output::Done;
                }
                Output::Item(result) => result,
            };
            self.call = None;
            match result.and_then(|page| self.page(page)) {
                Ok(Some(items)) => return Output::Item(Ok(items)),
                Ok(None) => {}
                Err(error) => return self.failed(error),
            }
        }
    }

    fn cancel(&mut self) {
        self.is_done = true;
        self.call = None;
    }
}

impl<R: PagedRpc> fmt::Debug for PagedQuery<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagedQuery")
            .field("purpose", &self.purpose)
            .field("remaining", &self.remaining)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
