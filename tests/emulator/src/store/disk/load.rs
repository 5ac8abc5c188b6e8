//! Everything in the database, read into memory.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use prost::Message;
use redb::{Database, ReadableDatabase, ReadableTable};
use tilebox_core::protocol::wire::datasets::v1::CollectionInfo;
use uuid::Uuid;

use super::format::{COLLECTIONS, DATAPOINTS, DATASETS, IDENTITY, RECORDED, definition};
use super::journal::LastChanges;
use crate::store::{Collection, Datapoint, Dataset, DiskError, DiskErrorKind, Table};

/// Loads the identity of the store and all datasets. Stores the proposed identity if there is none.
pub(super) fn load(database: &Database, identity: u128) -> Result<(u128, Vec<Dataset>), DiskError> {
    let loaded = catch_unwind(AssertUnwindSafe(|| Ok((take_identity(database, identity)?, load_datasets(database)?))));
    loaded.unwrap_or_else(|_| Err(DiskError::of(DiskErrorKind::Damaged)))
}

fn take_identity(database: &Database, proposed: u128) -> Result<u128, DiskError> {
    let transaction = database.begin_write()?;
    let known = transaction.open_table(IDENTITY)?.get(())?.map(|known| known.value());
    match known {
        Some(identity) => Ok(identity),
        None => {
            transaction.open_table(IDENTITY)?.insert((), proposed)?;
            transaction.commit()?;
            Ok(proposed)
        }
    }
}

fn load_datasets(database: &Database) -> Result<Vec<Dataset>, DiskError> {
    let transaction = database.begin_read()?;
    let mut datasets = BTreeMap::new();
    for entry in transaction.open_table(DATASETS)?.iter()? {
        let (id, encoded) = entry?;
        let dataset = Dataset::decode(&Bytes::copy_from_slice(encoded.value()))
            .ok_or(DiskError::malformed("dataset", id.value()))?;
        datasets.insert(id.value(), dataset);
    }
    let (points, recorded) = (transaction.open_table(DATAPOINTS)?, transaction.open_table(RECORDED)?);
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
        let mut collection = Collection::new(Uuid::from_u128(id), name.to_owned(), datapoints);
        if let Some(info) = recorded.get(id)? {
            let info = CollectionInfo::decode(info.value()).map_err(|_| DiskError::malformed("collection", id))?;
            collection = collection.with_recorded_info(info.count, info.availability);
        }
        let dataset = datasets.get_mut(&dataset).ok_or(DiskError::malformed("collection", id))?;
        dataset.put_collection(collection);
    }
    Ok(datasets.into_values().collect())
}

/// Loads all records of workflows.
pub(super) fn load_records(database: &Database) -> Result<LastChanges, DiskError> {
    // In debug builds, the database panics if its file is damaged.
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        let transaction = database.begin_read()?;
        let mut records = LastChanges::new();
        for table in Table::ALL {
            for entry in transaction.open_table(definition(table))?.iter()? {
                let (key, value) = entry?;
                let (key, value) = (Bytes::copy_from_slice(key.value()), Bytes::copy_from_slice(value.value()));
                records.insert((table, key), Some(value));
            }
        }
        Ok(records)
    }));
    loaded.unwrap_or_else(|_| Err(DiskError::of(DiskErrorKind::Damaged)))
}
