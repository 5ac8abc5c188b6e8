//! The options that every list in pages has.

use std::fmt;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::workflows::ListRange;

/// The limits of a list and its cursor, as the user passed them.
#[derive(Clone, Debug, Default)]
pub(in crate::client) struct ListOptions {
    range: ListRange,
    /// Why the cursor is not an id.
    invalid_cursor: Option<String>,
}

impl ListOptions {
    pub(in crate::client) fn limit(&mut self, items: u64) {
        self.range.limit = Some(items);
    }

    pub(in crate::client) fn page_size(&mut self, items: u64) {
        self.range.page_size = Some(items);
    }

    pub(in crate::client) fn starting_after(&mut self, cursor: impl TryInto<Uuid, Error: fmt::Display>) {
        match cursor.try_into() {
            Ok(cursor) => (self.range.starting_after, self.invalid_cursor) = (Some(cursor), None),
            Err(error) => self.invalid_cursor = Some(error.to_string()),
        }
    }

    /// Returns the cursor, if it is an id.
    pub(in crate::client) fn cursor(&self) -> Option<Uuid> {
        self.range.starting_after
    }

    /// Returns the options, or the error of a cursor that is not an id. `purpose` completes "cannot …" in it.
    pub(in crate::client) fn range(self, purpose: &str) -> Result<ListRange> {
        match self.invalid_cursor {
            Some(reason) => Err(Error::invalid(
                purpose.to_owned(),
                format!("the id to start after is not valid: {reason}"),
                "pass the id that `cursor` of an earlier list returned",
            )),
            None => Ok(self.range),
        }
    }
}
