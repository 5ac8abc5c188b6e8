//! Answers, with everything that can happen to them on the way.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use prost::Message as _;
use tilebox_core::connect::{self, Code};
use tilebox_core::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::time::Instant;
use tilebox_core::wire::datasets::v1::QueryRequest;

use super::catalogue::Catalogue;
use crate::simulation::network::error_answer;

/// What an exchange comes to.
pub type Answer = Result<Response<Bytes>, TransportError>;

/// A server some way off.
#[derive(Debug)]
pub struct Server {
    /// What it has.
    pub catalogue: Catalogue,
    latency: Duration,
    jitter: Duration,
    /// Bytes a second, for everything that is under way at once; the time at which the way is free again.
    bandwidth: f64,
    free: Instant,
    /// How many requests a second it takes; those of the present second.
    rate: u32,
    taken: (u64, u32),
    /// Datapoints before this id take twenty times as long.
    slow_until: u128,
    /// How likely it is that an exchange goes wrong.
    faults: f64,
}

/// When an answer arrives, and what it is. There may be several.
pub type Arrivals = Vec<(Instant, Answer)>;

impl Server {
    /// A server of up to `most` datapoints.
    #[must_use]
    pub fn new(random: &mut fastrand::Rng, most: usize) -> Self {
        let catalogue = Catalogue::new(random, most);
        let slow_until = if random.u8(0..4) == 0 { catalogue.any(random).as_u128() } else { 0 };
        Self {
            catalogue,
            latency: Duration::from_micros(random.u64(0..200_000)),
            jitter: Duration::from_micros(random.u64(0..400_000)),
            bandwidth: [1e9, 1e6, 2e4][random.usize(0..3)],
            free: Instant::ORIGIN,
            rate: [u32::MAX, 200, 20][random.usize(0..3)],
            taken: (0, 0),
            slow_until,
            faults: [0.0, 0.02, 0.2][random.usize(0..3)],
        }
    }

    /// Takes a request at `now`. Says whether something goes wrong with it.
    ///
    /// # Panics
    ///
    /// When it is no query.
    pub fn take(
        &mut self,
        now: Instant,
        request: &Request<Bytes>,
        limits: Limits,
        random: &mut fastrand::Rng,
    ) -> (Arrivals, bool) {
        let query = QueryRequest::decode(connect_message(request).as_slice()).expect("a request");
        let second = now.since_origin().as_secs();
        self.taken = if self.taken.0 == second { (second, self.taken.1 + 1) } else { (second, 1) };
        let mut latency = self.latency + self.jitter.mul_f64(random.f64());
        let timeout = now + limits.timeout;
        let lost = || (timeout, Err(TransportError::timed_out(limits)));
        let broken = |kind, text: &str| Err(TransportError::new(kind, text));
        if self.taken.1 > self.rate {
            let mut refused = error_answer(Code::ResourceExhausted, "too many requests");
            refused.headers_mut().insert("retry-after", http::HeaderValue::from_static("1"));
            return (vec![(now + latency, Ok(refused))], true);
        }
        let fault = if random.f64() < self.faults { random.u8(1..7) } else { 0 };
        match fault {
            1 => return (vec![(now + latency, broken(TransportErrorKind::Connect, "connection refused"))], true),
            2 => return (vec![lost()], true),
            3 => return (vec![(now + latency, Ok(error_answer(Code::Unavailable, "restarting")))], true),
            _ => {}
        }
        let page = self.catalogue.page(&query);
        let first = page.data.as_ref().and_then(|data| data.value.first().cloned());
        if first.is_some_and(|datapoint| datapoint_key(&datapoint) < self.slow_until) {
            latency *= 20;
        }
        let body = Bytes::from(page.encode_to_vec());
        let transfer = Duration::from_secs_f64(body.len() as f64 / self.bandwidth);
        self.free = self.free.max(now + latency) + transfer;
        let arrival = self.free;
        let answer = || {
            Ok(Response::builder().header("content-type", connect::CONTENT_TYPE).body(body.clone()).expect("a page"))
        };
        let arrivals = match fault {
            // A reset in the middle of the body.
            4 => vec![(arrival, broken(TransportErrorKind::Interrupted, "connection reset"))],
            // It is given up and comes all the same.
            5 => vec![lost(), (timeout + latency, answer())],
            // Twice.
            6 => vec![(arrival, answer()), (arrival + latency, answer())],
            _ if arrival > timeout => vec![lost(), (arrival, answer())],
            _ => vec![(arrival, answer())],
        };
        (arrivals, fault != 0)
    }
}

fn datapoint_key(datapoint: &[u8]) -> u128 {
    let datapoint = tilebox_core::wire::datasets::v1::TemporalDatapoint::decode(datapoint).expect("a datapoint");
    u128::from_be_bytes(datapoint.id.expect("an id").uuid.as_ref().try_into().expect("16 bytes"))
}

/// The message of a request, decompressed where it has to be.
fn connect_message(request: &Request<Bytes>) -> Vec<u8> {
    match request.headers().get("content-encoding") {
        None => request.body().to_vec(),
        Some(_) => {
            let mut message = Vec::new();
            let mut gzip = flate2::read::GzDecoder::new(request.body().as_ref());
            std::io::Read::read_to_end(&mut gzip, &mut message).expect("gzip");
            message
        }
    }
}
