//! The state that the services of workflows share.

use bytes::Bytes;

use crate::store::{RecordChange, Table};

/// The state behind the lock of [`Workflows`](super::Workflows).
///
/// A function of a service checks the whole request before it changes anything, and calls [`record`](Self::record) for
/// each change, so that memory and disk stay equal.
pub(crate) struct State {
    /// A part of generated ids and slugs, so that emulators with the same identity create the same.
    identity: u128,
    changes: Vec<RecordChange>,
}

impl State {
    /// Creates the state without jobs, clusters and so on.
    pub(crate) fn new(identity: u128) -> Self {
        Self { identity, changes: Vec::new() }
    }

    /// Returns the identity of the emulator.
    pub(crate) fn identity(&self) -> u128 {
        self.identity
    }

    /// Records the new value of a record, or its removal if the value is `None`.
    pub(crate) fn record(&mut self, table: Table, key: impl Into<Vec<u8>>, value: Option<Bytes>) {
        self.changes.push(RecordChange { table, key: key.into(), value });
    }
}
