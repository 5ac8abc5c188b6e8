//! Without the feature `disk` there is none.

use super::change::Change;
use super::{Dataset, DiskError};

/// A folder with data, which cannot be opened.
pub(crate) enum Disk {}

impl Disk {
    pub(super) fn recover(&self) -> Result<Option<Vec<Dataset>>, DiskError> {
        match *self {}
    }

    pub(super) fn record(&self, _: &[Change<'_>]) -> Result<(), DiskError> {
        match *self {}
    }
}
