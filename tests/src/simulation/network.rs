//! A simulated network: latency, loss, resets, refusals, outages, dead connections and flow control between a client and a
//! server that is a function.
//!
//! Its transport fulfils the contract of a backend: it reuses connections, and after an exchange without a response it
//! closes the older ones.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tilebox_core::protocol::connect::{self, Code};
use tilebox_core::runtime::{Instant, Limits, Runtime as _, Transport, TransportError, TransportErrorKind};

use super::Simulation;
use super::connections::{Connection, Pool, State};
use super::flow::{FlowControl, Window};

/// The faults, each as a probability from 0 to 1, and the durations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The minimum time from a request to its response.
    pub latency: Duration,
    /// The maximum addition to the latency.
    pub jitter: Duration,
    /// The connection is refused.
    pub refused: f64,
    /// The connection breaks after the server acted.
    pub reset: f64,
    /// The response never arrives.
    pub lost: f64,
    /// The server responds 429 with a `Retry-After` of one second.
    pub rate_limited: f64,
    /// A proxy responds 502 with a page.
    pub bad_gateway: f64,
    /// The server responds `unavailable`.
    pub unavailable: f64,
    /// The body of the response is truncated.
    pub cut: f64,
    /// The network forgets all idle connections and then drops their packets silently.
    pub forgotten: f64,
    /// The server closes connections that are idle for longer, while a request is sent; `None` means never.
    pub longest_idle: Option<Duration>,
    /// The start and end of an outage, in which connections are refused.
    pub outage: Option<(Instant, Instant)>,
    /// The limit of unread bytes, with one connection for all responses; `None` means no limit.
    pub flow: Option<FlowControl>,
}

impl Faults {
    /// Returns all transient faults with small probabilities.
    #[must_use]
    pub fn passing(probability: f64) -> Self {
        Self {
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(200),
            refused: probability,
            reset: probability,
            lost: probability,
            rate_limited: probability,
            bad_gateway: probability,
            unavailable: probability,
            forgotten: probability,
            longest_idle: Some(Duration::from_secs(20)),
            ..Self::default()
        }
    }
}

/// A server: a function from requests to responses.
pub type Server = Arc<dyn Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync>;

/// The network before a server, with its faults. Clones share their counters.
#[derive(Clone)]
pub struct Network {
    simulation: Simulation,
    server: Server,
    faults: Faults,
    figures: Arc<Figures>,
    pool: Pool,
    window: Option<Window>,
    /// Whether the transport reuses connections without a response, against its contract.
    is_stubborn: bool,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("faults", &self.faults).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Figures {
    requests: AtomicU64,
    faults: AtomicU64,
    in_flight: AtomicU64,
    most_in_flight: AtomicU64,
}

impl Network {
    /// Returns a network before `server`.
    #[must_use]
    pub fn new(simulation: &Simulation, faults: Faults, server: Server) -> Self {
        let window = faults.flow.map(|control| Window::new(simulation, control));
        Self {
            simulation: simulation.clone(),
            server,
            faults,
            figures: Arc::default(),
            pool: Pool::default(),
            window,
            is_stubborn: false,
        }
    }

    /// Makes the transport break its contract: it reuses connections that got no response.
    #[must_use]
    pub fn stubborn(self) -> Self {
        Self { is_stubborn: true, ..self }
    }

    /// Makes the network forget all idle connections.
    pub fn forget_connections(&self) {
        self.pool.forget();
    }

    /// Returns the number of requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.figures.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of requests with faults.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.figures.faults.load(Ordering::Relaxed)
    }

    /// Returns the number of requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.figures.in_flight.load(Ordering::Relaxed)
    }

    /// Returns the maximum number of concurrent requests so far.
    #[must_use]
    pub fn most_in_flight(&self) -> u64 {
        self.figures.most_in_flight.load(Ordering::Relaxed)
    }

    /// Returns the fault of this exchange, if any.
    fn fault(&self) -> Fault {
        let mut chance = self.simulation.chance();
        let kinds = [
            (self.faults.refused, Fault::Refused),
            (self.faults.reset, Fault::Reset),
            (self.faults.lost, Fault::Lost),
            (self.faults.rate_limited, Fault::RateLimited),
            (self.faults.bad_gateway, Fault::BadGateway),
            (self.faults.unavailable, Fault::Unavailable),
            (self.faults.cut, Fault::Cut),
            (self.faults.forgotten, Fault::Forgotten),
        ];
        for (probability, fault) in kinds {
            if chance < probability {
                self.figures.faults.fetch_add(1, Ordering::Relaxed);
                return fault;
            }
            chance -= probability;
        }
        Fault::None
    }

    async fn wait(&self, duration: Duration) {
        self.simulation.sleep_until(self.simulation.now() + duration).await;
    }
}

#[derive(Clone, Copy)]
enum Fault {
    None,
    Refused,
    Reset,
    Lost,
    RateLimited,
    BadGateway,
    Unavailable,
    Cut,
    Forgotten,
}

/// The connection of an exchange. Dropping it without a response closes all others too.
struct Used<'n> {
    network: &'n Network,
    connection: Option<Connection>,
}

impl Used<'_> {
    fn ended_well(mut self) {
        if let Some(connection) = self.connection.take() {
            self.network.pool.keep(connection, self.network.simulation.now());
        }
    }

    /// Closes only this connection.
    fn closed(mut self) {
        self.connection = None;
    }
}

impl Drop for Used<'_> {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(connection) if self.network.is_stubborn => {
                self.network.pool.keep(connection, self.network.simulation.now());
            }
            Some(_) => self.network.pool.close(),
            None => {}
        }
    }
}

/// Counts an exchange while its future lives.
struct InFlight(Arc<Figures>);

impl InFlight {
    fn new(figures: &Arc<Figures>) -> Self {
        figures.requests.fetch_add(1, Ordering::Relaxed);
        let now = figures.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        figures.most_in_flight.fetch_max(now, Ordering::Relaxed);
        Self(Arc::clone(figures))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request<Bytes>, _limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let _in_flight = InFlight::new(&self.figures);
        let fault = self.fault();
        let no_response = |kind, message: &str| Err(TransportError::new(kind, message));
        let now = self.simulation.now();
        if matches!(fault, Fault::Forgotten) {
            self.pool.forget();
        }
        let connection = self.pool.take(now);
        let state = connection.state(now, self.faults.longest_idle);
        let used = Used { network: self, connection: Some(connection) };
        self.wait(self.faults.latency + self.faults.jitter.mul_f64(self.simulation.chance())).await;
        if self.faults.outage.is_some_and(|(begin, end)| (begin..end).contains(&self.simulation.now())) {
            self.figures.faults.fetch_add(1, Ordering::Relaxed);
            used.closed();
            return no_response(TransportErrorKind::Connect, "connection refused");
        }
        match state {
            State::Forgotten => std::future::pending::<()>().await,
            State::Closed => {
                self.figures.faults.fetch_add(1, Ordering::Relaxed);
                used.closed();
                return no_response(TransportErrorKind::Interrupted, "the idle connection was closed");
            }
            State::Alive => {}
        }
        let response = match fault {
            Fault::Refused => {
                used.closed();
                return no_response(TransportErrorKind::Connect, "connection refused");
            }
            Fault::Lost => std::future::pending().await,
            Fault::RateLimited => {
                let mut response = error_response(Code::ResourceExhausted, "too many requests");
                response.headers_mut().insert("retry-after", http::HeaderValue::from_static("1"));
                response
            }
            Fault::BadGateway => {
                let mut response = Response::new(Bytes::from_static(b"<html><h1>502 Bad Gateway</h1></html>"));
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
            Fault::Unavailable => error_response(Code::Unavailable, "restarting"),
            Fault::Reset => {
                let _acted = (self.server)(&request);
                used.closed();
                return no_response(TransportErrorKind::Interrupted, "connection reset by peer");
            }
            Fault::Cut => {
                let mut response = (self.server)(&request);
                let length = response.body().len();
                response.body_mut().truncate((length as f64 * self.simulation.chance()) as usize);
                response
            }
            Fault::Forgotten | Fault::None => (self.server)(&request),
        };
        let response = match &self.window {
            None => response,
            Some(window) => {
                let (head, body) = response.into_parts();
                Response::from_parts(head, window.transfer(body).await)
            }
        };
        used.ended_well();
        Ok(response)
    }
}

/// Returns the response of a Connect server for an error.
#[must_use]
pub fn error_response(code: Code, message: &str) -> Response<Bytes> {
    let mut response = Response::new(connect::Error::new(code, message).to_json().into());
    *response.status_mut() = code.http_status();
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
