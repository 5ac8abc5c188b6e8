//! The machine that ingests datapoints: sends encoded datapoints in chunks, and returns ids in the order of the input.

mod chunk;
mod ingested;
mod input;
mod partial;
mod records;
mod required_fields;
#[cfg(test)]
mod tests;

use std::fmt;

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
use crate::protocol::calls::{Calls, EndedCall};
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrival, Machine, Output, RequestId};
use crate::protocol::retry;
use crate::protocol::wire::datasets::v1 as wire;
use crate::time::Instant;
use chunk::{Chunk, Chunker};
use ingested::StoredChunks;

/// The target collection of an ingestion, and the handling of existing datapoints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IngestTarget {
    /// The id of the collection.
    pub collection_id: Uuid,
    /// The name in errors, such as `the collection A of the dataset B`.
    pub description: String,
    /// Whether existing datapoints are accepted, and stay unchanged. Otherwise they are an error.
    pub allow_existing: bool,
}

impl IngestTarget {
    /// Returns a target that accepts existing datapoints.
    #[must_use]
    pub fn new(collection_id: Uuid, description: impl Into<String>) -> Self {
        Self { collection_id, description: description.into(), allow_existing: true }
    }
}

/// An event of an ingestion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IngestEvent {
    /// A chunk was stored.
    Stored {
        /// Number of datapoints in the chunk.
        datapoints: u64,
        /// Size of the encoded datapoints in bytes.
        bytes: u64,
    },
    /// The whole input was stored. The last event.
    Finished(Ingested),
}

/// Stores datapoints in a collection, several chunks at once.
///
/// Unlike other machines it takes input: call [`handle_input`](Self::handle_input) while
/// [`wants_input`](Machine::wants_input) returns true. Chunks share the [budget](crate::protocol::budget::Budget) of the
/// caller with its other loads and ingestions. Independently of the length of the input, the machine holds at most the
/// chunks in flight, one complete chunk, and one datapoint that did not fit into it.
///
/// After a failed chunk the machine sends no other chunk, and waits for the chunks in flight, so that the error lists all
/// stored datapoints: see [`Error::stored`]. Cancelling does not wait.
///
/// ```
/// use tilebox_core::protocol::budget::Budget;
/// use tilebox_core::protocol::call::CallPolicy;
/// use tilebox_core::protocol::caller::Caller;
/// use tilebox_core::datasets::{ChunkLimits, IngestChunks, IngestEvent, IngestTarget};
/// use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
/// use tilebox_core::protocol::machine::{Machine, Output};
/// use tilebox_core::time::Instant;
///
/// let url = ServerUrl::parse("http://localhost:8080")?;
/// let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
/// let target = IngestTarget::new(uuid::Uuid::from_u128(7), "the collection A");
/// let caller = Caller::new(endpoint, CallPolicy::default(), &Budget::new(32), 42);
/// let mut ingest = IngestChunks::new(caller, target, ChunkLimits::default());
///
/// let now = Instant::ORIGIN;
/// assert!(ingest.wants_input());
/// ingest.handle_input(None);
/// let Output::Item(Ok(IngestEvent::Finished(ingested))) = ingest.poll_output(now) else { panic!("the end") };
/// assert!(ingested.ids.is_empty());
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
pub struct IngestChunks {
    caller: Caller,
    target: IngestTarget,
    limits: ChunkLimits,
    chunker: Chunker,
    calls: Calls<ChunkSpan, wire::IngestResponse>,
    stored: StoredChunks,
    failure: Option<Error>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The machine accepts input.
    Open,
    /// The input has ended, or a chunk failed.
    Closed,
    /// The last item was returned.
    Done,
}

/// The part of the input in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ChunkSpan {
    /// Index of the first datapoint in the input.
    first: u64,
    datapoints: usize,
    bytes: usize,
}

impl fmt::Debug for IngestChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestChunks")
            .field("target", &self.target)
            .field("limits", &self.limits)
            .field("state", &self.state)
            .field("chunks_in_flight", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl IngestChunks {
    /// Returns an ingestion into `target`.
    #[must_use]
    pub fn new(caller: Caller, target: IngestTarget, limits: ChunkLimits) -> Self {
        Self {
            caller,
            target,
            limits,
            chunker: Chunker::new(limits),
            calls: Calls::new(),
            stored: StoredChunks::default(),
            failure: None,
            state: State::Open,
        }
    }

    /// Handles the next input: a datapoint, encoded as a message of the type of the dataset; the error that ends the
    /// input; or `None` at its end.
    ///
    /// Ignores input after the end or after a failure.
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

    /// Keeps the first error, and stops input and chunks that are not in flight.
    fn fail(&mut self, error: Error) {
        self.chunker.clear();
        self.failure.get_or_insert(error);
        if self.state == State::Open {
            self.state = State::Closed;
        }
    }

    /// Starts the next chunk if one is complete and the budget allows it.
    fn start_chunk(&mut self) {
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
        let call = self.caller.call::<rpc::IngestDatapoints, _, _>(
            &request,
            rpc::IngestDatapoints::idempotency(&request),
            purpose,
            move |response| ingested::decode(response, datapoints),
        );
        match call {
            Ok(call) => {
                let span = ChunkSpan { first, datapoints, bytes };
                self.calls.start(span, call);
            }
            Err(error) => self.fail(error),
        }
    }

    /// Returns the last item, after all chunks ended.
    fn finish(&mut self) -> Output<wire::IngestResponse, IngestEvent> {
        self.state = State::Done;
        let ingested = std::mem::take(&mut self.stored).finish();
        match self.failure.take() {
            Some(error) => Output::Item(Err(error.with_stored(ingested))),
            None => Output::Item(Ok(IngestEvent::Finished(ingested))),
        }
    }

    /// Sets the kind of errors about existing datapoints, which the server reports as invalid arguments.
    fn with_kind_of_existing(&self, error: Error) -> Error {
        let existing = error.kind() == ErrorKind::AlreadyExists
            || (error.kind() == ErrorKind::InvalidArgument && error.reason().contains("existing datapoints"));
        if existing && !self.target.allow_existing {
            return error.with_kind(
                ErrorKind::AlreadyExists,
                "allow them with `allow_existing`: existing datapoints stay unchanged",
            );
        }
        error
    }
}

impl Machine for IngestChunks {
    type Reply = wire::IngestResponse;
    type Item = IngestEvent;

    fn handle_response(
        &mut self,
        arrival: impl Into<Arrival>,
        id: RequestId,
        result: Result<wire::IngestResponse, ExchangeError>,
    ) {
        let arrival = arrival.into();
        let overloaded = result.as_ref().is_err_and(retry::is_overload);
        let Some(sent) = self.calls.handle_response(arrival, id, result) else { return };
        if overloaded {
            self.caller.lease.overloaded(arrival.at, sent);
        } else {
            self.caller.lease.completed(arrival.at, arrival.at - sent);
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<wire::IngestResponse, IngestEvent> {
        loop {
            self.start_chunk();
            return match self.calls.poll_output(now) {
                Output::Item(Ok(EndedCall { key: span, result: Ok(response), .. })) => {
                    self.stored.add(span.first, &response);
                    let (datapoints, bytes) = (span.datapoints as u64, span.bytes as u64);
                    Output::Item(Ok(IngestEvent::Stored { datapoints, bytes }))
                }
                Output::Item(Ok(EndedCall { result: Err(error), .. }) | Err(error)) => {
                    let error = self.with_kind_of_existing(error);
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
