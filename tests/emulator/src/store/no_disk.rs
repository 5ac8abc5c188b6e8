//! The disk of a build without the feature `disk`.

use super::change::Change;
use super::{Dataset, DiskError, RecordChange};

/// A type without values, because no data folder can be opened.
pub(crate) enum Disk {}

impl Disk {
    pub(super) fn recover(&self) -> Result<Option<Vec<Dataset>>, DiskError> {
        match *self {}
    }

    pub(super) fn record(&self, _: &[Change<'_>]) -> Result<(), DiskError> {
        match *self {}
    }

    pub(crate) fn record_changes(&self, _: Vec<RecordChange>) -> Result<(), DiskError> {
        match *self {}
    }

    pub(crate) fn changes(&self) -> u64 {
        match *self {}
    }

    pub(crate) fn records(&self) -> Result<Vec<RecordChange>, DiskError> {
        match *self {}
    }
}
