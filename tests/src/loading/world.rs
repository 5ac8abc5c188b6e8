//! Loads that share a budget, and what has to be true of them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::AddAssign;
use std::time::Duration;

use prost_types::DescriptorProto;
use tilebox_core::budget::Budget;
use tilebox_core::call::CallPolicy;
use tilebox_core::caller::Caller;
use tilebox_core::columns::PageDecoder;
use tilebox_core::datapoints::Datapoints;
use tilebox_core::datasets::{
    IdInterval, Page, Pages, Paging, Position, QueryScope, ReadAhead, TemporalExtent, TimeInterval, Timestamp,
};
use tilebox_core::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use tilebox_core::machine::{Decoder, Machine as _, Output, RequestId, Sealed};
use tilebox_core::retry::RetryPolicy;
use tilebox_core::time::Instant;
use uuid::Uuid;

use super::server::{Answer, Server};
use crate::reflection;

/// The most datapoints of a load.
const MOST_DATAPOINTS: usize = 400;
/// A load that takes more steps than this never ends.
const MOST_STEPS: usize = 200_000;

/// What came of some loads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// How many there were.
    pub loads: u64,
    /// How often one was interrupted and went on.
    pub resumed: u64,
    /// How many were cancelled.
    pub cancelled: u64,
    /// How many datapoints they gave.
    pub datapoints: u64,
    /// How many requests they sent.
    pub requests: u64,
    /// How many of these went wrong.
    pub faults: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.loads += other.loads;
        self.resumed += other.resumed;
        self.cancelled += other.cancelled;
        self.datapoints += other.datapoints;
        self.requests += other.requests;
        self.faults += other.faults;
    }
}

/// What a load is asked for.
struct Question {
    scope: QueryScope,
    paging: Paging,
    /// What it has to give.
    expected: Vec<u128>,
}

/// A load while it goes on.
struct Load {
    question: Question,
    pages: Pages,
    /// Kept after their answer came: it may come once more.
    decoders: HashMap<RequestId, Decoder<Page>>,
    /// How often it was interrupted. Answers from before come to nobody.
    generation: u32,
    given: Vec<u128>,
    /// After so many pages it is interrupted and goes on from its position, or is cancelled.
    interrupted_after: Option<usize>,
    cancelled_after: Option<usize>,
    pages_given: usize,
    /// Until when the reader is busy with the last page, and how long each one takes.
    busy_until: Instant,
    reading: Duration,
    /// Whether answers are passed on as they came, to be decoded when they are wanted.
    seals: bool,
    is_over: bool,
}

/// A load's turn, with what one of its exchanges waits for if that has come.
struct Event {
    load: usize,
    coming: Option<(u32, RequestId, Coming)>,
}

/// What an exchange waits for.
enum Coming {
    Answer(Answer),
    /// Somebody is about to have decoded the answer.
    Decoded(Sealed<Page>),
}

/// What is to happen, in the order of time.
#[derive(Default)]
struct Agenda {
    times: BinaryHeap<Reverse<(Instant, usize)>>,
    events: Vec<Option<Event>>,
}

impl Agenda {
    fn add(&mut self, at: Instant, load: usize, coming: Option<(u32, RequestId, Coming)>) {
        assert!(self.events.len() < MOST_STEPS, "it does not end");
        self.times.push(Reverse((at, self.events.len())));
        self.events.push(Some(Event { load, coming }));
    }

    fn next(&mut self) -> Option<(Instant, Event)> {
        let Reverse((at, index)) = self.times.pop()?;
        Some((at, self.events[index].take()?))
    }
}

/// The decoder of the datapoints of every simulated server.
///
/// # Panics
///
/// Never: the schema is a valid one.
#[must_use]
pub fn decoder() -> PageDecoder {
    let schema = reflection::schema(&reflection::annotated(DescriptorProto::default(), Vec::new()));
    PageDecoder::new(&schema).expect("a decoder")
}

/// Runs the loads that the seed makes up, to their end.
///
/// # Panics
///
/// When something is not true of them that has to be.
#[must_use]
pub fn simulate(seed: u64, decoder: &PageDecoder) -> Totals {
    let mut random = fastrand::Rng::with_seed(seed);
    let concurrency = [1, 2, 8, 64][random.usize(0..4)];
    let budget = Budget::new(concurrency);
    let mut server = Server::new(&mut random, MOST_DATAPOINTS);
    let count = random.usize(1..4);
    let mut loads: Vec<_> = (0..count).map(|_| Load::new(&server, &budget, decoder, &mut random)).collect();
    let mut totals = Totals { loads: count as u64, ..Totals::default() };
    let mut agenda = Agenda::default();
    (0..count).for_each(|load| agenda.add(Instant::ORIGIN, load, None));
    while let Some((now, Event { load: index, coming })) = agenda.next() {
        let load = &mut loads[index];
        if let Some((generation, id, coming)) = coming
            && generation == load.generation
        {
            let arrived = match coming {
                Coming::Answer(answer) if load.seals => load.decoders[&id].seal(answer),
                Coming::Answer(answer) => load.decoders[&id].decode(answer),
                Coming::Decoded(answer) => answer.decode(),
            };
            load.pages.handle_response(now, id, arrived);
        }
        if load.is_over || now < load.busy_until {
            continue;
        }
        loop {
            match load.pages.poll_output(now) {
                Output::Send(exchange) => {
                    assert!(!load.is_cancelled(), "a request after it was cancelled");
                    totals.requests += 1;
                    let (id, request, limits, decoder) = exchange.split();
                    load.decoders.insert(id, decoder);
                    let (arrivals, is_fault) = server.take(now, &request, limits, &mut random);
                    totals.faults += u64::from(is_fault);
                    for (at, answer) in arrivals {
                        agenda.add(at, index, Some((load.generation, id, Coming::Answer(answer))));
                    }
                    continue;
                }
                Output::Decode(id, answer) => {
                    let at = now + Duration::from_micros(random.u64(0..20_000));
                    agenda.add(at, index, Some((load.generation, id, Coming::Decoded(answer))));
                    continue;
                }
                Output::Item(page) => {
                    load.take(page.unwrap_or_else(|error| panic!("passing faults end no load: {error}")));
                    if load.is_cancelled() {
                        load.pages.cancel();
                        totals.cancelled += 1;
                    } else if load.interrupted_after == Some(load.pages_given) {
                        load.go_on(&budget, decoder, &mut random);
                        totals.resumed += 1;
                    }
                    load.busy_until = now + load.reading;
                    agenda.add(load.busy_until, index, None);
                }
                Output::WaitUntil(time) => agenda.add(time.max(now), index, None),
                Output::WaitForResponses => {}
                Output::Done => load.end(),
            }
            break;
        }
        let under_way: usize = loads.iter().map(|load| load.pages.under_way()).sum();
        assert!(under_way <= concurrency.max(count), "{under_way} under way of {concurrency}");
    }
    assert!(loads.iter().all(|load| load.is_over), "every load ends");
    totals.datapoints = loads.iter().map(|load| load.given.len() as u64).sum();
    totals
}

impl Load {
    fn new(server: &Server, budget: &Budget, decoder: &PageDecoder, random: &mut fastrand::Rng) -> Self {
        let question = Question::new(server, random);
        let pages = question.pages(Position::start(), budget, decoder, random);
        Self {
            pages,
            question,
            decoders: HashMap::new(),
            generation: 0,
            given: Vec::new(),
            interrupted_after: random.bool().then(|| random.usize(1..8)),
            cancelled_after: (random.u8(0..8) == 0).then(|| random.usize(1..8)),
            pages_given: 0,
            busy_until: Instant::ORIGIN,
            reading: Duration::from_millis([0, 0, 5, 2000][random.usize(0..4)]),
            seals: random.bool(),
            is_over: false,
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled_after.is_some_and(|after| self.pages_given >= after)
    }

    fn take(&mut self, page: Page) {
        self.pages_given += 1;
        let ahead = self.pages.ahead() + self.pages.under_way();
        // What is to be read next is asked for whatever there is, and one more may have been while it was given.
        let most = self.question.paging.read_ahead.pages + 2;
        assert!(ahead <= most, "{ahead} pages ahead of the reader of at most {most}");
        // What a page left of its part may come before pages that are decoded already, and two are only looked at.
        let (decoded, most) = (self.pages.decoded(), 2 * self.question.paging.read_ahead.decoded + 2);
        assert!(!self.seals || decoded <= most, "{decoded} pages decoded of at most {most}");
        self.given.extend(Datapoints::new(page.batch).ids().map(|id| id.as_u128()));
    }

    /// The program ends, and another one goes on from the position that was saved.
    fn go_on(&mut self, budget: &Budget, decoder: &PageDecoder, random: &mut fastrand::Rng) {
        let saved = self.pages.position().to_string();
        self.interrupted_after = random.bool().then(|| self.pages_given + random.usize(1..8));
        self.generation += 1;
        self.decoders.clear();
        self.pages = self.question.pages(saved.parse().expect("a position"), budget, decoder, random);
    }

    /// It is done: everything was given, once, and in order.
    fn end(&mut self) {
        self.is_over = true;
        assert_eq!(self.pages.position().delivered(), self.given.len() as u64);
        if !self.question.paging.in_order {
            self.given.sort_unstable();
        }
        let expected = if self.is_cancelled() && self.question.paging.in_order {
            &self.question.expected[..self.given.len()]
        } else {
            &self.question.expected[..]
        };
        if self.is_cancelled() && !self.question.paging.in_order {
            assert!(self.given.is_sorted_by(|left, right| left < right), "none twice");
        } else {
            assert!(self.given == expected, "{} datapoints of {}", self.given.len(), expected.len());
        }
    }
}

impl Question {
    fn new(server: &Server, random: &mut fastrand::Rng) -> Self {
        let extent = if random.u8(0..3) == 0 {
            let (start, end) = (server.catalogue.any(random), server.catalogue.any(random));
            let ids = IdInterval::new(start.min(end), start.max(end));
            TemporalExtent::Ids(ids.start_exclusive(random.bool()).end_inclusive(random.bool()))
        } else {
            let mut time = |wide: i64| {
                let near = (server.catalogue.any(random).as_u128() >> 80) as i64 + random.i64(-2..=2);
                let milliseconds = if random.bool() { wide } else { near };
                Timestamp::from_unix(milliseconds / 1000, (milliseconds % 1000) as u32 * 1_000_000).expect("a time")
            };
            let (start, end) = (time(0), time(4_000_000_000_000));
            let interval = TimeInterval::new(start.min(end), start.max(end));
            TemporalExtent::Time(interval.start_exclusive(random.bool()).end_inclusive(random.bool()))
        };
        let scope = QueryScope::new(Uuid::from_u128(7), extent);
        let mut paging = Paging::new(random.bool().then(|| random.u64(1..50)), None);
        paging.in_order = random.bool();
        let (pages, bytes) = ([1, 3, 20, 128][random.usize(0..4)], [1000, usize::MAX][random.usize(0..2)]);
        paging.read_ahead = ReadAhead::new(pages, bytes).with_decoded([1, 2, 16][random.usize(0..3)]);
        paging.contents = server.catalogue.contents(random);
        let mut expected = server.catalogue.all(&scope.request());
        if random.u8(0..4) == 0 {
            let limit = random.usize(1..200);
            (paging.limit, paging.in_order) = (Some(limit as u64), true);
            expected.truncate(limit);
        }
        Self { scope, paging, expected }
    }

    fn pages(&self, position: Position, budget: &Budget, decoder: &PageDecoder, random: &mut fastrand::Rng) -> Pages {
        let url = ServerUrl::parse("http://simulated").expect("a URL");
        let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
        let mut policy = CallPolicy::default();
        policy.timeout = Duration::from_secs(360_000);
        policy.attempt_timeout = Duration::from_secs(20);
        policy.retry = RetryPolicy::default().with_max_attempts(1000);
        let caller = Caller::new(endpoint, policy, budget, random.u64(..));
        let mut paging = self.paging.clone();
        paging.position = position;
        Pages::new(caller, self.scope.clone(), paging, "load", decoder.clone()).expect("a query")
    }
}
