//! Pages of lists.

use uuid::Uuid;

use super::limits;
use super::rejection::Rejection;
use crate::protocol::id::to_wire;
use crate::protocol::wire::tilebox::v1::Pagination;

/// Elements of a page whose request has no limit. Tilebox's number is not known.
const DEFAULT_LIMIT: i64 = 100;
/// Maximum elements of a page: larger limits are lowered to it. Tilebox's number is not known.
pub(super) const MAX_LIMIT: usize = 1000;

/// The page that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) after: Option<Uuid>,
    requested: Option<i64>,
}

impl Page {
    pub(super) fn read(page: Option<&Pagination>) -> Result<Self, Rejection> {
        let requested = page.and_then(|page| page.limit);
        let limit = requested.unwrap_or(DEFAULT_LIMIT);
        if limit < 1 {
            return Err(Rejection::invalid(format!("page.limit: expects at least 1, got {limit}")));
        }
        let after = page.and_then(|page| page.starting_after.as_ref());
        let after = after.map(|id| limits::required_id("page.starting_after", Some(id))).transpose()?;
        let limit = usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
        Ok(Self { limit, after, requested })
    }

    /// Returns a first page of at most `limit` elements.
    pub(super) fn first(limit: Option<usize>) -> Self {
        let requested = limit.map(|limit| limit as i64);
        Self { limit: limit.unwrap_or(MAX_LIMIT), after: None, requested }
    }

    /// Returns the request of the page after the one that ends with `last`.
    pub(super) fn next(&self, last: Uuid) -> Pagination {
        Pagination { limit: self.requested, starting_after: Some(to_wire(last)) }
    }
}
