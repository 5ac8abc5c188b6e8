//! What every machine of this crate has in common: three verbs, and what they say.
//!
//! A machine decides and never acts. Whoever drives it sends what it asks for, tells it what came back and what time
//! it is, and hands its items on:
//!
//! ```
//! use tilebox_core::machine::{Machine, Output};
//! use tilebox_core::time::Instant;
//! # use tilebox_core::error::Error;
//! # use tilebox_core::exchange::{TransportError, Limits};
//! # fn send<R>(_: &tilebox_core::machine::Exchange<R>) -> Result<http::Response<bytes::Bytes>, TransportError> {
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
//!                 let answer = send(&exchange);
//!                 machine.handle_response(now, exchange.id, exchange.decode(answer));
//!             }
//!             Output::Decode(id, answer) => machine.handle_response(now, id, answer.decode()),
//!             Output::Item(item) => items.push(item?),
//!             Output::WaitUntil(time) => now = time,
//!             Output::WaitForResponses => unreachable!("every exchange was answered at once"),
//!             Output::Done => return Ok(items),
//!         }
//!     }
//! }
//! ```

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::exchange::{Limits, TransportError};
use crate::time::Instant;
use crate::{connect, error};

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
/// - `now` never goes back. Polling later than a [`Output::WaitUntil`] asked for is always right: the machine looks
///   at the time, not at who woke it.
/// - An item that is an error is the last one. [`Output::Done`] stays; exchanges still under way may be dropped then.
pub trait Machine {
    /// What an answer is decoded to before the machine sees it.
    type Reply;
    /// What the machine produces.
    type Item;

    /// Takes what came of the exchange `id`, or the reason why nothing did.
    fn handle_response(&mut self, now: Instant, id: RequestId, result: Result<Arrived<Self::Reply>, Failure>);

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
#[expect(clippy::large_enum_variant, reason = "an output is moved once and never stored")]
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
    /// What it may cost. The timeout counts from the moment it is sent.
    pub limits: Limits,
    /// Which attempt of its call it is; the first one is 1.
    pub attempt: u32,
    decode: Decode<Reply>,
}

/// Turns an answer into what a machine takes.
pub type DecodeAnswer<Reply> = Arc<dyn Fn(&connect::Answer) -> Result<Reply, error::UnreadableMessage> + Send + Sync>;

/// How an answer becomes a reply.
pub(crate) struct Decode<Reply> {
    pub(crate) answer: DecodeAnswer<Reply>,
    pub(crate) message_limit: usize,
}

impl<Reply> Clone for Decode<Reply> {
    fn clone(&self) -> Self {
        Self { answer: Arc::clone(&self.answer), message_limit: self.message_limit }
    }
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
        (self.id, self.request, self.limits, Decoder(self.decode))
    }

    /// Decodes the answer at once. See [`Decoder::decode`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`].
    pub fn decode(&self, answer: Result<http::Response<Bytes>, TransportError>) -> Result<Arrived<Reply>, Failure> {
        Decoder(self.decode.clone()).decode(answer)
    }

    /// Leaves the answer as it is. See [`Decoder::seal`].
    ///
    /// # Errors
    ///
    /// As [`Decoder::seal`].
    pub fn seal(&self, answer: Result<http::Response<Bytes>, TransportError>) -> Result<Arrived<Reply>, Failure> {
        Decoder(self.decode.clone()).seal(answer)
    }
}

impl<Reply> fmt::Debug for Exchange<Reply> {
    /// Leaves the headers out: they carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("id", &self.id)
            .field("uri", self.request.uri())
            .field("body", &format_args!("{} bytes", self.request.body().len()))
            .field("limits", &self.limits)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// Turns the answer to one exchange into what its machine takes. It is pure.
pub struct Decoder<Reply>(Decode<Reply>);

impl<Reply> Decoder<Reply> {
    /// Decompresses and decodes the answer: [`seal`](Self::seal) and [`Sealed::decode`] in one.
    ///
    /// # Errors
    ///
    /// As these two.
    pub fn decode(&self, answer: Result<http::Response<Bytes>, TransportError>) -> Result<Arrived<Reply>, Failure> {
        self.sealed(answer)?.decode()
    }

    /// Looks at the head of the answer and leaves its body as it is, which takes no time.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is an error. The machine decides what follows from that.
    pub fn seal(&self, answer: Result<http::Response<Bytes>, TransportError>) -> Result<Arrived<Reply>, Failure> {
        self.sealed(answer).map(Arrived::Sealed)
    }

    fn sealed(&self, answer: Result<http::Response<Bytes>, TransportError>) -> Result<Sealed<Reply>, Failure> {
        let answer = connect::seal_response(answer.map_err(Failure::NoAnswer)?).map_err(Failure::BadAnswer)?;
        Ok(Sealed { answer, decode: self.0.clone() })
    }
}

impl<Reply> fmt::Debug for Decoder<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

/// What came of an exchange.
#[derive(Debug)]
pub enum Arrived<Reply> {
    /// An answer as it was transferred.
    Sealed(Sealed<Reply>),
    /// What an answer says.
    Reply(Reply),
}

/// An answer as it was transferred, which is worth decoding once there is use for what it says: that takes time, and
/// several times the memory.
///
/// It is where the time goes for large answers (decompression, columns), and pure, so it can run on any thread, beside the
/// machine and beside other answers.
pub struct Sealed<Reply> {
    answer: connect::SealedAnswer,
    decode: Decode<Reply>,
}

impl<Reply> Sealed<Reply> {
    /// How many bytes it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "whether there are any is nobody's concern")]
    pub fn len(&self) -> usize {
        self.answer.len()
    }

    /// Decompresses and decodes it.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn decode(self) -> Result<Arrived<Reply>, Failure> {
        self.open()?.read()
    }

    /// The first half of [`decode`](Self::decode): decompresses it.
    ///
    /// # Errors
    ///
    /// When it is damaged, or too long.
    pub fn open(self) -> Result<Opened<Reply>, Failure> {
        let Self { answer, decode } = self;
        let answer = answer.open(decode.message_limit).map_err(Failure::BadAnswer)?;
        Ok(Opened { answer, decode })
    }
}

/// Both share the same bytes.
impl<Reply> Clone for Sealed<Reply> {
    fn clone(&self) -> Self {
        Self { answer: self.answer.clone(), decode: self.decode.clone() }
    }
}

impl<Reply> fmt::Debug for Sealed<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("bytes", &self.len()).finish_non_exhaustive()
    }
}

/// An answer that was decompressed.
pub struct Opened<Reply> {
    answer: connect::Answer,
    decode: Decode<Reply>,
}

impl<Reply> Opened<Reply> {
    /// How many bytes its message has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "whether there are any is nobody's concern")]
    pub fn len(&self) -> usize {
        self.answer.message.len()
    }

    /// The second half of [`Sealed::decode`]: turns the message into what the machine takes.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read(self) -> Result<Arrived<Reply>, Failure> {
        (self.decode.answer)(&self.answer).map(Arrived::Reply).map_err(Failure::Unreadable)
    }
}

impl<Reply> fmt::Debug for Opened<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("bytes", &self.len()).finish_non_exhaustive()
    }
}

/// Why an exchange did not give a reply.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// There is no answer.
    NoAnswer(TransportError),
    /// The answer is an error.
    BadAnswer(connect::Error),
    /// The answer is a message that does not say what it should.
    Unreadable(error::UnreadableMessage),
}

impl Failure {
    /// What kind of failure it is, as telemetry names it: that of the transport, the code of the server, or
    /// `undecodable`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoAnswer(error) => error.kind().as_str(),
            Self::BadAnswer(error) => error.code.as_str(),
            Self::Unreadable(_) => "undecodable",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(error) => error.fmt(f),
            Self::BadAnswer(error) => error.fmt(f),
            Self::Unreadable(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoAnswer(error) => Some(error),
            Self::BadAnswer(error) => Some(error),
            Self::Unreadable(error) => Some(error),
        }
    }
}
