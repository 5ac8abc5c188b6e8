//! What happens to the data, for whatever keeps it.

use uuid::Uuid;

use super::{Collection, Datapoint, Dataset};
use crate::ids::DatapointId;

/// One change of what is held.
pub(super) enum Change<'a> {
    /// What is told about a dataset, new or in place of what was.
    PutDataset(&'a Dataset),
    /// All collections and datapoints of a new dataset.
    PutContents(&'a Dataset),
    RemoveDataset(&'a Dataset),
    PutCollection {
        dataset: Uuid,
        collection: &'a Collection,
    },
    RemoveCollection(Uuid),
    Insert {
        collection: Uuid,
        datapoints: &'a [(DatapointId, Datapoint)],
    },
    Remove {
        collection: Uuid,
        ids: &'a [DatapointId],
    },
}
