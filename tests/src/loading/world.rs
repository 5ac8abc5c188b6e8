//! Loads that share a budget, and the checks of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::AddAssign;
use std::time::Duration;

use prost_types::DescriptorProto;
use tilebox_core::columns::PageDecoder;
use tilebox_core::datasets::{EncodedPage, PageEvent};
use tilebox_core::protocol::budget::Budget;
use tilebox_core::protocol::exchange::{Limits, TransportError};
use tilebox_core::protocol::machine::{Machine as _, Output, RequestId};
use tilebox_core::time::Instant;

use super::connections::Delivery;
use super::load::Load;
use super::server::{Arrival, Server};
use crate::reflection;

/// The maximum number of datapoints of a load.
const MOST_DATAPOINTS: usize = 400;
/// The maximum number of steps of a simulation; more mean that it never ends.
const MOST_STEPS: usize = 200_000;

/// The totals of some loads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// The number of loads.
    pub loads: u64,
    /// The number of interruptions that were resumed.
    pub resumed: u64,
    /// The number of failures that were resumed from a position.
    pub failed: u64,
    /// The number of positions that were checked to yield exactly the rest.
    pub positions: u64,
    /// The number of readers with pauses longer than the deadline of a call.
    pub slow_readers: u64,
    /// The number of cancelled loads.
    pub cancelled: u64,
    /// The number of datapoints.
    pub datapoints: u64,
    /// The number of requests.
    pub requests: u64,
    /// The number of requests with faults.
    pub faults: u64,
    /// The number of responses that were lost with their connection.
    pub dead: u64,
    /// The number of responses that waited for earlier unread ones.
    pub held_up: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.loads += other.loads;
        self.resumed += other.resumed;
        self.failed += other.failed;
        self.positions += other.positions;
        self.slow_readers += other.slow_readers;
        self.cancelled += other.cancelled;
        self.datapoints += other.datapoints;
        self.requests += other.requests;
        self.faults += other.faults;
        self.dead += other.dead;
        self.held_up += other.held_up;
    }
}

/// A turn of a load, with its input, if any.
struct Event {
    load: usize,
    /// The generation of the load, and the input.
    coming: Option<(u32, Coming)>,
}

/// An input of a load.
enum Coming {
    Response(RequestId, Arrival),
    /// A page that is decoded by then.
    Decoded(EncodedPage),
}

/// The future events, sorted by time.
#[derive(Default)]
struct Agenda {
    times: BinaryHeap<Reverse<(Instant, usize)>>,
    events: Vec<Option<Event>>,
}

impl Agenda {
    fn add(&mut self, at: Instant, load: usize, coming: Option<(u32, Coming)>) {
        assert!(self.events.len() < MOST_STEPS, "the simulation does not end");
        self.times.push(Reverse((at, self.events.len())));
        self.events.push(Some(Event { load, coming }));
    }

    fn next(&mut self) -> Option<(Instant, Event)> {
        let Reverse((at, index)) = self.times.pop()?;
        Some((at, self.events[index].take()?))
    }
}

/// Returns the decoder for the datapoints of every simulated server.
///
/// # Panics
///
/// Never panics, because the schema is valid.
#[must_use]
pub fn decoder() -> PageDecoder {
    let schema = reflection::schema(&reflection::annotated(DescriptorProto::default(), Vec::new()));
    PageDecoder::new(&schema).expect("a decoder")
}

/// Runs the loads of a seed to their end.
///
/// # Panics
///
/// Panics when a check fails.
#[must_use]
pub fn simulate(seed: u64, decoder: &PageDecoder) -> Totals {
    let mut random = fastrand::Rng::with_seed(seed);
    let concurrency = [1, 2, 8, 64][random.usize(0..4)];
    let budget = Budget::new(concurrency);
    let mut server = Server::new(&mut random, MOST_DATAPOINTS);
    let count = random.usize(1..4);
    let mut loads: Vec<_> = (0..count).map(|_| Load::new(&server, &budget, decoder, &mut random)).collect();
    let mut totals = Totals { loads: count as u64, ..Totals::default() };
    totals.slow_readers = loads.iter().filter(|load| load.reader_is_slow()).count() as u64;
    let mut agenda = Agenda::default();
    (0..count).for_each(|load| agenda.add(Instant::ORIGIN, load, None));
    while let Some((now, Event { load: index, coming })) = agenda.next() {
        let load = &mut loads[index];
        if let Some((generation, coming)) = coming
            && generation == load.generation
        {
            match coming {
                Coming::Decoded(page) => load.pages.handle_decoded(now, page.decode()),
                Coming::Response(id, arrival) => match server.deliver(now, &arrival) {
                    Delivery::Later(at) => {
                        totals.held_up += 1;
                        agenda.add(at, index, Some((generation, Coming::Response(id, arrival))));
                    }
                    Delivery::Never => {
                        totals.dead += 1;
                        let limits = Limits::new(arrival.timeout - arrival.sent, usize::MAX);
                        let at = arrival.timeout;
                        let lost = Arrival { response: Err(TransportError::timed_out(limits)), at, ..arrival };
                        agenda.add(at.max(now), index, Some((generation, Coming::Response(id, lost))));
                    }
                    // The load is not polled: the response stays unread, and this time is not counted as network time.
                    Delivery::Now if load.is_joined && now < load.busy_until => {
                        server.leave_unread(&arrival, load.busy_until);
                        agenda.add(load.busy_until, index, Some((generation, Coming::Response(id, arrival))));
                    }
                    Delivery::Now => load.receive(now, id, arrival),
                },
            }
        }
        if load.is_over || now < load.busy_until {
            continue;
        }
        loop {
            match load.pages.poll_output(now) {
                Output::Send(exchange) => {
                    assert!(!load.is_cancelled(), "a cancelled load sends no request");
                    totals.requests += 1;
                    let attempt = exchange.attempt;
                    let (id, request, limits, decoder) = exchange.split();
                    load.decoders.insert(id, decoder);
                    let taken = server.take(now, &request, limits, attempt, &mut random);
                    totals.faults += u64::from(taken.is_fault);
                    for arrival in taken.arrivals {
                        agenda.add(arrival.at, index, Some((load.generation, Coming::Response(id, arrival))));
                    }
                    continue;
                }
                Output::Item(Ok(PageEvent::Decode(page))) if load.decodes_at_once => {
                    load.pages.handle_decoded(now, page.decode());
                    continue;
                }
                Output::Item(Ok(PageEvent::Decode(page))) => {
                    let at = now + Duration::from_micros(random.u64(0..20_000));
                    agenda.add(at, index, Some((load.generation, Coming::Decoded(page))));
                    continue;
                }
                Output::Item(Ok(PageEvent::Page(page))) => {
                    load.take(page);
                    if load.is_cancelled() {
                        load.pages.cancel();
                        totals.cancelled += 1;
                    } else if load.interrupted_after == Some(load.pages_given) {
                        if random.u8(0..4) == 0 {
                            totals.positions += load.check_positions(&server, decoder, &mut random);
                        }
                        load.resume(&budget, decoder, &mut random);
                        totals.resumed += 1;
                    }
                    load.busy_until = now + load.reading;
                    agenda.add(load.busy_until, index, None);
                }
                Output::Item(Err(error)) => {
                    assert!(error.to_string().contains("broken"), "passing faults end no load: {error}");
                    load.note_position();
                    totals.positions += load.check_positions(&server, decoder, &mut random);
                    load.resume(&budget, decoder, &mut random);
                    totals.failed += 1;
                    continue;
                }
                Output::WaitUntil(time) => agenda.add(time.max(now), index, None),
                Output::WaitForResponses => {}
                Output::Done => load.end(),
            }
            break;
        }
        let in_flight: usize = loads.iter().map(|load| load.pages.in_flight()).sum();
        let most = concurrency.max(count) + loads.iter().map(|load| load.cut).sum::<usize>();
        assert!(in_flight <= most, "{in_flight} in flight of {most}");
    }
    assert!(loads.iter().all(|load| load.is_over), "every load ends");
    totals.datapoints = loads.iter().map(|load| load.given.len() as u64).sum();
    totals
}
