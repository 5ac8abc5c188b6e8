//! Conversion of every list layout to `ListArray`.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, ListArray, OffsetSizeTrait, make_array};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_data::transform::MutableArrayData;
use arrow_schema::{ArrowError, DataType, FieldRef};

/// Converts lists of any layout to a [`ListArray`]. Returns `None` for other types.
///
/// # Errors
///
/// When the lists have more than [`i32::MAX`] elements.
pub(crate) fn to_list(array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>> {
    let nulls = array.nulls();
    Some(match array.data_type() {
        DataType::List(_) => Ok(make_array(array.to_data())),
        DataType::LargeList(item) => {
            let list = array.as_list_opt::<i64>()?;
            let (first, last) = (list.offsets().first(), list.offsets().last());
            // Offsets are never negative.
            let values = list.values().slice(first as usize, (last - first) as usize);
            from_lengths(item, list.offsets().lengths(), values, nulls)
        }
        DataType::FixedSizeList(item, _) => {
            let list = array.as_fixed_size_list_opt()?;
            let length = usize::try_from(list.value_length()).ok()?;
            if nulls.is_none() {
                let values = list.values().slice(0, length * list.len());
                from_lengths(item, std::iter::repeat_n(length, list.len()), values, nulls)
            } else {
                // The elements of a null list may be null where the item is not nullable.
                from_ranges(item, (0..list.len()).map(|row| row * length..(row + 1) * length), list.values(), nulls)
            }
        }
        DataType::ListView(item) => {
            let list = array.as_list_view_opt::<i32>()?;
            from_ranges(item, views(list.offsets(), list.sizes()), list.values(), nulls)
        }
        DataType::LargeListView(item) => {
            let list = array.as_list_view_opt::<i64>()?;
            from_ranges(item, views(list.offsets(), list.sizes()), list.values(), nulls)
        }
        _ => return None,
    })
}

fn from_lengths(
    item: &FieldRef,
    lengths: impl Iterator<Item = usize>,
    values: ArrayRef,
    nulls: Option<&NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    check_size([values.len()].into_iter())?;
    let list = ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), values, nulls.cloned())?;
    Ok(Arc::new(list))
}

/// Returns the ranges of list views.
fn views<O: OffsetSizeTrait>(offsets: &[O], sizes: &[O]) -> impl Iterator<Item = Range<usize>> {
    offsets.iter().zip(sizes).map(|(offset, size)| offset.as_usize()..offset.as_usize() + size.as_usize())
}

/// Copies the elements in these ranges, which may overlap and have any order, without those of null lists.
fn from_ranges(
    item: &FieldRef,
    ranges: impl Iterator<Item = Range<usize>>,
    values: &ArrayRef,
    nulls: Option<&NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    let is_null = |row| nulls.is_some_and(|nulls| nulls.is_null(row));
    let ranges: Vec<_> = ranges.enumerate().map(|(row, range)| if is_null(row) { 0..0 } else { range }).collect();
    // Views that overlap can name far more elements than there are.
    check_size(ranges.iter().map(Range::len))?;
    let data = values.to_data();
    let mut elements = MutableArrayData::try_new(vec![&data], false, ranges.iter().map(Range::len).sum())?;
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        elements.try_extend(0, range.start, range.end)?;
    }
    from_lengths(item, ranges.iter().map(Range::len), make_array(elements.freeze()), nulls)
}

/// Checks that values with these lengths fit an array with 32-bit offsets.
///
/// # Errors
///
/// [`ArrowError::OffsetOverflowError`] when they do not fit.
pub(super) fn check_size(lengths: impl Iterator<Item = usize>) -> Result<(), ArrowError> {
    let size = lengths.fold(0, usize::saturating_add);
    if i32::try_from(size).is_err() { Err(ArrowError::OffsetOverflowError(size)) } else { Ok(()) }
}
