//! The tables of the database, and their version.

use redb::{ReadableTable, TableDefinition, TableHandle, WriteTransaction};

use super::journal::Position;
use crate::store::{DiskError, DiskErrorKind, Table};

/// The version of the tables below. Newer versions are refused. Version 2 added the tables of workflows, which a file of
/// an older version gets when it is opened. Version 3 added the journal.
pub(super) const FORMAT_VERSION: u64 = 3;
/// The version of the tables. A file without a version has the tables of version 1.
pub(super) const FORMAT: TableDefinition<'_, (), u64> = TableDefinition::new("format");
/// The number of transactions. It shows whether a transaction with an unknown outcome is on disk.
pub(super) const REVISION: TableDefinition<'_, (), u64> = TableDefinition::new("revision");
/// The seed of the journal, and the number of its last batch that the database contains.
pub(super) const JOURNAL: TableDefinition<'_, (), (u64, u64)> = TableDefinition::new("journal");
/// The identity of the store.
pub(super) const IDENTITY: TableDefinition<'_, (), u128> = TableDefinition::new("identity");
/// The encoded dataset by its id.
pub(super) const DATASETS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("datasets");
/// The dataset and the name of a collection by its id.
pub(super) const COLLECTIONS: TableDefinition<'_, u128, (u128, &str)> = TableDefinition::new("collections");
/// The recorded info of a collection by its id, encoded.
pub(super) const RECORDED: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("recorded");
/// The encoded datapoint by the id of its collection and its own id.
pub(super) const DATAPOINTS: TableDefinition<'_, (u128, u128), &[u8]> = TableDefinition::new("datapoints");

/// Returns the table of a set of records.
pub(super) fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(match table {
        Table::Scheduler => "scheduler",
        Table::Clusters => "clusters",
        Table::Workflows => "workflows",
        Table::Automations => "automations",
        Table::StorageLocations => "storage_locations",
    })
}

/// Refuses tables of others or of a newer version, and creates missing ones. Returns the revision.
pub(super) fn prepare_tables(transaction: &WriteTransaction) -> Result<u64, DiskError> {
    let tables: Vec<String> = transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
    if !tables.is_empty() && !tables.iter().any(|table| table == IDENTITY.name()) {
        return Err(DiskError::of(DiskErrorKind::Foreign));
    }
    let found = transaction.open_table(FORMAT)?.get(())?.map(|format| format.value());
    if let Some(format) = found.filter(|format| *format > FORMAT_VERSION) {
        return Err(DiskError::of(DiskErrorKind::Newer { format, known: FORMAT_VERSION }));
    }
    if found != Some(FORMAT_VERSION) {
        transaction.open_table(FORMAT)?.insert((), FORMAT_VERSION)?;
    }
    transaction.open_table(IDENTITY)?;
    transaction.open_table(DATASETS)?;
    transaction.open_table(COLLECTIONS)?;
    transaction.open_table(RECORDED)?;
    transaction.open_table(DATAPOINTS)?;
    for table in Table::ALL {
        transaction.open_table(definition(table))?;
    }
    let revision = transaction.open_table(REVISION)?.get(())?.map(|revision| revision.value());
    Ok(revision.unwrap_or_default())
}

/// Returns the position up to which the database contains the journal.
pub(super) fn position(transaction: &WriteTransaction) -> Result<Position, DiskError> {
    let position = transaction.open_table(JOURNAL)?.get(())?.map(|position| position.value());
    let (seed, last) = position.unwrap_or_else(|| (fastrand::u64(..), 0));
    Ok(Position { seed, last })
}

/// Stores the position up to which a transaction contains the journal.
pub(super) fn put_position(Position { seed, last }: Position, transaction: &WriteTransaction) -> Result<(), DiskError> {
    transaction.open_table(JOURNAL)?.insert((), (seed, last))?;
    Ok(())
}
