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
pub(super) fn to_list(array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>> {
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
            let values = list.values().slice(0, length * list.len());
            from_lengths(item, std::iter::repeat_n(length, list.len()), values, nulls)
        }
        DataType::ListView(item) => {
            let list = array.as_list_view_opt::<i32>()?;
            from_views(item, list.offsets(), list.sizes(), list.values(), nulls)
        }
        DataType::LargeListView(item) => {
            let list = array.as_list_view_opt::<i64>()?;
            from_views(item, list.offsets(), list.sizes(), list.values(), nulls)
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
    if i32::try_from(values.len()).is_err() {
        return Err(ArrowError::OffsetOverflowError(values.len()));
    }
    let list = ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), values, nulls.cloned())?;
    Ok(Arc::new(list))
}

/// Copies the elements of list views, which may overlap and have any order.
fn from_views<O: OffsetSizeTrait>(
    item: &FieldRef,
    offsets: &[O],
    sizes: &[O],
    values: &ArrayRef,
    nulls: Option<&NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    let range = |(row, (offset, size)): (usize, (&O, &O))| -> Range<usize> {
        let start = offset.as_usize();
        let is_null = nulls.is_some_and(|nulls| nulls.is_null(row));
        start..start + if is_null { 0 } else { size.as_usize() }
    };
    let ranges: Vec<Range<usize>> = offsets.iter().zip(sizes).enumerate().map(range).collect();
    let data = values.to_data();
    let mut elements = MutableArrayData::try_new(vec![&data], false, ranges.iter().map(Range::len).sum())?;
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        elements.try_extend(0, range.start, range.end)?;
    }
    from_lengths(item, ranges.iter().map(Range::len), make_array(elements.freeze()), nulls)
}
