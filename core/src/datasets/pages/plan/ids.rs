//! The ids of a page as keys.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, FixedSizeBinaryArray};

use super::{Key, Page};

/// Returns the ids of a page, if it has them.
pub(super) fn ids(page: &Page) -> Option<&FixedSizeBinaryArray> {
    page.batch.column_by_name("id")?.as_fixed_size_binary_opt().filter(|ids| ids.null_count() == 0)
}

pub(super) fn first_key(page: &Page) -> Option<Key> {
    ids(page).and_then(|ids| key(ids, 0))
}

pub(super) fn last_key(page: &Page) -> Option<Key> {
    ids(page).and_then(|ids| key(ids, ids.len().checked_sub(1)?))
}

/// Returns the last id of a page, or the last one before `end`.
pub(super) fn last_key_before(page: &Page, end: Option<Key>) -> Option<Key> {
    let Some(end) = end else { return last_key(page) };
    let ids = ids(page)?;
    (0..ids.len()).rev().filter_map(|row| key(ids, row)).find(|id| *id < end)
}

pub(super) fn key(ids: &FixedSizeBinaryArray, row: usize) -> Option<Key> {
    let id = (row < ids.len()).then(|| ids.value(row))?;
    id.try_into().ok().map(Key::from_be_bytes)
}

/// Keeps the datapoints of a page with ids before `end`.
pub(super) fn cut_off(page: &mut Page, end: Key) {
    let rows = page.batch.num_rows();
    let Some(ids) = ids(page) else { return };
    let kept = (0..rows).take_while(|row| key(ids, *row).is_some_and(|id| id < end)).count();
    page.keep(kept);
}
