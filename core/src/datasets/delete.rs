//! Deletion of datapoints as a machine: ids in chunks, several of them at once.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;
use std::time::Duration;

use prost::Message as _;
use uuid::Uuid;

use super::{Ingested, rpc};
use crate::datapoints::Datapoints;
use crate::error::{Error, ErrorKind, Result, UnreadableMessage};
use crate::protocol::call::{Call, CallPolicy};
use crate::protocol::calls::Calls;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::{Arrived, Machine, Output, RequestId};
use crate::protocol::retry::Idempotency;
use crate::protocol::wire::datasets::v1 as wire;
use crate::time::Instant;

/// The most ids of a request, a limit of the server.
const MAX_IDS: usize = 8192;
/// As many chunks at once as an ingestion has.
const IN_FLIGHT: usize = 4;
/// The most datapoints of a request that are looked for where its response was lost, spread over all of them. A request
/// that deleted nothing left all that were there, so one that is found is enough to tell.
const LOOKS: usize = 64;

/// Ids of datapoints, from whatever has some: a [`Uuid`], a list of them, [`Datapoints`], what was [`Ingested`].
#[derive(Clone, Debug)]
pub struct DatapointIds(Result<Vec<Uuid>, String>);

impl DatapointIds {
    fn check(self) -> Result<Vec<Uuid>, String> {
        let mut ids = self.0?;
        if ids.iter().any(Uuid::is_nil) {
            return Err("the id of a datapoint is nil".to_owned());
        }
        // Whether an id may be there twice is not documented; once means the same.
        let mut seen = HashSet::with_capacity(ids.len());
        ids.retain(|id| seen.insert(*id));
        Ok(ids)
    }
}

impl From<Uuid> for DatapointIds {
    fn from(id: Uuid) -> Self {
        Self(Ok(vec![id]))
    }
}

impl From<Vec<Uuid>> for DatapointIds {
    fn from(ids: Vec<Uuid>) -> Self {
        Self(Ok(ids))
    }
}

impl From<&Vec<Uuid>> for DatapointIds {
    fn from(ids: &Vec<Uuid>) -> Self {
        Self(Ok(ids.clone()))
    }
}

impl From<&[Uuid]> for DatapointIds {
    fn from(ids: &[Uuid]) -> Self {
        Self(Ok(ids.to_vec()))
    }
}

impl<const N: usize> From<[Uuid; N]> for DatapointIds {
    fn from(ids: [Uuid; N]) -> Self {
        Self(Ok(ids.to_vec()))
    }
}

impl From<&Datapoints> for DatapointIds {
    fn from(datapoints: &Datapoints) -> Self {
        let ids: Vec<_> = datapoints.ids().collect();
        if ids.len() == datapoints.len() {
            return Self(Ok(ids));
        }
        Self(Err(format!("only {} of the {} datapoints have an id", ids.len(), datapoints.len())))
    }
}

impl From<&Ingested> for DatapointIds {
    fn from(ingested: &Ingested) -> Self {
        Self(Ok(ingested.ids.clone()))
    }
}

/// Deletes datapoints of a collection by their ids, 8192 with a request.
///
/// A request deletes all of its datapoints or none. When one fails no other is begun, those in flight are waited for, and
/// the error says how many datapoints are gone. The one item is how many were deleted.
///
/// Where the response to a request is lost and its repetition finds nothing, the first one may have deleted everything. Then
/// the machine looks whether any of the datapoints is still there: if none is, the request did delete them.
pub struct Delete {
    endpoint: Endpoint,
    collection: CollectionIds,
    purpose: String,
    policy: CallPolicy,
    random: fastrand::Rng,
    chunks: VecDeque<Vec<Uuid>>,
    calls: Calls<Step, DeleteReply>,
    /// Chunks whose request is in flight, or that are being looked for.
    begun: BTreeMap<usize, Begun>,
    next_chunk: usize,
    deleted: u64,
    failure: Option<Error>,
    is_done: bool,
}

/// The collection that datapoints are deleted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectionIds {
    /// Its dataset.
    pub dataset_id: Uuid,
    /// Its own id.
    pub collection_id: Uuid,
}

/// What the server says to a request of [`Delete`].
#[derive(Debug)]
pub struct DeleteReply(Reply);

#[derive(Debug)]
enum Reply {
    Deleted(u64),
    /// A datapoint that was looked for is there.
    Found,
}

/// What a call does for a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Delete(usize),
    Look(usize, Uuid),
}

impl Step {
    fn chunk(self) -> usize {
        match self {
            Self::Delete(chunk) | Self::Look(chunk, _) => chunk,
        }
    }
}

/// A chunk that was begun.
struct Begun {
    ids: Vec<Uuid>,
    /// Which of its datapoints are still to be looked for, and what the server said before.
    looking: Option<(Vec<Uuid>, Error)>,
}

impl fmt::Debug for Delete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete")
            .field("collection", &self.collection)
            .field("deleted", &self.deleted)
            .field("chunks_to_send", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

impl Delete {
    /// A deletion. `description` is for people, such as `the collection A`; `seed` spreads repeated attempts.
    ///
    /// # Errors
    ///
    /// When an id is nil, or is missing in datapoints.
    pub fn new(
        endpoint: Endpoint,
        collection: CollectionIds,
        ids: impl Into<DatapointIds>,
        description: &str,
        policy: CallPolicy,
        seed: u64,
    ) -> Result<Self> {
        let purpose = format!("delete datapoints of {description}");
        let ids =
            ids.into().check().map_err(|reason| Error::invalid(purpose.clone(), reason, "name each by its id"))?;
        Ok(Self {
            endpoint,
            collection,
            purpose,
            policy,
            random: fastrand::Rng::with_seed(seed),
            chunks: ids.chunks(MAX_IDS).map(<[Uuid]>::to_vec).collect(),
            calls: Calls::new(),
            begun: BTreeMap::new(),
            next_chunk: 0,
            deleted: 0,
            failure: None,
            is_done: false,
        })
    }

    /// Begins what there is room for: to look comes first, so that what was begun ends.
    fn begin_calls(&mut self) {
        while self.calls.len() < IN_FLIGHT {
            let looking = self.begun.iter_mut().find_map(|(chunk, begun)| {
                let (ids, _) = begun.looking.as_mut()?;
                Some(Step::Look(*chunk, ids.pop()?))
            });
            let step = looking.or_else(|| {
                let ids = self.chunks.pop_front()?;
                let chunk = self.next_chunk;
                self.next_chunk += 1;
                self.begun.insert(chunk, Begun { ids, looking: None });
                Some(Step::Delete(chunk))
            });
            let Some(step) = step else { return };
            match self.call(step) {
                Ok(call) => self.calls.start(step, call),
                Err(error) => self.fail(step.chunk(), error),
            }
        }
    }

    fn call(&mut self, step: Step) -> Result<Call<DeleteReply>> {
        let purpose = self.purpose.clone();
        let request = match step {
            Step::Delete(chunk) => {
                let ids = self.begun.get(&chunk).map(|begun| begun.ids.as_slice()).unwrap_or_default();
                let request = wire::DeleteRequest {
                    collection_id: Some(id::to_wire(self.collection.collection_id)),
                    datapoint_ids: ids.iter().copied().map(id::to_wire).collect(),
                };
                self.endpoint.call_with::<rpc::Delete, _, _>(&request, Idempotency::Idempotent, purpose, |response| {
                    let response =
                        wire::DeleteResponse::decode(response.message.clone()).map_err(UnreadableMessage::new)?;
                    match u64::try_from(response.num_deleted) {
                        Ok(deleted) if deleted > 0 => Ok(DeleteReply(Reply::Deleted(deleted))),
                        // A response without a byte says nothing of what is gone.
                        _ => Err(UnreadableMessage::new("it does not say how many are deleted").cut()),
                    }
                })
            }
            Step::Look(_, datapoint) => {
                let request = wire::QueryByIdRequest {
                    dataset_id: Some(id::to_wire(self.collection.dataset_id)),
                    collection_ids: vec![id::to_wire(self.collection.collection_id)],
                    id: Some(id::to_wire(datapoint)),
                    skip_data: true,
                };
                self.endpoint.call_with::<rpc::QueryById, _, _>(&request, Idempotency::Idempotent, purpose, |_| {
                    Ok::<_, prost::DecodeError>(DeleteReply(Reply::Found))
                })
            }
        };
        Ok(Call::new(request?, self.policy, self.random.u64(..)))
    }

    /// Takes how a step ended.
    fn take(&mut self, step: Step, result: Result<DeleteReply>) {
        let chunk = step.chunk();
        match (step, result) {
            // A step of a chunk that was given up.
            _ if !self.begun.contains_key(&chunk) => {}
            (Step::Delete(_), Ok(DeleteReply(Reply::Deleted(deleted)))) => self.deleted(chunk, deleted),
            (Step::Delete(_), Err(error)) if error.kind() == ErrorKind::NotFound && error.may_have_happened() => {
                if let Some(begun) = self.begun.get_mut(&chunk) {
                    let apart = begun.ids.len().div_ceil(LOOKS).max(1);
                    begun.looking = Some((begun.ids.iter().copied().step_by(apart).collect(), error));
                }
            }
            (Step::Look(..), Err(error)) if error.kind() == ErrorKind::NotFound => {
                let is_last = !self.calls.any(|step| step.chunk() == chunk);
                let begun = self.begun.get(&chunk).filter(|_| is_last);
                if let Some(begun) = begun.filter(|begun| begun.looking.as_ref().is_some_and(|(ids, _)| ids.is_empty()))
                {
                    let gone = begun.ids.len() as u64;
                    self.deleted(chunk, gone);
                }
            }
            // It is there, so nothing was deleted, and what the server said first is the reason. Where nobody knows, that
            // error says that it may have happened.
            (Step::Look(..), found) => {
                self.calls.end_where(|step| step.chunk() == chunk);
                let said = self.begun.remove(&chunk).and_then(|begun| begun.looking).map(|(_, error)| error);
                if let Some(error) = said {
                    self.fail(chunk, if found.is_ok() { error.with_may_have_happened(false) } else { error });
                }
            }
            (Step::Delete(_), Ok(_)) => {}
            (Step::Delete(_), Err(error)) => self.fail(chunk, error),
        }
    }

    fn deleted(&mut self, chunk: usize, datapoints: u64) {
        self.begun.remove(&chunk);
        self.deleted = self.deleted.saturating_add(datapoints);
    }

    fn fail(&mut self, chunk: usize, error: Error) {
        self.begun.remove(&chunk);
        self.chunks.clear();
        self.failure.get_or_insert(error);
    }

    fn finish(&mut self) -> Result<u64> {
        match self.failure.take() {
            None => Ok(self.deleted),
            Some(error) if error.kind() == ErrorKind::NotFound => Err(error.with_note(&self.progress()).with_kind(
                ErrorKind::NotFound,
                "a request deletes all of its datapoints or none: leave out those that are gone",
            )),
            Some(error) => Err(error.with_note(&self.progress())),
        }
    }

    fn progress(&self) -> String {
        format!("{} datapoints were deleted", self.deleted)
    }
}

impl Machine for Delete {
    type Reply = DeleteReply;
    type Item = u64;

    fn handle_owed(&mut self, id: RequestId, duration: Duration) {
        self.calls.handle_owed(id, duration);
    }

    fn handle_response(&mut self, now: Instant, id: RequestId, result: Result<Arrived<DeleteReply>, ExchangeError>) {
        self.calls.handle_response(now, id, result);
    }

    fn poll_output(&mut self, now: Instant) -> Output<DeleteReply, u64> {
        loop {
            self.begin_calls();
            return match self.calls.poll_output(now) {
                Output::Item(Ok((step, result))) => {
                    self.take(step, result);
                    continue;
                }
                Output::Item(Err(error)) => Output::Item(Err(error)),
                Output::Done if self.is_done => Output::Done,
                Output::Done => {
                    self.is_done = true;
                    Output::Item(self.finish())
                }
                Output::Send(exchange) => Output::Send(exchange),
                Output::Decode(id, response) => Output::Decode(id, response),
                Output::WaitUntil(time) => Output::WaitUntil(time),
                Output::WaitForResponses => Output::WaitForResponses,
            };
        }
    }

    fn cancel(&mut self) {
        self.is_done = true;
        self.chunks.clear();
        self.begun.clear();
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests;
