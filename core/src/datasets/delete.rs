//! The machine that deletes datapoints, several chunks at once.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;

use prost::Message as _;
use uuid::Uuid;

use super::{Ingested, rpc};
use crate::datapoints::Datapoints;
use crate::error::{Error, ErrorKind, Result, UnreadableMessage};
use crate::protocol::call::{Call, CallPolicy, CallRequest};
use crate::protocol::calls::{Calls, EndedCall};
use crate::protocol::connect::UnaryResponse;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrival, Machine, Output, RequestId};
use crate::protocol::retry::Idempotency;
use crate::protocol::wire::datasets::v1 as wire;
use crate::time::Instant;

/// The most ids of a request, a limit of the server.
const MAX_IDS: usize = 8192;
/// Chunks in flight, as many as in an ingestion.
const IN_FLIGHT: usize = 4;
/// The most datapoints of a chunk that are looked up after its response was lost, spread over the chunk. A request deletes
/// all of its datapoints or none, so one existing datapoint proves that it deleted none.
const MAX_LOOKUPS: usize = 64;

/// Ids of datapoints: from a [`Uuid`], a list of them, [`Datapoints`] or an [`Ingested`].
///
/// The ids are not validated before they are used.
#[derive(Clone, Debug)]
pub struct DatapointIds {
    ids: Vec<Uuid>,
    /// Number of datapoints without an id.
    missing: usize,
}

impl DatapointIds {
    fn new(ids: Vec<Uuid>) -> Self {
        Self { ids, missing: 0 }
    }

    /// Returns the ids without duplicates, if all are valid.
    fn validate(self) -> Result<Vec<Uuid>, String> {
        let Self { mut ids, missing } = self;
        if missing > 0 {
            return Err(format!("{missing} of the {} datapoints have no id", ids.len() + missing));
        }
        if ids.iter().any(Uuid::is_nil) {
            return Err("the id of a datapoint is nil".to_owned());
        }
        // The API does not specify the effect of duplicates.
        let mut seen = HashSet::with_capacity(ids.len());
        ids.retain(|id| seen.insert(*id));
        Ok(ids)
    }
}

impl From<Uuid> for DatapointIds {
    fn from(id: Uuid) -> Self {
        Self::new(vec![id])
    }
}

impl From<Vec<Uuid>> for DatapointIds {
    fn from(ids: Vec<Uuid>) -> Self {
        Self::new(ids)
    }
}

impl From<&Vec<Uuid>> for DatapointIds {
    fn from(ids: &Vec<Uuid>) -> Self {
        Self::new(ids.clone())
    }
}

impl From<&[Uuid]> for DatapointIds {
    fn from(ids: &[Uuid]) -> Self {
        Self::new(ids.to_vec())
    }
}

impl<const N: usize> From<[Uuid; N]> for DatapointIds {
    fn from(ids: [Uuid; N]) -> Self {
        Self::new(ids.to_vec())
    }
}

impl From<&Datapoints> for DatapointIds {
    fn from(datapoints: &Datapoints) -> Self {
        let ids: Vec<_> = datapoints.ids().collect();
        let missing = datapoints.len().saturating_sub(ids.len());
        Self { ids, missing }
    }
}

impl From<&Ingested> for DatapointIds {
    fn from(ingested: &Ingested) -> Self {
        Self::new(ingested.ids.clone())
    }
}

/// Deletes datapoints of a collection by their ids, in chunks of 8192.
///
/// A request deletes all of its datapoints or none. After a failed request the machine sends no other chunk, waits for
/// the chunks in flight, and returns an error with the number of deleted datapoints. Its only item is the number of
/// deleted datapoints.
///
/// If the response to a request is lost and the repeated request finds no datapoints, the first request may have deleted
/// them. The machine then looks some of the datapoints up: if none exists, the request deleted all of them.
pub struct DeleteChunks {
    endpoint: Endpoint,
    collection: CollectionIds,
    purpose: String,
    policy: CallPolicy,
    random: fastrand::Rng,
    chunks: VecDeque<Vec<Uuid>>,
    calls: Calls<Step, DeletionResponse>,
    /// Chunks with requests in flight, by number.
    in_flight: BTreeMap<usize, ChunkInFlight>,
    next_chunk: usize,
    deleted: u64,
    failure: Option<Error>,
    is_done: bool,
}

/// The ids of a collection and its dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectionIds {
    /// The id of the dataset.
    pub dataset_id: Uuid,
    /// The id of the collection.
    pub collection_id: Uuid,
}

/// A decoded response to a request of [`DeleteChunks`].
#[derive(Debug)]
pub struct DeletionResponse(Outcome);

#[derive(Debug)]
enum Outcome {
    /// Number of deleted datapoints.
    Deleted(u64),
    /// The datapoint exists.
    Found,
}

/// A call for a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Deletes the chunk.
    Delete(usize),
    /// Looks up a datapoint of the chunk.
    LookUp(usize, Uuid),
}

impl Step {
    fn chunk(self) -> usize {
        match self {
            Self::Delete(chunk) | Self::LookUp(chunk, _) => chunk,
        }
    }
}

/// A chunk with requests in flight.
struct ChunkInFlight {
    ids: Vec<Uuid>,
    /// Set after a lost response.
    lookups: Option<Lookups>,
}

/// Lookups that find out whether a request deleted its datapoints.
struct Lookups {
    /// Datapoints to look up.
    remaining: Vec<Uuid>,
    /// Error of the repeated request.
    error: Error,
}

impl fmt::Debug for DeleteChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteChunks")
            .field("collection", &self.collection)
            .field("deleted", &self.deleted)
            .field("chunks_to_send", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

impl DeleteChunks {
    /// Returns a deletion. `description` names the collection in errors, such as `the collection A`; `seed` randomizes the
    /// backoff of repeated attempts.
    ///
    /// # Errors
    ///
    /// If an id is nil, or a datapoint has no id.
    pub fn new(
        endpoint: Endpoint,
        collection: CollectionIds,
        ids: impl Into<DatapointIds>,
        description: &str,
        policy: CallPolicy,
        seed: u64,
    ) -> Result<Self> {
        let purpose = format!("delete datapoints of {description}");
        let ids = ids.into().validate();
        let ids = ids.map_err(|reason| Error::invalid(purpose.clone(), reason, "give the id of each datapoint"))?;
        Ok(Self {
            endpoint,
            collection,
            purpose,
            policy,
            random: fastrand::Rng::with_seed(seed),
            chunks: ids.chunks(MAX_IDS).map(<[Uuid]>::to_vec).collect(),
            calls: Calls::new(),
            in_flight: BTreeMap::new(),
            next_chunk: 0,
            deleted: 0,
            failure: None,
            is_done: false,
        })
    }

    /// Starts calls up to the limit. Lookups go first, so that chunks in flight end.
    fn start_calls(&mut self) {
        while self.calls.len() < IN_FLIGHT {
            let lookup = self
                .in_flight
                .iter_mut()
                .find_map(|(number, chunk)| Some(Step::LookUp(*number, chunk.lookups.as_mut()?.remaining.pop()?)));
            let step = lookup.or_else(|| {
                let ids = self.chunks.pop_front()?;
                let chunk = self.next_chunk;
                self.next_chunk += 1;
                self.in_flight.insert(chunk, ChunkInFlight { ids, lookups: None });
                Some(Step::Delete(chunk))
            });
            let Some(step) = step else { return };
            match self.call(step) {
                Ok(call) => self.calls.start(step, call),
                Err(error) => self.fail(step.chunk(), error),
            }
        }
    }

    fn call(&mut self, step: Step) -> Result<Call<DeletionResponse>> {
        let request = match step {
            Step::Delete(chunk) => self.delete_request(chunk),
            Step::LookUp(_, datapoint) => self.lookup_request(datapoint),
        };
        Ok(Call::new(request?, self.policy, self.random.u64(..)))
    }

    fn delete_request(&self, chunk: usize) -> Result<CallRequest<DeletionResponse>> {
        let ids = self.in_flight.get(&chunk).map(|chunk| chunk.ids.as_slice()).unwrap_or_default();
        let request = wire::DeleteRequest {
            collection_id: Some(id::to_wire(self.collection.collection_id)),
            datapoint_ids: ids.iter().copied().map(id::to_wire).collect(),
        };
        let decode = |response: &UnaryResponse| {
            let response = wire::DeleteResponse::decode(response.message.clone()).map_err(UnreadableMessage::new)?;
            match u64::try_from(response.num_deleted) {
                Ok(deleted) if deleted > 0 => Ok(DeletionResponse(Outcome::Deleted(deleted))),
                // An empty message decodes to zero, so zero may be a truncated response.
                _ => Err(UnreadableMessage::new("it does not have the number of deleted datapoints").cut()),
            }
        };
        let purpose = self.purpose.clone();
        self.endpoint.call_with::<rpc::DeleteDatapoints, _, _>(&request, Idempotency::Idempotent, purpose, decode)
    }

    fn lookup_request(&self, datapoint: Uuid) -> Result<CallRequest<DeletionResponse>> {
        let request = wire::QueryByIdRequest {
            dataset_id: Some(id::to_wire(self.collection.dataset_id)),
            collection_ids: vec![id::to_wire(self.collection.collection_id)],
            id: Some(id::to_wire(datapoint)),
            skip_data: true,
        };
        let decode = |_: &UnaryResponse| Ok::<_, prost::DecodeError>(DeletionResponse(Outcome::Found));
        let purpose = self.purpose.clone();
        self.endpoint.call_with::<rpc::QueryById, _, _>(&request, Idempotency::Idempotent, purpose, decode)
    }

    /// Handles the result of a call.
    fn handle_result(&mut self, step: Step, result: Result<DeletionResponse>) {
        // A failed chunk is no longer in flight; its remaining calls do not matter.
        let number = step.chunk();
        let Some(chunk) = self.in_flight.get_mut(&number) else { return };
        match (step, result) {
            (Step::Delete(_), Ok(DeletionResponse(Outcome::Deleted(deleted)))) => self.complete(number, deleted),
            (Step::Delete(_), Ok(_)) => {}
            (Step::Delete(_), Err(error)) if error.kind() == ErrorKind::NotFound && error.may_have_happened() => {
                let step = chunk.ids.len().div_ceil(MAX_LOOKUPS).max(1);
                let remaining = chunk.ids.iter().copied().step_by(step).collect();
                chunk.lookups = Some(Lookups { remaining, error });
            }
            (Step::Delete(_), Err(error)) => self.fail(number, error),
            (Step::LookUp(..), Err(error)) if error.kind() == ErrorKind::NotFound => {
                let is_last = !self.calls.any(|step| step.chunk() == number)
                    && chunk.lookups.as_ref().is_some_and(|lookups| lookups.remaining.is_empty());
                if is_last {
                    let deleted = chunk.ids.len() as u64;
                    self.complete(number, deleted);
                }
            }
            // An existing datapoint proves that the request deleted none. After any other error the outcome is unknown,
            // and the error of the request says that it may have happened.
            (Step::LookUp(..), found) => {
                self.calls.end_where(|step| step.chunk() == number);
                if let Some(Lookups { error, .. }) = chunk.lookups.take() {
                    self.fail(number, if found.is_ok() { error.with_may_have_happened(false) } else { error });
                }
            }
        }
    }

    /// Ends a chunk that was deleted.
    fn complete(&mut self, chunk: usize, deleted: u64) {
        self.in_flight.remove(&chunk);
        self.deleted = self.deleted.saturating_add(deleted);
    }

    /// Ends a chunk with an error, and sends no other chunk.
    fn fail(&mut self, chunk: usize, error: Error) {
        self.in_flight.remove(&chunk);
        self.chunks.clear();
        self.failure.get_or_insert(error);
    }

    fn finish(&mut self) -> Result<u64> {
        match self.failure.take() {
            None => Ok(self.deleted),
            Some(error) if error.kind() == ErrorKind::NotFound => Err(error.with_note(&self.progress()).with_kind(
                ErrorKind::NotFound,
                "a request deletes all of its datapoints or none: leave out the missing ones",
            )),
            Some(error) => Err(error.with_note(&self.progress())),
        }
    }

    fn progress(&self) -> String {
        format!("{} datapoints were deleted", self.deleted)
    }
}

impl Machine for DeleteChunks {
    type Reply = DeletionResponse;
    type Item = u64;

    fn handle_response(
        &mut self,
        arrival: impl Into<Arrival>,
        id: RequestId,
        result: Result<DeletionResponse, ExchangeError>,
    ) {
        self.calls.handle_response(arrival.into(), id, result);
    }

    fn poll_output(&mut self, now: Instant) -> Output<DeletionResponse, u64> {
        loop {
            self.start_calls();
            return match self.calls.poll_output(now) {
                Output::Item(Ok(EndedCall { key: step, result, .. })) => {
                    self.handle_result(step, result);
                    continue;
                }
                Output::Item(Err(error)) => Output::Item(Err(error)),
                Output::Done if self.is_done => Output::Done,
                Output::Done => {
                    self.is_done = true;
                    Output::Item(self.finish())
                }
                Output::Send(exchange) => Output::Send(exchange),
                Output::WaitUntil(time) => Output::WaitUntil(time),
                Output::WaitForResponses => Output::WaitForResponses,
            };
        }
    }

    fn cancel(&mut self) {
        self.is_done = true;
        self.chunks.clear();
        self.in_flight.clear();
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests;
