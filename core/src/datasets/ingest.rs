//! Ingestion as a machine: encoded datapoints in, chunks out, ids back in the order of the input.

mod check;
mod chunk;
mod ingested;
mod input;
mod partial;
mod records;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

pub use chunk::ChunkLimits;
pub use ingested::Ingested;
pub use input::{DatapointEncoder, IntoDatapoints, Messages};
pub use partial::PartialIngestion;
pub use records::Records;

use super::rpc;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::caller::Caller;
use crate::protocol::calls::Calls;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrived, Machine, Output, RequestId};
use crate::protocol::retry;
use crate::protocol::wire::datasets::v1 as wire;
use crate::time::Instant;
use chunk::{Chunk, Chunker};
use ingested::Collected;

/// Where datapoints go, and what happens to those that are there already.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IngestTarget {
    /// The collection.
    pub collection_id: Uuid,
    /// For people, such as `the collection A of the dataset B`.
    pub description: String,
    /// Whether a datapoint that is stored already is left as it is, instead of being an error.
    pub allow_existing: bool,
}

impl IngestTarget {
    /// A collection, where datapoints may exist already.
    #[must_use]
    pub fn new(collection_id: Uuid, description: impl Into<String>) -> Self {
        Self { collection_id, description: description.into(), allow_existing: true }
    }
}

/// What an ingestion says while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IngestEvent {
    /// A chunk was stored.
    Stored {
        /// How many datapoints it holds.
        datapoints: u64,
        /// How many bytes they have as protobuf.
        bytes: u64,
    },
    /// All of the input was stored; nothing follows.
    Finished(Ingested),
}

/// Stores datapoints in a collection, in chunks, several of them at once.
///
/// Beside the three verbs of every machine it takes input: while [`wants_input`](Machine::wants_input) says so, give
/// it what is next with [`handle_input`](Self::handle_input). Chunks share the [budget](crate::protocol::budget::Budget) of the
/// caller with everything else that it loads and stores. It holds at most the chunks under way, a full one that
/// waits for its turn, and a datapoint that did not fit, whatever the length of the input.
///
/// When a chunk fails no other is begun, but those under way are waited for, so that the error knows everything that
/// was stored: see [`Error::stored`]. Cancelling waits for nothing.
///
/// ```
/// use tilebox_core::protocol::budget::Budget;
/// use tilebox_core::protocol::call::CallPolicy;
/// use tilebox_core::protocol::caller::Caller;
/// use tilebox_core::datasets::{ChunkLimits, Ingest, IngestEvent, IngestTarget};
/// use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
/// use tilebox_core::protocol::machine::{Machine, Output};
/// use tilebox_core::time::Instant;
///
/// let url = ServerUrl::parse("http://localhost:8080")?;
/// let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
/// let target = IngestTarget::new(uuid::Uuid::from_u128(7), "the collection A");
/// let caller = Caller::new(endpoint, CallPolicy::default(), &Budget::new(32), 42);
/// let mut ingest = Ingest::new(caller, target, ChunkLimits::default());
///
/// let now = Instant::ORIGIN;
/// assert!(ingest.wants_input());
/// ingest.handle_input(None);
/// let Output::Item(Ok(IngestEvent::Finished(ingested))) = ingest.poll_output(now) else { panic!("nothing to do") };
/// assert!(ingested.ids.is_empty());
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
pub struct Ingest {
    caller: Caller,
    target: IngestTarget,
    limits: ChunkLimits,
    chunker: Chunker,
    calls: Calls<Place, wire::IngestResponse>,
    collected: Collected,
    failure: Option<Error>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// More input may come.
    Open,
    /// The input has ended, or no more of it is wanted.
    Closed,
    /// Everything was said.
    Done,
}

/// Where in the input the datapoints of a chunk stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    first: u64,
    datapoints: usize,
    bytes: usize,
}

impl fmt::Debug for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingest")
            .field("target", &self.target)
            .field("limits", &self.limits)
            .field("state", &self.state)
            .field("chunks_under_way", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl Ingest {
    /// An ingestion into `target`.
    #[must_use]
    pub fn new(caller: Caller, target: IngestTarget, limits: ChunkLimits) -> Self {
        Self {
            caller,
            target,
            limits,
            chunker: Chunker::new(limits),
            calls: Calls::new(),
            collected: Collected::default(),
            failure: None,
            state: State::Open,
        }
    }

    /// Takes the next datapoint, encoded as a message of the type of the dataset; or the reason why the input cannot
    /// go on; or `None` at its end.
    ///
    /// Input that comes after the end, or after a failure, is ignored.
    pub fn handle_input(&mut self, input: Option<Result<Bytes>>) {
        if self.state != State::Open {
            return;
        }
        match input {
            Some(Ok(datapoint)) => self.chunker.push(datapoint),
            Some(Err(error)) => self.fail(error),
            None => {
                self.chunker.close();
                self.state = State::Closed;
            }
        }
    }

    fn fail(&mut self, error: Error) {
        self.chunker.clear();
        self.failure.get_or_insert(error);
        if self.state == State::Open {
            self.state = State::Closed;
        }
    }

    /// Begins a chunk if there is one and room for it.
    fn begin_chunk(&mut self) {
        let most = self.limits.in_flight().min(self.caller.lease.share());
        if self.calls.len() >= most || self.state == State::Done {
            return;
        }
        let Some(Chunk { first, values, bytes }) = self.chunker.take() else { return };
        let datapoints = values.len();
        let last = first + (datapoints as u64).saturating_sub(1);
        let request = wire::IngestRequest {
            collection_id: Some(id::to_wire(self.target.collection_id)),
            values,
            allow_existing: self.target.allow_existing,
        };
        let purpose = format!("ingest the datapoints {first} to {last} into {}", self.target.description);
        let call = self.caller.call::<rpc::Ingest, _, _>(
            &request,
            rpc::Ingest::idempotency(&request),
            purpose,
            move |response| ingested::decode(response, datapoints),
        );
        match call {
            Ok(call) => {
                let place = Place { first, datapoints, bytes };
                self.calls.start(place, call);
            }
            Err(error) => self.fail(error),
        }
    }

    /// What there is to say when no chunk is under way.
    fn finish(&mut self) -> Output<wire::IngestResponse, IngestEvent> {
        self.state = State::Done;
        let ingested = std::mem::take(&mut self.collected).finish();
        match self.failure.take() {
            Some(error) => Output::Item(Err(error.with_stored(ingested))),
            None => Output::Item(Ok(IngestEvent::Finished(ingested))),
        }
    }

    /// Tilebox answers an existing datapoint as an invalid argument, which it is not.
    fn explain(&self, error: Error) -> Error {
        let existing = error.kind() == ErrorKind::AlreadyExists
            || (error.kind() == ErrorKind::InvalidArgument && error.reason().contains("existing datapoints"));
        if existing && !self.target.allow_existing {
            return error.with_kind(
                ErrorKind::AlreadyExists,
                "allow them with `allow_existing`: those that are there stay as they are",
            );
        }
        error
    }
}

impl Machine for Ingest {
    type Reply = wire::IngestResponse;
    type Item = IngestEvent;

    fn handle_owed(&mut self, id: RequestId, duration: Duration) {
        self.calls.handle_owed(id, duration);
    }

    fn handle_response(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<Arrived<wire::IngestResponse>, ExchangeError>,
    ) {
        let overloaded = result.as_ref().is_err_and(retry::is_overload);
        let Some(sent) = self.calls.handle_response(now, id, result) else { return };
        if overloaded {
            self.caller.lease.overloaded(now, sent);
        } else {
            self.caller.lease.completed(now, now - sent);
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<wire::IngestResponse, IngestEvent> {
        loop {
            self.begin_chunk();
            return match self.calls.poll_output(now) {
                Output::Item(Ok((place, Ok(response)))) => {
                    self.collected.add(place.first, &response);
                    let (datapoints, bytes) = (place.datapoints as u64, place.bytes as u64);
                    Output::Item(Ok(IngestEvent::Stored { datapoints, bytes }))
                }
                Output::Item(Ok((_, Err(error))) | Err(error)) => {
                    let error = self.explain(error);
                    self.fail(error);
                    continue;
                }
                Output::Done => match self.state {
                    State::Open => Output::WaitForResponses,
                    State::Closed => self.finish(),
                    State::Done => Output::Done,
                },
                Output::Send(exchange) => {
                    self.caller.lease.in_use(self.calls.len());
                    Output::Send(exchange)
                }
                Output::Decode(id, response) => Output::Decode(id, response),
                Output::WaitUntil(time) => Output::WaitUntil(time),
                Output::WaitForResponses => Output::WaitForResponses,
            };
        }
    }

    fn wants_input(&self) -> bool {
        self.state == State::Open && !self.chunker.is_full()
    }

    fn cancel(&mut self) {
        self.state = State::Done;
        self.chunker.clear();
        self.calls.clear();
    }
}
