//! What was stored, put together from the answers to chunks.

use std::collections::BTreeMap;
use std::ops::Range;

use prost::Message as _;
use uuid::Uuid;

use crate::error::UnreadableMessage;
use crate::protocol::connect::UnaryResponse;
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;

/// What an ingestion stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ingested {
    /// The ids in the order of the input, also of datapoints that existed. An id follows from what a datapoint holds.
    pub ids: Vec<Uuid>,
    /// How many datapoints are new.
    pub created: u64,
    /// How many existed, and stayed as they are.
    pub existing: u64,
    /// Which datapoints of the input these are, counted from zero, in order and each as long a range as there is: all
    /// of them where the ingestion succeeded.
    pub positions: Vec<Range<u64>>,
}

/// The answers that have come, by the place of their first datapoint.
#[derive(Debug, Default)]
pub(super) struct Collected {
    ids: BTreeMap<u64, Vec<Uuid>>,
    created: u64,
    existing: u64,
}

impl Collected {
    pub(super) fn add(&mut self, first: u64, response: &wire::IngestResponse) {
        // `decode` has seen that every one is an id.
        self.ids.insert(first, response.datapoint_ids.iter().filter_map(id::from_wire).collect());
        self.created = self.created.saturating_add(u64::try_from(response.num_created).unwrap_or_default());
        self.existing = self.existing.saturating_add(u64::try_from(response.num_existing).unwrap_or_default());
    }

    pub(super) fn finish(self) -> Ingested {
        let mut ids = Vec::with_capacity(self.ids.values().map(Vec::len).sum());
        let mut positions: Vec<Range<u64>> = Vec::new();
        for (first, of_chunk) in self.ids {
            let end = first + of_chunk.len() as u64;
            match positions.last_mut() {
                Some(last) if last.end == first => last.end = end,
                _ => positions.push(first..end),
            }
            ids.extend(of_chunk);
        }
        Ingested { ids, created: self.created, existing: self.existing, positions }
    }
}

/// Reads the answer to a chunk of so many datapoints.
pub(super) fn decode(response: &UnaryResponse, datapoints: usize) -> Result<wire::IngestResponse, UnreadableMessage> {
    let response = wire::IngestResponse::decode(response.message.clone()).map_err(UnreadableMessage::new)?;
    let ids = response.datapoint_ids.iter().filter_map(id::from_wire).count();
    if ids != datapoints {
        return Err(UnreadableMessage::new(format!("it has {ids} ids for {datapoints} datapoints")));
    }
    Ok(response)
}
