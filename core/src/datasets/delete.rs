//! Deletion of datapoints as a machine: ids in chunks, several of them at once.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use uuid::Uuid;

use super::{Ingested, id, rpc};
use crate::call::{Call, CallPolicy};
use crate::calls::Calls;
use crate::datapoints::Datapoints;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::machine::{Arrived, Failure, Machine, Output, RequestId};
use crate::time::Instant;
use crate::wire::datasets::v1 as wire;

/// The most ids of a request, a limit of the server.
const MAX_IDS: usize = 8192;
/// As many chunks at once as an ingestion has.
const IN_FLIGHT: usize = 4;

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
/// A request deletes all of its datapoints or none. When one fails no other is begun, those under way are waited for,
/// and the error says how many datapoints are gone. The one item is how many were deleted.
pub struct Delete {
    endpoint: Endpoint,
    collection_id: Uuid,
    purpose: String,
    policy: CallPolicy,
    random: fastrand::Rng,
    chunks: VecDeque<Vec<Uuid>>,
    calls: Calls<(), wire::DeleteResponse>,
    deleted: u64,
    failure: Option<Error>,
    is_done: bool,
}

impl fmt::Debug for Delete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete")
            .field("collection_id", &self.collection_id)
            .field("deleted", &self.deleted)
            .field("chunks_to_send", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

impl Delete {
    /// A deletion. `collection` is for people, such as `the collection A`; `seed` spreads repeated attempts.
    ///
    /// # Errors
    ///
    /// When an id is nil, or is missing in datapoints.
    pub fn new(
        endpoint: Endpoint,
        collection_id: Uuid,
        ids: impl Into<DatapointIds>,
        collection: &str,
        policy: CallPolicy,
        seed: u64,
    ) -> Result<Self> {
        let purpose = format!("delete datapoints of {collection}");
        let ids =
            ids.into().check().map_err(|reason| Error::invalid(purpose.clone(), reason, "name each by its id"))?;
        Ok(Self {
            endpoint,
            collection_id,
            purpose,
            policy,
            random: fastrand::Rng::with_seed(seed),
            chunks: ids.chunks(MAX_IDS).map(<[Uuid]>::to_vec).collect(),
            calls: Calls::new(),
            deleted: 0,
            failure: None,
            is_done: false,
        })
    }

    fn begin_chunk(&mut self) {
        if self.calls.len() >= IN_FLIGHT {
            return;
        }
        let Some(ids) = self.chunks.pop_front() else { return };
        let request = wire::DeleteRequest {
            collection_id: Some(id::to_wire(self.collection_id)),
            datapoint_ids: ids.into_iter().map(id::to_wire).collect(),
        };
        match self.endpoint.call::<rpc::Delete>(&request, self.purpose.clone()) {
            Ok(call) => self.calls.start((), Call::new(call, self.policy, self.random.u64(..))),
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: Error) {
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
    type Reply = wire::DeleteResponse;
    type Item = u64;

    fn handle_response(&mut self, now: Instant, id: RequestId, result: Result<Arrived<wire::DeleteResponse>, Failure>) {
        self.calls.handle_response(now, id, result);
    }

    fn poll_output(&mut self, now: Instant) -> Output<wire::DeleteResponse, u64> {
        loop {
            self.begin_chunk();
            return match self.calls.poll_output(now) {
                Output::Item(Ok(((), Ok(response)))) => {
                    let deleted = u64::try_from(response.num_deleted).unwrap_or_default();
                    self.deleted = self.deleted.saturating_add(deleted);
                    continue;
                }
                Output::Item(Ok(((), Err(error))) | Err(error)) => {
                    self.fail(error);
                    continue;
                }
                Output::Done if self.is_done => Output::Done,
                Output::Done => {
                    self.is_done = true;
                    Output::Item(self.finish())
                }
                Output::Send(exchange) => Output::Send(exchange),
                Output::Decode(id, answer) => Output::Decode(id, answer),
                Output::WaitUntil(time) => Output::WaitUntil(time),
                Output::WaitForResponses => Output::WaitForResponses,
            };
        }
    }

    fn cancel(&mut self) {
        self.is_done = true;
        self.chunks.clear();
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests;
