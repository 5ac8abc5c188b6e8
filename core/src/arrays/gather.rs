//! Concatenation of arrays and selection of rows.

use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int8Type, Int16Type, UInt8Type, UInt16Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{ArrowError, DataType};

use super::cast;

/// Concatenates arrays of one type.
///
/// # Errors
///
/// When there are no arrays, their types differ, or the result has more text, bytes or distinct names than its type holds.
pub(crate) fn concat(arrays: &[&dyn Array]) -> Result<ArrayRef, ArrowError> {
    let Some(first) = arrays.first() else {
        return Err(ArrowError::InvalidArgumentError("no arrays to concatenate".to_owned()));
    };
    if let Some(other) = arrays.iter().find(|array| array.data_type() != first.data_type()) {
        let (expected, found) = (first.data_type(), other.data_type());
        return Err(ArrowError::InvalidArgumentError(format!(
            "cannot concatenate arrays: expects {expected}, got {found}"
        )));
    }
    match append(arrays) {
        // Arrays often share names, but each brings its own list of them.
        Err(ArrowError::DictionaryKeyOverflowError) => merge_names(arrays),
        joined => joined,
    }
}

/// Appends arrays of one type.
fn append(arrays: &[&dyn Array]) -> Result<ArrayRef, ArrowError> {
    let data: Vec<ArrayData> = arrays.iter().map(|array| array.to_data()).collect();
    let rows = data.iter().map(ArrayData::len).sum();
    let mut joined = MutableArrayData::try_new(data.iter().collect(), false, rows)?;
    for (index, array) in data.iter().enumerate() {
        joined.try_extend(index, 0, array.len())?;
    }
    Ok(make_array(joined.freeze()))
}

/// Concatenates dictionaries of text, with each distinct name once.
fn merge_names(arrays: &[&dyn Array]) -> Result<ArrayRef, ArrowError> {
    macro_rules! merge {
        ($key:ty) => {{
            let mut merged = StringDictionaryBuilder::<$key>::new();
            for array in arrays {
                let names = cast(*array, &DataType::Utf8View)?;
                for name in names.as_string_view() {
                    match name {
                        Some(name) => drop(merged.append(name)?),
                        None => merged.append_null(),
                    }
                }
            }
            Ok(Arc::new(merged.finish()))
        }};
    }
    match arrays.first().map(|array| array.data_type()) {
        Some(DataType::Dictionary(key, value)) if **value == DataType::Utf8 => match **key {
            DataType::Int8 => merge!(Int8Type),
            DataType::Int16 => merge!(Int16Type),
            DataType::UInt8 => merge!(UInt8Type),
            DataType::UInt16 => merge!(UInt16Type),
            _ => Err(ArrowError::DictionaryKeyOverflowError),
        },
        _ => Err(ArrowError::DictionaryKeyOverflowError),
    }
}

/// Returns the rows of an array at these indexes, in their order.
///
/// # Errors
///
/// When an index is out of range.
pub(crate) fn take(array: &dyn Array, rows: &[usize]) -> Result<ArrayRef, ArrowError> {
    let data = array.to_data();
    let mut taken = MutableArrayData::try_new(vec![&data], false, rows.len())?;
    let mut rest = rows;
    while let Some(first) = rest.first() {
        // Consecutive rows are copied together.
        let is_consecutive = |(index, row): &(usize, &usize)| **row == first.saturating_add(*index);
        let run = rest.iter().enumerate().take_while(is_consecutive).count();
        taken.try_extend(0, *first, first.saturating_add(run))?;
        rest = rest.get(run..).unwrap_or_default();
    }
    Ok(make_array(taken.freeze()))
}

/// Replaces the keys of a dictionary by their values.
///
/// # Errors
///
/// When the array is not a dictionary.
pub(super) fn unpack(array: &dyn Array) -> Result<ArrayRef, ArrowError> {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return Err(ArrowError::InvalidArgumentError(format!("{} is not a dictionary", array.data_type())));
    };
    let values = dictionary.values().to_data();
    let mut unpacked = MutableArrayData::try_new(vec![&values], true, array.len())?;
    // Keys of an empty dictionary are null.
    let keys = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
    for row in 0..array.len() {
        match keys.get(row).filter(|_| !array.is_null(row)) {
            Some(key) => unpacked.try_extend(0, *key, key + 1)?,
            None => unpacked.try_extend_nulls(1)?,
        }
    }
    Ok(make_array(unpacked.freeze()))
}

/// Returns the rows of a batch at these indexes, in their order.
///
/// # Errors
///
/// When an index is out of range.
pub(crate) fn take_batch(batch: &RecordBatch, rows: &[usize]) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| take(column, rows)).collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(batch.schema(), columns, &options)
}
