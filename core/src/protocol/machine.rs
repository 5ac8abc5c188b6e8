//! The contract of every machine of this crate: three verbs and their outputs.
//!
//! A machine decides and never acts. Its driver sends the exchanges, returns their responses with the time, and passes the
//! items on. This loop drives a machine that takes no other input, such as a call; `Pages` also takes
//! [decoded pages](crate::datasets::Pages::handle_decoded).
//!
//! ```
//! use tilebox_core::protocol::machine::{Machine, Output};
//! use tilebox_core::time::Instant;
//! # use tilebox_core::error::Error;
//! # use tilebox_core::protocol::exchange::{TransportError, Limits};
//! # fn send<R>(_: &tilebox_core::protocol::machine::Exchange<R>) -> Result<http::Response<bytes::Bytes>, TransportError> {
//! #     unreachable!()
//! # }
//!
//! /// Drives a machine with one exchange at a time and no clock.
//! fn drive<M: Machine>(mut machine: M) -> Result<Vec<M::Item>, Error> {
//!     let mut items = Vec::new();
//!     let mut now = Instant::ORIGIN;
//!     loop {
//!         match machine.poll_output(now) {
//!             Output::Send(exchange) => {
//!                 let response = send(&exchange);
//!                 machine.handle_response(now, exchange.id, exchange.decode(response));
//!             }
//!             Output::Item(item) => items.push(item?),
//!             Output::WaitUntil(time) => now = time,
//!             Output::WaitForResponses => unreachable!("every exchange gets its response at once"),
//!             Output::Done => return Ok(items),
//!         }
//!     }
//! }
//! ```

mod decoder;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

pub use decoder::Decoder;
pub(crate) use decoder::{ReadMessage, read_message};

use crate::error::Error;
use crate::protocol::endpoint::url::without_secrets;
use crate::protocol::exchange::{ExchangeError, Limits, TransportError};
use crate::time::Instant;

/// A protocol as a pure state machine.
///
/// # Contract
///
/// - Poll [`poll_output`](Self::poll_output) after creating the machine and after every input, until it returns
///   [`Output::WaitUntil`], [`Output::WaitForResponses`] or [`Output::Done`].
/// - Call [`handle_response`](Self::handle_response) once for every [`Output::Send`], in any order. The driver decodes the
///   response with the [`Decoder`] of the exchange, on any thread.
/// - The machine ignores a response that it did not ask for or no longer needs.
/// - The driver ends an exchange without a response after [`Limits::timeout`], with an error of the kind
///   [`TimedOut`](crate::protocol::exchange::TransportErrorKind::TimedOut). The machine sets no timer for responses.
/// - `now` of [`poll_output`](Self::poll_output) never goes back. An [`Arrival`] may be before the last poll: a driver stamps
///   responses that arrive while it is not polled.
/// - Deadlines count network time, which an [`Arrival`] states. Without it, all time between the [`Output::Send`] and the
///   response counts.
/// - Polling later than a [`Output::WaitUntil`] asked for is always right: the machine looks at the time, not at who
///   woke it, and a poll that comes late costs nothing but that.
/// - An item that is an error is the last one. [`Output::Done`] stays; exchanges still in flight may be dropped then.
pub trait Machine {
    /// The decoded response that the machine takes.
    type Reply;
    /// The item that the machine produces.
    type Item;

    /// Takes the reply to the exchange `id`, or its failure.
    fn handle_response(
        &mut self,
        arrival: impl Into<Arrival>,
        id: RequestId,
        result: Result<Self::Reply, ExchangeError>,
    );

    /// Returns the next action of the driver.
    fn poll_output(&mut self, now: Instant) -> Output<Self::Reply, Self::Item>;

    /// Returns whether the machine takes input now, beside responses. A machine with input has a verb for it; the driver polls
    /// it again after each input.
    fn wants_input(&self) -> bool {
        false
    }

    /// Ends the machine: it sends no further request and yields no further item.
    fn cancel(&mut self);
}

/// The output of a machine.
#[derive(Debug)]
#[must_use = "an output that is not acted on is lost"]
#[expect(clippy::large_enum_variant, reason = "an output is moved once, and a box would allocate for each exchange")]
pub enum Output<Reply, Item> {
    /// Send this exchange and return its response.
    Send(Exchange<Reply>),
    /// Take this item, or the error that ends the machine.
    Item(Result<Item, Error>),
    /// Poll again at this time, or earlier when a response arrives.
    WaitUntil(Instant),
    /// Poll again when a response has arrived, or input where the machine [wants some](Machine::wants_input).
    WaitForResponses,
    /// Stop: the machine has ended.
    Done,
}

/// Identifies an exchange within its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(u64);

impl RequestId {
    /// The first id.
    pub const FIRST: Self = Self(0);

    /// Returns the next id.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// The time at which a response arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The time at which the driver received it, which may be long before the machine does.
    pub at: Instant,
    /// The time in which the network owed it: without the wait for a permit, and without time in which the exchange was not
    /// polled. `None` counts all time since it was sent.
    pub network_time: Option<Duration>,
}

impl Arrival {
    /// Creates an arrival with its network time.
    #[must_use]
    pub const fn new(at: Instant, network_time: Duration) -> Self {
        Self { at, network_time: Some(network_time) }
    }
}

impl From<Instant> for Arrival {
    fn from(at: Instant) -> Self {
        Self { at, network_time: None }
    }
}

/// One HTTP exchange that a machine asks for.
pub struct Exchange<Reply> {
    /// Names the exchange in [`Machine::handle_response`].
    pub id: RequestId,
    /// The request to send.
    pub request: http::Request<Bytes>,
    /// The limits of the exchange. The timeout begins when it is sent, and counts only while the network owes the response.
    pub limits: Limits,
    /// Which attempt of its call it is; the first one is 1.
    pub attempt: u32,
    decoder: Decoder<Reply>,
}

impl<Reply> Exchange<Reply> {
    pub(crate) fn new(
        id: RequestId,
        request: http::Request<Bytes>,
        limits: Limits,
        attempt: u32,
        decoder: Decoder<Reply>,
    ) -> Self {
        Self { id, request, limits, attempt, decoder }
    }

    /// Splits the exchange into its id, its request with the limits, and the decoder of the response.
    #[must_use]
    pub fn split(self) -> (RequestId, http::Request<Bytes>, Limits, Decoder<Reply>) {
        (self.id, self.request, self.limits, self.decoder)
    }

    /// Decodes the response, as [`Decoder::decode`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`].
    pub fn decode(&self, response: Result<http::Response<Bytes>, TransportError>) -> Result<Reply, ExchangeError> {
        self.decoder.decode(response)
    }
}

impl<Reply> fmt::Debug for Exchange<Reply> {
    /// Leaves out the headers and what else of the request carries credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("id", &self.id)
            .field("uri", &format_args!("{}", without_secrets(&self.request.uri().to_string())))
            .field("body", &format_args!("{} bytes", self.request.body().len()))
            .field("limits", &self.limits)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
