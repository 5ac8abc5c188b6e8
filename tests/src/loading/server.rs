//! Responses, with every fault on their way.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use prost::Message as _;
use tilebox_core::protocol::connect::{self, Code};
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::protocol::wire::datasets::v1::QueryRequest;
use tilebox_core::time::Instant;

use super::catalogue::Catalogue;
use super::connections::{Connections, Delivery, Route};
use crate::simulation::network::error_response;

/// The result of an exchange.
pub type ExchangeResult = Result<Response<Bytes>, TransportError>;

/// A server behind a network with latency.
#[derive(Debug)]
pub struct Server {
    /// The datapoints of the server.
    pub catalogue: Catalogue,
    latency: Duration,
    jitter: Duration,
    /// The bytes per second of all responses together, and the time at which the network is free.
    bandwidth: f64,
    free: Instant,
    /// The maximum number of requests per second, and the requests of the current second.
    rate: u32,
    taken: (u64, u32),
    /// Datapoints before this id take twenty times as long.
    slow_until: u128,
    /// The probability of a transient fault of an exchange.
    faults: f64,
    /// The probability that a request is refused permanently.
    refusals: f64,
    connections: Connections,
}

/// A response on its way.
#[derive(Debug)]
pub struct Arrival {
    /// The time of arrival.
    pub at: Instant,
    /// The time at which its request was sent.
    pub sent: Instant,
    /// The time at which the request times out.
    pub timeout: Instant,
    /// The response.
    pub response: ExchangeResult,
    /// The connection of the response.
    pub route: Route,
}

/// The result of a request.
#[derive(Debug)]
pub struct Taken {
    /// The responses, possibly several.
    pub arrivals: Vec<Arrival>,
    /// Whether the request has a fault.
    pub is_fault: bool,
}

impl Server {
    /// Returns a server with up to `most` datapoints.
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
            refusals: [0.0, 0.0, 0.05][random.usize(0..3)],
            connections: Connections::new(random),
        }
    }

    /// Takes a request at `now`.
    ///
    /// # Panics
    ///
    /// Panics when the request is not a query.
    pub fn take(
        &mut self,
        now: Instant,
        request: &Request<Bytes>,
        limits: Limits,
        attempt: u32,
        random: &mut fastrand::Rng,
    ) -> Taken {
        let query = QueryRequest::decode(connect_message(request).as_slice()).expect("a request");
        let second = now.since_origin().as_secs();
        self.taken = if self.taken.0 == second { (second, self.taken.1 + 1) } else { (second, 1) };
        let mut latency = self.latency + self.jitter.mul_f64(random.f64());
        let (timeout, route) = (now + limits.timeout, self.connections.route(now, attempt, random));
        let arrival = |at: Instant, response| Arrival { at, sent: now, timeout, response, route };
        let lost = || arrival(timeout, Err(TransportError::timed_out(limits)));
        let broken = |kind, text: &str| Err(TransportError::new(kind, text));
        let fault = |arrivals| Taken { arrivals, is_fault: true };
        if self.taken.1 > self.rate {
            let mut refused = error_response(Code::ResourceExhausted, "too many requests");
            *refused.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            refused.headers_mut().insert("retry-after", http::HeaderValue::from_static("1"));
            return fault(vec![arrival(now + latency, Ok(refused))]);
        }
        if random.f64() < self.refusals {
            return fault(vec![arrival(now + latency, Ok(error_response(Code::Internal, "broken")))]);
        }
        let kind = if random.f64() < self.faults { random.u8(1..9) } else { 0 };
        let response = |body: Bytes| {
            Ok(Response::builder().header("content-type", connect::CONTENT_TYPE).body(body).expect("a page"))
        };
        match kind {
            1 => return fault(vec![arrival(now + latency, broken(TransportErrorKind::Connect, "connection refused"))]),
            2 => return fault(vec![lost()]),
            3 => return fault(vec![arrival(now + latency, Ok(error_response(Code::Unavailable, "restarting")))]),
            // A response without a body, which is a valid message.
            7 => return fault(vec![arrival(now + latency, response(Bytes::new()))]),
            8 => self.connections.kill(route),
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
        let at = self.free;
        let whole = || response(body.clone());
        let arrivals = match kind {
            // A reset within the body.
            4 => vec![arrival(at, broken(TransportErrorKind::Interrupted, "connection reset"))],
            // The request times out, and its response arrives later.
            5 => vec![lost(), arrival(timeout + latency, whole())],
            // A duplicate response.
            6 => vec![arrival(at, whole()), arrival(at + latency, whole())],
            _ if at > timeout => vec![lost(), arrival(at, whole())],
            _ => vec![arrival(at, whole())],
        };
        Taken { arrivals, is_fault: kind != 0 }
    }

    /// Responds without latency and faults.
    ///
    /// # Panics
    ///
    /// Panics when the request is not a query.
    #[must_use]
    pub fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let query = QueryRequest::decode(connect_message(request).as_slice()).expect("a request");
        let body = self.catalogue.page(&query).encode_to_vec().into();
        Response::builder().header("content-type", connect::CONTENT_TYPE).body(body).expect("a page")
    }

    /// Returns the delivery of a response at the time of its arrival.
    pub fn deliver(&mut self, now: Instant, arrival: &Arrival) -> Delivery {
        self.connections.deliver(now, arrival)
    }

    /// Leaves the body of a response unread until a time. Until then it uses the window of its connection.
    pub fn leave_unread(&mut self, arrival: &Arrival, until: Instant) {
        self.connections.leave_unread(arrival, until);
    }
}

fn datapoint_key(datapoint: &[u8]) -> u128 {
    let datapoint =
        tilebox_core::protocol::wire::datasets::v1::TemporalDatapoint::decode(datapoint).expect("a datapoint");
    u128::from_be_bytes(datapoint.id.expect("an id").uuid.as_ref().try_into().expect("16 bytes"))
}

/// Returns the message of a request, decompressed if necessary.
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
