//! The state that the services of workflows share.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{Cluster, Workflow};
use uuid::Uuid;

use super::clock::Moment;
use super::slug;
use crate::ids;
use crate::store::{DiskError, RecordChange, Table};

/// The state behind the lock of [`Workflows`](super::Workflows).
///
/// A function of a service checks the whole request before it changes anything, and calls [`record`](Self::record) for
/// each change, so that memory and disk stay equal.
pub(crate) struct State {
    /// The slug of the default cluster, which exists once it is used.
    pub(super) default_slug: String,
    /// The clusters by slug, without releases.
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// The workflows by a number that ascends with their creation. The clusters of their releases have only a slug.
    pub(super) workflows: BTreeMap<u64, Workflow>,
    /// The source of ids and slugs.
    pub(super) random: fastrand::Rng,
    /// The changes that no transaction has yet; `None` without a disk.
    changes: Option<Vec<RecordChange>>,
}

impl State {
    /// Creates the state without jobs, clusters and so on. With `keeps_changes`, [`take_changes`](Self::take_changes)
    /// returns the changes.
    pub(super) fn new(identity: u128, seed: u64, keeps_changes: bool) -> Self {
        Self {
            // Derived, because it must not change when an emulator starts again before the first use.
            default_slug: slug::generate("default", ids::from_name("cluster", &format!("{identity:x}")).as_u128()),
            clusters: BTreeMap::new(),
            workflows: BTreeMap::new(),
            random: fastrand::Rng::with_seed(seed),
            changes: keeps_changes.then(Vec::new),
        }
    }

    /// Loads the state from the records of all changes so far.
    pub(super) fn restore(identity: u128, seed: u64, records: Vec<RecordChange>) -> Result<Self, DiskError> {
        let mut state = Self::new(identity, seed, true);
        for RecordChange { table, key, value } in records {
            let Some(value) = value else { continue };
            let restored = match table {
                Table::Clusters => state.restore_cluster(&value),
                Table::Workflows => state.restore_workflow(&key, &value),
                Table::Scheduler | Table::Automations | Table::StorageLocations => Some(()),
            };
            restored.ok_or_else(|| DiskError::malformed_record(table))?;
        }
        Ok(state)
    }

    /// Records the new value of a record, or its removal if the value is `None`.
    pub(crate) fn record(&mut self, table: Table, key: impl Into<Vec<u8>>, value: Option<Bytes>) {
        if let Some(changes) = &mut self.changes {
            changes.push(RecordChange { table, key: key.into(), value });
        }
    }

    /// Takes the changes since the last call, in their order.
    pub(super) fn take_changes(&mut self) -> Vec<RecordChange> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Returns a new id: like those of jobs and tasks, 48 bits of milliseconds and 80 random bits.
    pub(crate) fn new_id(&mut self, moment: Moment) -> Uuid {
        let since = moment.time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Uuid::from_u128(since.as_millis() << 80 | self.random.u128(1..1 << 80))
    }

    fn restore_cluster(&mut self, value: &[u8]) -> Option<()> {
        let cluster = Cluster::decode(value).ok()?;
        self.clusters.insert(cluster.slug.clone(), cluster);
        Some(())
    }

    fn restore_workflow(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let number = u64::from_be_bytes(key.try_into().ok()?);
        self.workflows.insert(number, Workflow::decode(value).ok()?);
        Some(())
    }
}
