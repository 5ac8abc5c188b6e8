//! One load: its query, the datapoints that it yielded, and the positions from which it resumes.

use std::collections::HashMap;
use std::time::Duration;

use tilebox_core::columns::PageDecoder;
use tilebox_core::datapoints::Datapoints;
use tilebox_core::datasets::{Page, PageEvent, Pages, Paging, Position, QueryScope, ReadAhead};
use tilebox_core::protocol::budget::Budget;
use tilebox_core::protocol::call::CallPolicy;
use tilebox_core::protocol::caller::Caller;
use tilebox_core::protocol::connect::EncodedMessage;
use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use tilebox_core::protocol::machine::{self, Decoder, Machine as _, Output, RequestId};
use tilebox_core::protocol::retry::RetryPolicy;
use tilebox_core::schema::{IdInterval, TemporalExtent, TimeInterval, Timestamp};
use tilebox_core::time::Instant;
use uuid::Uuid;

use super::server::{Arrival, Server};

/// The deadline of a call, and the longest pause of a reader after a page.
const CALL: Duration = Duration::from_secs(36_000);
const LONGEST_PAUSE: Duration = Duration::from_secs(72_000);

/// The largest read-ahead in bytes for which no page is small enough to stay decoded.
const BYTES_WITHOUT_SMALL_PAGES: usize = 30_000;

/// The query of a load.
struct Question {
    scope: QueryScope,
    paging: Paging,
    /// The ids that the load has to yield.
    expected: Vec<u128>,
}

/// A running load.
pub(super) struct Load {
    question: Question,
    pub(super) pages: Pages,
    /// Decoders by request, kept after the response, because a duplicate can arrive.
    pub(super) decoders: HashMap<RequestId, Decoder<EncodedMessage>>,
    /// The number of interruptions. Responses to earlier requests are dropped.
    pub(super) generation: u32,
    pub(super) given: Vec<u128>,
    /// The positions since the last interruption, each with the number of datapoints at that time.
    positions: Vec<(usize, Position)>,
    /// The numbers of pages after which the load is interrupted and resumes, or is cancelled.
    pub(super) interrupted_after: Option<usize>,
    cancelled_after: Option<usize>,
    pub(super) pages_given: usize,
    /// The time at which the reader has processed the last page, and the duration for each page.
    pub(super) busy_until: Instant,
    pub(super) reading: Duration,
    /// Whether the driver decodes pages immediately.
    pub(super) decodes_at_once: bool,
    /// The number of cut responses, which are requested again beyond the budget once they are decoded.
    pub(super) cut: usize,
    /// Whether the load reads nothing from its connections while the reader is busy.
    pub(super) is_joined: bool,
    pub(super) is_over: bool,
}

impl Load {
    pub(super) fn new(server: &Server, budget: &Budget, decoder: &PageDecoder, random: &mut fastrand::Rng) -> Self {
        let question = Question::new(server, random);
        let pages = question.pages(Position::start(), budget, decoder, random);
        Self {
            pages,
            question,
            decoders: HashMap::new(),
            generation: 0,
            given: Vec::new(),
            positions: vec![(0, Position::start())],
            interrupted_after: random.bool().then(|| random.usize(1..8)),
            cancelled_after: (random.u8(0..8) == 0).then(|| random.usize(1..8)),
            pages_given: 0,
            busy_until: Instant::ORIGIN,
            reading: [Duration::ZERO, Duration::from_millis(5), Duration::from_secs(2), LONGEST_PAUSE]
                [random.usize(0..4)],
            decodes_at_once: random.bool(),
            cut: 0,
            is_joined: random.bool(),
            is_over: false,
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled_after.is_some_and(|after| self.pages_given >= after)
    }

    pub(super) fn reader_is_slow(&self) -> bool {
        self.reading > CALL
    }

    pub(super) fn receive(&mut self, now: Instant, id: RequestId, arrival: Arrival) {
        let is_cut = arrival
            .response
            .as_ref()
            .is_ok_and(|response| response.status().is_success() && response.body().is_empty());
        self.cut += usize::from(is_cut);
        // The network owed the response until its arrival, however late the machine receives it.
        let arrived = machine::Arrival::new(now, arrival.at - arrival.sent);
        self.pages.handle_response(arrived, id, self.decoders[&id].decode(arrival.response));
    }

    pub(super) fn take(&mut self, page: Page) {
        self.pages_given += 1;
        let ahead = self.pages.ahead() + self.pages.in_flight();
        // The next part to read is always requested, and one more can be requested while its page is yielded.
        let most = self.question.paging.read_ahead.pages + 2;
        // A window with more than a page leaves its rest, which a load from the end delivers first and thus always requests.
        let from_end = self.question.paging.newest_first;
        assert!(from_end || ahead <= most, "{ahead} pages ahead of the reader of at most {most}");
        // The rest of a part may come before pages that are decoded already, and two are inspected. A response that is cut
        // is requested again, and leaves its rest before pages that were decoded in the meantime. Small pages stay decoded.
        let read_ahead = self.question.paging.read_ahead;
        let (decoded, most) = (self.pages.decoded(), 2 * read_ahead.decoded + 2 + self.cut);
        let none_is_small = read_ahead.bytes <= BYTES_WITHOUT_SMALL_PAGES;
        assert!(from_end || !none_is_small || decoded <= most, "{decoded} pages decoded of at most {most}");
        self.given.extend(Datapoints::new(page.batch).ids().map(|id| id.as_u128()));
        self.note_position();
    }

    /// Saves the position, as a program can at any time.
    pub(super) fn note_position(&mut self) {
        let saved = self.pages.position().to_string();
        let position: Position = saved.parse().expect("a position");
        assert_eq!(position.delivered(), self.given.len() as u64);
        self.positions.push((self.given.len(), position));
    }

    /// Resumes two positions without faults and checks that each yields exactly the rest. Returns their number.
    pub(super) fn check_positions(&self, server: &Server, decoder: &PageDecoder, random: &mut fastrand::Rng) -> u64 {
        let last = self.positions.len() - 1;
        let checked = [last, random.usize(0..=last)];
        for (given, position) in checked.iter().map(|index| &self.positions[*index]) {
            let mut all = self.given[..*given].to_vec();
            all.extend(self.question.rest(position, server, decoder, random));
            let expected = self.question.sorted(&mut all);
            assert!(all == expected, "{given} before and {} after {position} of {}", all.len() - given, expected.len());
        }
        checked.len() as u64
    }

    /// Ends the program and resumes in another one from a saved position: the last one, or an earlier one.
    pub(super) fn resume(&mut self, budget: &Budget, decoder: &PageDecoder, random: &mut fastrand::Rng) {
        let last = self.positions.len() - 1;
        let (given, saved) = self.positions[if random.bool() { last } else { random.usize(0..=last) }].clone();
        self.given.truncate(given);
        self.positions = vec![(given, saved.clone())];
        self.interrupted_after = random.bool().then(|| self.pages_given + random.usize(1..8));
        self.generation += 1;
        self.decoders.clear();
        self.pages = self.question.pages(saved, budget, decoder, random);
    }

    /// Ends the load and checks that it yielded every datapoint once and in order.
    pub(super) fn end(&mut self) {
        self.is_over = true;
        assert_eq!(self.pages.position().delivered(), self.given.len() as u64);
        let all = self.question.sorted(&mut self.given);
        let expected =
            if self.is_cancelled() && self.question.paging.in_order { &all[..self.given.len()] } else { &all[..] };
        if self.is_cancelled() && !self.question.paging.in_order {
            assert!(self.given.is_sorted_by(|left, right| left < right), "no duplicates");
        } else {
            assert!(self.given == expected, "{} datapoints of {}", self.given.len(), expected.len());
        }
    }
}

impl Question {
    fn new(server: &Server, random: &mut fastrand::Rng) -> Self {
        let catalogue = &server.catalogue;
        let extent = if random.u8(0..3) == 0 {
            let (start, end) = (catalogue.any(random), catalogue.any(random));
            let ids = IdInterval::new(start.min(end), start.max(end));
            TemporalExtent::Ids(ids.with_start_exclusive(random.bool()).with_end_inclusive(random.bool()))
        } else {
            let before_1970 = -random.i64(0..=400_000_000_000);
            let mut time = |wide: i64| {
                let near = catalogue.any_time(random) + random.i64(-2..=2);
                let milliseconds = if random.bool() { wide } else { near };
                let nanoseconds = milliseconds.rem_euclid(1000) as u32 * 1_000_000;
                Timestamp::from_unix(milliseconds.div_euclid(1000), nanoseconds).expect("a time")
            };
            let (start, end) = (time(before_1970), time(4_000_000_000_000));
            let interval = TimeInterval::new(start.min(end), start.max(end));
            TemporalExtent::Time(interval.with_start_exclusive(random.bool()).with_end_inclusive(random.bool()))
        };
        let scope = QueryScope::new(Uuid::from_u128(7), extent);
        let mut paging = Paging::new(random.bool().then(|| random.u64(1..50)), None);
        paging.in_order = random.bool();
        let bytes = [1000, BYTES_WITHOUT_SMALL_PAGES, usize::MAX][random.usize(0..3)];
        let pages = [1, 3, 20, 128][random.usize(0..4)];
        paging.read_ahead = ReadAhead::new(pages, bytes).with_decoded([1, 2, 16][random.usize(0..3)]);
        paging.contents = catalogue.contents(random);
        let mut expected = catalogue.all(&scope.request());
        let mut may_be_limited = true;
        let is_since_1970 = match scope.extent {
            TemporalExtent::Time(interval) => interval.end() > Timestamp::UNIX_EPOCH,
            _ => true,
        };
        if is_since_1970 && random.u8(0..3) == 0 {
            paging.newest_first = true;
            let (newest_first, unordered) = catalogue.newest_first(&scope.request());
            expected = newest_first;
            // It is unknown which of these are the latest.
            may_be_limited = unordered == 0;
        }
        if may_be_limited && random.u8(0..4) == 0 {
            let limit = random.usize(1..200);
            (paging.limit, paging.in_order) = (Some(limit as u64), true);
            expected.truncate(limit);
        }
        Self { scope, paging, expected }
    }

    /// Returns the expected datapoints. Sorts both if the load has no order.
    fn sorted(&self, given: &mut [u128]) -> Vec<u128> {
        let mut expected = self.expected.clone();
        if !self.paging.in_order {
            given.sort_unstable();
            expected.sort_unstable();
        }
        expected
    }

    /// Returns the datapoints of a load from a position, without faults and latency.
    fn rest(
        &self,
        position: &Position,
        server: &Server,
        decoder: &PageDecoder,
        random: &mut fastrand::Rng,
    ) -> Vec<u128> {
        let budget = Budget::new([1, 8][random.usize(0..2)]);
        let mut largest_pages = self.paging.clone();
        largest_pages.page_size = None;
        let mut pages = self.pages_of(largest_pages, position.clone(), &budget, decoder, random);
        let mut given = Vec::new();
        loop {
            match pages.poll_output(Instant::ORIGIN) {
                Output::Send(exchange) => {
                    let response = server.respond(&exchange.request);
                    pages.handle_response(Instant::ORIGIN, exchange.id, exchange.decode(Ok(response)));
                }
                Output::Item(Ok(PageEvent::Decode(page))) => pages.handle_decoded(Instant::ORIGIN, page.decode()),
                Output::Item(Ok(PageEvent::Page(page))) => {
                    given.extend(Datapoints::new(page.batch).ids().map(|id| id.as_u128()));
                }
                Output::Done => return given,
                other => panic!("every response came at once: {other:?}"),
            }
        }
    }

    fn pages(&self, position: Position, budget: &Budget, decoder: &PageDecoder, random: &mut fastrand::Rng) -> Pages {
        self.pages_of(self.paging.clone(), position, budget, decoder, random)
    }

    fn pages_of(
        &self,
        mut paging: Paging,
        position: Position,
        budget: &Budget,
        decoder: &PageDecoder,
        random: &mut fastrand::Rng,
    ) -> Pages {
        let url = ServerUrl::parse("http://simulated").expect("a URL");
        let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
        let mut policy = CallPolicy::default();
        policy.timeout = CALL;
        policy.attempt_timeout = Duration::from_secs(20);
        policy.retry = RetryPolicy::default().with_max_attempts(1000);
        let caller = Caller::new(endpoint, policy, budget, random.u64(..));
        paging.position = position;
        Pages::new(caller, self.scope.clone(), paging, "load", decoder.clone()).expect("a query")
    }
}
