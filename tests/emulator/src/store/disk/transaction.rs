//! The writes of each change.

use bytes::Bytes;
use prost::Message;
use redb::WriteTransaction;
use uuid::Uuid;

use super::format::{COLLECTIONS, DATAPOINTS, DATASETS, RECORDED, definition};
use super::journal::LastChanges;
use crate::ids::DatapointId;
use crate::store::change::Change;
use crate::store::{Collection, Datapoint, DiskError, Table};

impl Change<'_> {
    pub(super) fn apply(&self, to: &WriteTransaction) -> Result<(), DiskError> {
        match self {
            Self::PutDataset(dataset) => {
                to.open_table(DATASETS)?.insert(dataset.id().as_u128(), &dataset.encode_stored()[..])?;
            }
            Self::PutContents(dataset) => {
                for collection in dataset.collections() {
                    put_collection(dataset.id(), collection, to)?;
                    insert(collection.id(), collection.iter(), to)?;
                }
            }
            Self::RemoveDataset(dataset) => {
                to.open_table(DATASETS)?.remove(dataset.id().as_u128())?;
                for collection in dataset.collections() {
                    remove_collection(collection.id(), to)?;
                }
            }
            Self::PutCollection { dataset, collection } => put_collection(*dataset, collection, to)?,
            Self::RemoveCollection(id) => remove_collection(*id, to)?,
            Self::Insert { collection, datapoints } => {
                insert(*collection, datapoints.iter().map(|(id, datapoint)| (id, datapoint)), to)?;
            }
            Self::Remove { collection, ids } => {
                let mut table = to.open_table(DATAPOINTS)?;
                for id in *ids {
                    table.remove((collection.as_u128(), id.0))?;
                }
            }
        }
        Ok(())
    }
}

/// Writes changes in the order of the tables and keys, which is the fastest for a B-tree.
pub(super) fn apply(changes: &LastChanges, to: &WriteTransaction) -> Result<(), DiskError> {
    for table in Table::ALL {
        let changes = changes.range((table, Bytes::new())..).take_while(|((other, _), _)| *other == table);
        let mut changes = changes.peekable();
        if changes.peek().is_none() {
            continue;
        }
        let mut table = to.open_table(definition(table))?;
        for ((_, key), value) in changes {
            match value {
                Some(value) => table.insert(&key[..], &value[..])?,
                None => table.remove(&key[..])?,
            };
        }
    }
    Ok(())
}

fn put_collection(dataset: Uuid, collection: &Collection, to: &WriteTransaction) -> Result<(), DiskError> {
    let id = collection.id().as_u128();
    to.open_table(COLLECTIONS)?.insert(id, (dataset.as_u128(), collection.name()))?;
    if collection.has_recorded_info() {
        to.open_table(RECORDED)?.insert(id, &collection.info(true, true).encode_to_vec()[..])?;
    }
    Ok(())
}

fn remove_collection(id: Uuid, to: &WriteTransaction) -> Result<(), DiskError> {
    let id = id.as_u128();
    to.open_table(COLLECTIONS)?.remove(id)?;
    to.open_table(RECORDED)?.remove(id)?;
    to.open_table(DATAPOINTS)?.retain_in((id, 0)..=(id, u128::MAX), |_, _| false)?;
    Ok(())
}

fn insert<'a>(
    collection: Uuid,
    datapoints: impl Iterator<Item = (&'a DatapointId, &'a Datapoint)>,
    to: &WriteTransaction,
) -> Result<(), DiskError> {
    let mut table = to.open_table(DATAPOINTS)?;
    for (id, datapoint) in datapoints {
        table.insert((collection.as_u128(), id.0), &datapoint.message()[..])?;
    }
    Ok(())
}
