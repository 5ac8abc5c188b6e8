//! Data that survives the emulator: every change is one transaction of an embedded database, on disk before its request
//! is answered.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use uuid::Uuid;

use super::{Collection, Datapoint, Dataset};
use crate::ids::DatapointId;

/// The name of the file within its folder.
const FILE: &str = "tilebox.redb";
/// Ids begin with their kind of thing nowhere, so each has a table of its own.
const IDENTITY: TableDefinition<'_, (), u128> = TableDefinition::new("identity");
/// The encoded dataset by its id.
const DATASETS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("datasets");
/// The dataset and the name of a collection by its id.
const COLLECTIONS: TableDefinition<'_, u128, (u128, &str)> = TableDefinition::new("collections");
/// The encoded datapoint by the ids of its collection and its own.
const DATAPOINTS: TableDefinition<'_, (u128, u128), &[u8]> = TableDefinition::new("datapoints");

/// A folder with data.
pub(crate) struct Disk(Database);

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

impl Disk {
    /// Opens the data in a folder, which is made if it is not there. No two processes can have it open.
    pub(crate) fn open(folder: &Path) -> Result<Self, DiskError> {
        fs::create_dir_all(folder)?;
        let database = Database::create(folder.join(FILE))?;
        let transaction = database.begin_write()?;
        transaction.open_table(IDENTITY)?;
        transaction.open_table(DATASETS)?;
        transaction.open_table(COLLECTIONS)?;
        transaction.open_table(DATAPOINTS)?;
        transaction.commit()?;
        Ok(Self(database))
    }

    /// The identity of the store and all datasets with what they hold. Takes the proposed identity if there is none.
    pub(super) fn load(&self, identity: u128) -> Result<(u128, Vec<Dataset>), DiskError> {
        let transaction = self.0.begin_write()?;
        let identity = {
            let mut table = transaction.open_table(IDENTITY)?;
            let known = table.get(())?.map(|known| known.value());
            if known.is_none() {
                table.insert((), identity)?;
            }
            known.unwrap_or(identity)
        };
        transaction.commit()?;

        let transaction = self.0.begin_read()?;
        let mut datasets = BTreeMap::new();
        for entry in transaction.open_table(DATASETS)?.iter()? {
            let (id, encoded) = entry?;
            let dataset = Dataset::decode(&Bytes::copy_from_slice(encoded.value()))
                .ok_or(DiskError::malformed("dataset", id.value()))?;
            datasets.insert(id.value(), dataset);
        }
        let points = transaction.open_table(DATAPOINTS)?;
        for entry in transaction.open_table(COLLECTIONS)?.iter()? {
            let (id, value) = entry?;
            let (id, (dataset, name)) = (id.value(), value.value());
            let mut datapoints = Vec::new();
            for entry in points.range((id, 0)..=(id, u128::MAX))? {
                let (key, encoded) = entry?;
                let datapoint = Datapoint::parse(Bytes::copy_from_slice(encoded.value()))
                    .map_err(|_| DiskError::malformed("datapoint", key.value().1))?;
                datapoints.push(datapoint);
            }
            let dataset = datasets.get_mut(&dataset).ok_or(DiskError::malformed("collection", id))?;
            dataset.put_collection(Collection::new(Uuid::from_u128(id), name.to_owned(), datapoints));
        }
        Ok((identity, datasets.into_values().collect()))
    }

    /// Makes changes, all or none. They are on disk when this returns.
    pub(super) fn record(&self, changes: &[Change<'_>]) -> Result<(), DiskError> {
        let transaction = self.0.begin_write()?;
        for change in changes {
            apply(change, &transaction)?;
        }
        Ok(transaction.commit()?)
    }
}

fn apply(change: &Change<'_>, to: &WriteTransaction) -> Result<(), DiskError> {
    match change {
        Change::PutDataset(dataset) => {
            to.open_table(DATASETS)?.insert(dataset.id().as_u128(), &dataset.encode_stored()[..])?;
        }
        Change::PutContents(dataset) => {
            for collection in dataset.collections() {
                put_collection(dataset.id(), collection, to)?;
                insert(collection.id(), collection.iter(), to)?;
            }
        }
        Change::RemoveDataset(dataset) => {
            to.open_table(DATASETS)?.remove(dataset.id().as_u128())?;
            for collection in dataset.collections() {
                remove_collection(collection.id(), to)?;
            }
        }
        Change::PutCollection { dataset, collection } => put_collection(*dataset, collection, to)?,
        Change::RemoveCollection(id) => remove_collection(*id, to)?,
        Change::Insert { collection, datapoints } => {
            insert(*collection, datapoints.iter().map(|(id, datapoint)| (id, datapoint)), to)?;
        }
        Change::Remove { collection, ids } => {
            let mut table = to.open_table(DATAPOINTS)?;
            for id in *ids {
                table.remove((collection.as_u128(), id.0))?;
            }
        }
    }
    Ok(())
}

fn put_collection(dataset: Uuid, collection: &Collection, to: &WriteTransaction) -> Result<(), DiskError> {
    to.open_table(COLLECTIONS)?.insert(collection.id().as_u128(), (dataset.as_u128(), collection.name()))?;
    Ok(())
}

fn remove_collection(id: Uuid, to: &WriteTransaction) -> Result<(), DiskError> {
    let id = id.as_u128();
    to.open_table(COLLECTIONS)?.remove(id)?;
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

/// Why data cannot be read from disk or written to it.
#[derive(Debug)]
pub(crate) struct DiskError(Box<dyn Error + Send + Sync>);

impl DiskError {
    /// A change of something that is not there.
    pub(super) fn lost(id: Uuid) -> Self {
        Self(format!("dataset {id} is not there any more").into())
    }

    fn malformed(kind: &str, id: u128) -> Self {
        Self(format!("{kind} {} on disk is damaged", Uuid::from_u128(id)).into())
    }

    /// The cause.
    pub(crate) fn into_source(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Into<redb::Error>> From<E> for DiskError {
    fn from(error: E) -> Self {
        Self(Box::new(error.into()))
    }
}
