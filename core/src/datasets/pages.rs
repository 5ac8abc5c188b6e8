//! The pages of one query as a machine: the cursor of a page asks for the next.

use std::collections::VecDeque;
use std::fmt;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use uuid::Uuid;

use super::id;
use super::rpc::Query;
use super::scope::{Paging, QueryScope};
use super::timestamp::Timestamp;
use crate::call::{Call, CallPolicy, CallRequest};
use crate::columns::PageDecoder;
use crate::connect::Answer;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result, UnreadableMessage};
use crate::machine::{Failure, Machine, Output, RequestId};
use crate::retry::Idempotency;
use crate::time::Instant;
use crate::wire::tilebox::v1::Pagination;

/// How many pages in a row may be empty and still point to another one.
///
/// A filter may leave a page empty; a server that never comes to an end must not keep its caller for ever.
const MAX_EMPTY_PAGES: u32 = 1000;

/// One page of datapoints.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The datapoints as columns, in the order of their ids.
    pub batch: RecordBatch,
    /// How many bytes the datapoints have as protobuf.
    pub datapoint_bytes: usize,
    /// The cursor at which the next page starts; `None` on the last one.
    pub next: Option<Uuid>,
    /// When the server answered, by its own clock.
    pub answered_at: Option<Timestamp>,
    /// The page size that the server named beside the cursor.
    echoed_limit: Option<i64>,
}

impl Page {
    /// Where to go on behind this page: the cursor of the next one, or the last id where none follows.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.next.or_else(|| {
            let ids = self.batch.column_by_name("id")?.as_fixed_size_binary_opt()?;
            Uuid::from_slice(ids.value(ids.len().checked_sub(1)?)).ok()
        })
    }

    fn decode(decoder: &PageDecoder, answer: &Answer) -> Result<Self, UnreadableMessage> {
        let page = decoder.decode_page(&answer.message).map_err(UnreadableMessage::new)?;
        let pagination = page.next_page.unwrap_or_default();
        let next = match &pagination.starting_after {
            None => None,
            Some(cursor) if cursor.uuid.is_empty() => None,
            Some(cursor) => match id::from_wire(cursor) {
                Some(cursor) => Some(cursor),
                None => return Err(UnreadableMessage::new("its cursor is not an id")),
            },
        };
        Ok(Self {
            batch: page.batch,
            datapoint_bytes: page.datapoint_bytes,
            next,
            answered_at: answered_at(answer),
            echoed_limit: pagination.limit,
        })
    }
}

fn answered_at(answer: &Answer) -> Option<Timestamp> {
    let date = answer.headers.get(http::header::DATE)?.to_str().ok()?;
    let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
    Timestamp::from_unix(date.timestamp(), 0).ok()
}

/// The pages of a query, one after the other.
///
/// Gives the pages as items, in order. While the consumer has a page, the next one is asked for already; at most one
/// exchange is under way and at most one page waits.
pub struct Pages {
    endpoint: Endpoint,
    scope: QueryScope,
    purpose: String,
    decoder: PageDecoder,
    policy: CallPolicy,
    random: fastrand::Rng,
    page_size: Option<i64>,
    remaining: Option<u64>,
    cursor: Option<Uuid>,
    empty_pages: u32,
    call: Option<Call<Page>>,
    next_id: RequestId,
    ready: VecDeque<Result<Page>>,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("scope", &self.scope)
            .field("cursor", &self.cursor)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

impl Pages {
    /// The pages of the query that `scope` describes, read by `decoder`.
    ///
    /// `purpose` completes "cannot …" in an error, `seed` spreads repeated attempts.
    ///
    /// # Errors
    ///
    /// When a page size or a limit is zero, or beyond what the protocol can say, or the cursor is nil.
    pub fn new(
        endpoint: Endpoint,
        scope: QueryScope,
        paging: Paging,
        purpose: impl Into<String>,
        decoder: PageDecoder,
        policy: CallPolicy,
        seed: u64,
    ) -> Result<Self> {
        let purpose = purpose.into();
        if let Err((reason, advice)) = paging.check() {
            return Err(Error::invalid(purpose, reason, advice));
        }
        let mut pages = Self {
            endpoint,
            scope,
            purpose,
            decoder,
            policy,
            random: fastrand::Rng::with_seed(seed),
            page_size: paging.page_size.and_then(|size| i64::try_from(size).ok()),
            remaining: paging.limit,
            cursor: paging.starting_after,
            empty_pages: 0,
            call: None,
            next_id: RequestId::FIRST,
            ready: VecDeque::new(),
        };
        pages.call = Some(pages.next_call()?);
        Ok(pages)
    }

    fn next_call(&mut self) -> Result<Call<Page>> {
        let remaining = self.remaining.map(|remaining| i64::try_from(remaining).unwrap_or(i64::MAX));
        let pagination = Pagination {
            limit: match (self.page_size, remaining) {
                (Some(size), Some(remaining)) => Some(size.min(remaining)),
                (size, remaining) => size.or(remaining),
            },
            starting_after: self.cursor.map(id::to_wire),
        };
        let decoder = self.decoder.clone();
        let request: CallRequest<Page> = self.endpoint.call_with::<Query, _, _>(
            &self.scope.to_wire(pagination),
            Idempotency::Idempotent,
            self.purpose.clone(),
            move |answer| Page::decode(&decoder, answer),
        )?;
        Ok(Call::with_first_id(request, self.policy, self.random.u64(..), self.next_id))
    }

    /// Puts a page to the items and goes on behind it.
    fn take_page(&mut self, mut page: Page) {
        if let Some(remaining) = &mut self.remaining {
            let wanted = usize::try_from(*remaining).unwrap_or(usize::MAX);
            if page.batch.num_rows() > wanted {
                page.batch = page.batch.slice(0, wanted);
            }
            *remaining -= page.batch.num_rows() as u64;
            if *remaining == 0 {
                page.next = None;
            }
        }
        self.empty_pages = if page.batch.num_rows() == 0 { self.empty_pages + 1 } else { 0 };
        let (next, echoed_limit) = (page.next, page.echoed_limit);
        self.ready.push_back(Ok(page));
        let Some(next) = next else { return };
        if let Err(error) = self.go_on_at(next, echoed_limit) {
            self.ready.push_back(Err(error));
        }
    }

    fn go_on_at(&mut self, next: Uuid, echoed_limit: Option<i64>) -> Result<()> {
        if self.cursor.is_some_and(|cursor| next <= cursor) {
            return Err(self.endless(format!("the cursor {next} of a page does not lie behind the one before")));
        }
        if self.empty_pages >= MAX_EMPTY_PAGES {
            return Err(self.endless(format!("{} pages in a row were empty, without an end", self.empty_pages)));
        }
        self.cursor = Some(next);
        // A server may choose the size and expect to hear it again.
        self.page_size = self.page_size.or(echoed_limit.filter(|limit| *limit > 0));
        self.call = Some(self.next_call()?);
        Ok(())
    }

    fn endless(&self, reason: String) -> Error {
        let advice = "report it to the operator of the server: its pages would never end";
        Error::new(ErrorKind::UnexpectedAnswer, self.purpose.clone(), reason, advice)
    }
}

impl Machine for Pages {
    type Reply = Page;
    type Item = Page;

    fn handle_response(&mut self, now: Instant, id: RequestId, result: Result<Page, Failure>) {
        if let Some(call) = &mut self.call {
            call.handle_response(now, id, result);
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<Page, Page> {
        loop {
            // The next page is asked for before this one is given away, so that both go on at once.
            let waits = match self.call.as_mut().map(|call| (call.poll_output(now), call.next_id())) {
                None => Output::Done,
                Some((Output::Item(item), next_id)) => {
                    self.call = None;
                    self.next_id = next_id;
                    match item {
                        Ok(page) => self.take_page(page),
                        Err(error) => self.ready.push_back(Err(error)),
                    }
                    continue;
                }
                Some((Output::Send(exchange), _)) => return Output::Send(exchange),
                Some((waits, _)) => waits,
            };
            return match self.ready.pop_front() {
                Some(item) => Output::Item(item),
                None => waits,
            };
        }
    }

    fn cancel(&mut self) {
        self.call = None;
        self.ready.clear();
    }
}

#[cfg(test)]
mod tests;
