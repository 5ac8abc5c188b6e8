//! What every machine of this crate has in common: three verbs, and what they say.
//!
//! A machine decides and never acts. Whoever drives it sends what it asks for, tells it what came back and what time
//! it is, and hands its items on:
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
//!             Output::Decode(id, response) => machine.handle_response(now, id, response.decode()),
//!             Output::Item(item) => items.push(item?),
//!             Output::WaitUntil(time) => now = time,
//!             Output::WaitForResponses => unreachable!("every exchange gets its response at once"),
//!             Output::Done => return Ok(items),
//!         }
//!     }
//! }
//! ```

mod response;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

pub use response::{Arrived, DecodeResponse, Decoder, Opened, Sealed};
pub(crate) use response::{Decode, is_beyond_allowance};

use crate::error::Error;
use crate::protocol::endpoint::url::without_secrets;
use crate::protocol::exchange::{ExchangeError, Limits, TransportError};
use crate::time::Instant;

/// A protocol as a pure state machine.
///
/// # Contract
///
/// - Poll [`poll_output`](Self::poll_output) after making the machine and after every input, until it says
///   [`Output::WaitUntil`], [`Output::WaitForResponses`] or [`Output::Done`].
/// - Answer every [`Output::Send`] with one [`handle_response`](Self::handle_response), in any order: with what the answer
///   says, or with the answer itself. The machine keeps that one as it is and asks for what it says with
///   [`Output::Decode`] once it has use for it; answer that with one more.
/// - An answer that the machine did not ask for, or no longer needs, is ignored.
/// - The driver ends an exchange whose response is not there after [`Limits::timeout`]: with a response of the kind
///   [`TimedOut`](crate::protocol::exchange::TransportErrorKind::TimedOut). A machine that waits for responses sets no timer for them.
/// - `now` of [`poll_output`](Self::poll_output) never goes back. `now` of [`handle_response`](Self::handle_response) is when
///   the response arrived, which may be before the last poll: a driver that was not polled meanwhile stamps it earlier.
/// - Deadlines count network time. A driver that knows how long the network owed a response, without permits and without
///   time in which nobody polled, says so with [`handle_owed`](Self::handle_owed) before it hands the response over.
///   Otherwise all time between the [`Output::Send`] and the response counts.
/// - Polling later than a [`Output::WaitUntil`] asked for is always right: the machine looks at the time, not at who
///   woke it, and a poll that comes late costs nothing but that.
/// - An item that is an error is the last one. [`Output::Done`] stays; exchanges still under way may be dropped then.
pub trait Machine {
    /// What an answer is decoded to before the machine sees it.
    type Reply;
    /// What the machine produces.
    type Item;

    /// Takes how long the network owed the response of the exchange `id`, before
    /// [`handle_response`](Self::handle_response). Machines that count no time leave it out.
    fn handle_owed(&mut self, id: RequestId, duration: Duration) {
        let _ = (id, duration);
    }

    /// Takes what came of the exchange `id`, or the reason why nothing did.
    fn handle_response(&mut self, now: Instant, id: RequestId, result: Result<Arrived<Self::Reply>, ExchangeError>);

    /// Says what to do next.
    fn poll_output(&mut self, now: Instant) -> Output<Self::Reply, Self::Item>;

    /// Whether the machine takes input of its own now, beside responses. Most never do; one that does has a verb for it
    /// and, while it wants input, may also be polled again when there is some.
    fn wants_input(&self) -> bool {
        false
    }

    /// Ends the machine: it asks for nothing any more and gives no further item.
    fn cancel(&mut self);
}

/// What a machine wants.
#[derive(Debug)]
#[must_use = "an output that is not acted on is lost"]
pub enum Output<Reply, Item> {
    /// Send this exchange and pass on what comes back.
    Send(Exchange<Reply>),
    /// Decode this answer, which was passed on sealed, and pass on what comes out.
    Decode(RequestId, Sealed<Reply>),
    /// Here is a result, or the error that ends the machine.
    Item(Result<Item, Error>),
    /// Poll again at this time, or earlier when a response arrives.
    WaitUntil(Instant),
    /// Poll again when a response has arrived, or input where the machine [wants some](Machine::wants_input).
    WaitForResponses,
    /// There is nothing more, ever.
    Done,
}

/// Names an exchange within its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(u64);

impl RequestId {
    /// The first one.
    pub const FIRST: Self = Self(0);

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// One HTTP exchange that a machine asks for.
pub struct Exchange<Reply> {
    /// Names the exchange in [`Machine::handle_response`].
    pub id: RequestId,
    /// What to send.
    pub request: http::Request<Bytes>,
    /// What it may cost. The timeout counts from the moment it is sent, and only while the network owes the response.
    pub limits: Limits,
    /// Which attempt of its call it is; the first one is 1.
    pub attempt: u32,
    decode: Decode<Reply>,
}

impl<Reply> Exchange<Reply> {
    pub(crate) fn new(
        id: RequestId,
        request: http::Request<Bytes>,
        limits: Limits,
        attempt: u32,
        decode: Decode<Reply>,
    ) -> Self {
        Self { id, request, limits, attempt, decode }
    }

    /// Separates what is sent from what is done with the answer, so that the request can be given away.
    #[must_use]
    pub fn split(self) -> (RequestId, http::Request<Bytes>, Limits, Decoder<Reply>) {
        (self.id, self.request, self.limits, Decoder::new(self.decode))
    }

    /// Decodes the answer at once. See [`Decoder::decode`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`].
    pub fn decode(
        &self,
        response: Result<http::Response<Bytes>, TransportError>,
    ) -> Result<Arrived<Reply>, ExchangeError> {
        Decoder::new(self.decode.clone()).decode(response)
    }

    /// Leaves the answer as it is. See [`Decoder::seal`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::seal`].
    pub fn seal(
        &self,
        response: Result<http::Response<Bytes>, TransportError>,
    ) -> Result<Arrived<Reply>, ExchangeError> {
        Decoder::new(self.decode.clone()).seal(response)
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
