//! The result of an ingestion, merged from the responses to its chunks.

use std::collections::BTreeMap;
use std::ops::Range;

use prost::Message as _;
use uuid::Uuid;

use crate::error::UnreadableMessage;
use crate::protocol::connect::UnaryResponse;
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;

/// The result of an ingestion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ingested {
    /// The ids in the order of the input, including those of existing datapoints. The server derives an id from the
    /// content of a datapoint.
    pub ids: Vec<Uuid>,
    /// Number of new datapoints.
    pub created: u64,
    /// Number of datapoints that existed before. They are unchanged.
    pub existing: u64,
    /// Indices of the stored datapoints in the input, counted from zero, as ascending ranges that do not touch. One range
    /// with all indices if the ingestion succeeded.
    pub positions: Vec<Range<u64>>,
}

/// The chunks stored so far.
#[derive(Debug, Default)]
pub(super) struct StoredChunks {
    /// Ids by the index of the first datapoint of a chunk.
    ids: BTreeMap<u64, Vec<Uuid>>,
    created: u64,
    existing: u64,
}

impl StoredChunks {
    pub(super) fn add(&mut self, first: u64, response: &wire::IngestResponse) {
        // `decode` checked that all ids are valid.
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

/// Decodes the response to a chunk with this number of datapoints.
pub(super) fn decode(response: &UnaryResponse, datapoints: usize) -> Result<wire::IngestResponse, UnreadableMessage> {
    let response = wire::IngestResponse::decode(response.message.clone()).map_err(UnreadableMessage::new)?;
    let ids = response.datapoint_ids.iter().filter_map(id::from_wire).count();
    if ids != datapoints {
        return Err(UnreadableMessage::new(format!("it has {ids} ids for {datapoints} datapoints")));
    }
    Ok(response)
}
