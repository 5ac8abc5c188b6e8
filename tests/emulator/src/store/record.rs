//! Records: the form in which workflows are stored.

use bytes::Bytes;

/// A set of records, a table of the data folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Table {
    /// Jobs and tasks. The scheduler owns the format.
    Scheduler,
    Clusters,
    Workflows,
    Automations,
    StorageLocations,
}

impl Table {
    /// All tables.
    #[cfg(feature = "disk")]
    pub(crate) const ALL: [Self; 5] =
        [Self::Scheduler, Self::Clusters, Self::Workflows, Self::Automations, Self::StorageLocations];
}

/// A change of one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RecordChange {
    pub(crate) table: Table,
    pub(crate) key: Bytes,
    /// The new value; `None` removes the record.
    pub(crate) value: Option<Bytes>,
}
