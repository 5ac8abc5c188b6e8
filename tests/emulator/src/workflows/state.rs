//! The state that the services of workflows share.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{Cluster, StorageLocation, Workflow};
use tilebox_core::workflows::scheduler::{Clusters, Now, Policy, Record, Scheduler};
use uuid::Uuid;

use super::automation::Automation;
use super::clock::{Moment, since_1970};
use super::slug;
use super::timing::Timing;
use crate::ids;
use crate::store::{DiskError, RecordChange, Table};

/// The options of a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// A part of the slug of the default cluster.
    pub(crate) identity: u128,
    /// The seed of ids, slugs and idle times.
    pub(crate) seed: u64,
    pub(crate) timing: Timing,
}

/// The state behind the lock of [`Workflows`](super::Workflows).
///
/// A function of a service checks the whole request before it changes anything, and calls [`record`](Self::record) for
/// each change, so that memory and disk stay equal. The scheduler records its changes itself.
pub(crate) struct State {
    /// The slug of the default cluster, which exists once it is used.
    pub(super) default_slug: String,
    /// The clusters by slug, without releases.
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// The workflows by a number that ascends with their creation. The clusters of their releases have only a slug.
    pub(super) workflows: BTreeMap<u64, Workflow>,
    /// The automations by id, and so in the order of their creation.
    pub(super) automations: BTreeMap<Uuid, Automation>,
    /// The storage locations by id, and so in the order of their creation.
    pub(super) storage_locations: BTreeMap<Uuid, StorageLocation>,
    /// The source of ids and slugs.
    pub(super) random: fastrand::Rng,
    /// The jobs and tasks, of which none has an expired lease.
    scheduler: Scheduler,
    /// The moment of the present call.
    moment: Moment,
    /// The changes that no transaction has yet; `None` without a disk.
    changes: Option<Vec<RecordChange>>,
}

impl State {
    /// Creates the state without jobs, clusters and so on. No change of it is recorded.
    pub(super) fn new(options: Options) -> Self {
        let scheduler = Scheduler::new(options.timing.policy(false), options.seed);
        Self::with_scheduler(options, scheduler, Moment::ORIGIN)
    }

    /// Loads the state from the records of all changes so far. [`take_changes`](Self::take_changes) returns the following
    /// changes. Leases start again at `moment`.
    pub(super) fn restore(options: Options, records: Vec<RecordChange>, moment: Moment) -> Result<Self, DiskError> {
        let (scheduled, others): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| record.table == Table::Scheduler);
        let scheduled = scheduled.into_iter().filter_map(|RecordChange { key, value, .. }| {
            let value = value?;
            Some(Record { key, value })
        });
        let policy: Policy = options.timing.policy(true);
        let scheduler = Scheduler::restore(policy, options.seed, moment.to_now(), scheduled)
            .map_err(|error| DiskError::malformed_records(error.to_string()))?;
        let mut state = Self::with_scheduler(options, scheduler, moment);
        for RecordChange { table, key, value } in others {
            let Some(value) = value else { continue };
            let restored = match table {
                Table::Clusters => state.restore_cluster(&value),
                Table::Workflows => state.restore_workflow(&key, &value),
                Table::Automations => state.restore_automation(&value),
                Table::StorageLocations => state.restore_storage_location(&value),
                Table::Scheduler => Some(()),
            };
            restored.ok_or_else(|| DiskError::malformed_records(format!("malformed record of {table:?}")))?;
        }
        Ok(Self { changes: Some(Vec::new()), ..state })
    }

    fn with_scheduler(options: Options, mut scheduler: Scheduler, moment: Moment) -> Self {
        // Derived, because it must not change when an emulator starts again before the first use.
        let identity = ids::from_name("cluster", &format!("{:x}", options.identity));
        let default_slug = slug::generate("default", identity.as_u128());
        *scheduler.clusters_mut() = Clusters::only(&default_slug);
        Self {
            default_slug,
            clusters: BTreeMap::new(),
            workflows: BTreeMap::new(),
            automations: BTreeMap::new(),
            storage_locations: BTreeMap::new(),
            random: fastrand::Rng::with_seed(options.seed),
            scheduler,
            moment,
            changes: None,
        }
    }

    /// Begins a call. Leases that have ended by then expire, so that no response shows them: no timer waits for the end of
    /// a lease, because runners ask again.
    pub(super) fn begin(&mut self, moment: Moment) {
        self.moment = moment;
        self.scheduler.expire(moment.to_now());
    }

    /// Returns the moment of the present call.
    pub(crate) fn moment(&self) -> Moment {
        self.moment
    }

    /// Returns the moment of the present call, as the scheduler takes it.
    pub(super) fn now(&self) -> Now {
        self.moment.to_now()
    }

    /// Returns the jobs and tasks.
    pub(super) fn scheduler(&mut self) -> &mut Scheduler {
        &mut self.scheduler
    }

    /// Records the new value of a record, or its removal if the value is `None`.
    pub(crate) fn record(&mut self, table: Table, key: impl AsRef<[u8]>, value: Option<Bytes>) {
        if let Some(changes) = &mut self.changes {
            changes.push(RecordChange { table, key: Bytes::copy_from_slice(key.as_ref()), value });
        }
    }

    /// Takes the changes since the last call, in their order.
    pub(super) fn take_changes(&mut self) -> Vec<RecordChange> {
        let Some(changes) = &mut self.changes else { return Vec::new() };
        let scheduled = self.scheduler.take_changes().into_iter();
        let scheduled =
            scheduled.map(|Record { key, value }| RecordChange { table: Table::Scheduler, key, value: Some(value) });
        changes.extend(scheduled);
        std::mem::take(changes)
    }

    /// Returns a new id: like those of jobs and tasks, 48 bits of milliseconds and 80 random bits.
    pub(crate) fn new_id(&mut self) -> Uuid {
        let milliseconds = since_1970(self.moment.time).as_millis();
        Uuid::from_u128(milliseconds << 80 | self.random.u128(1..1 << 80))
    }

    fn restore_cluster(&mut self, value: &[u8]) -> Option<()> {
        self.insert_cluster(Cluster::decode(value).ok()?);
        Some(())
    }

    fn restore_workflow(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let number = u64::from_be_bytes(key.try_into().ok()?);
        self.workflows.insert(number, Workflow::decode(value).ok()?);
        Some(())
    }
}
