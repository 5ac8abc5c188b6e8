//! Changes of the store, which the disk records.

use uuid::Uuid;

use super::{Collection, Datapoint, Dataset};
use crate::ids::DatapointId;

/// A change of the store.
pub(super) enum Change<'a> {
    /// Inserts or replaces a dataset, without its collections.
    PutDataset(&'a Dataset),
    /// Inserts the collections and datapoints of a new dataset.
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
