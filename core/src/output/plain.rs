//! The columns as other programs read them.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, BinaryArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field};

use crate::arrays;
use crate::datapoints::footprint::is_geometry;
use crate::datapoints::leaves;
use crate::schema::wkb::read;

/// The columns with geometries in ISO WKB, which GeoParquet and GeoArrow ask for, and with text and bytes in one piece:
/// views are not read everywhere, and an IPC file would hold all that they were cut from. Identifiers in lists are
/// text, because pandas takes no lists of bytes of one size.
///
/// # Errors
///
/// [`ArrowError::OffsetOverflowError`] when a column of text or bytes would have more than `limit` bytes, which is at
/// most [`i32::MAX`]; otherwise when a geometry is none.
pub(super) fn plain(batch: &RecordBatch, limit: usize) -> Result<RecordBatch, ArrowError> {
    leaves::map(batch, &|leaf| {
        let to = match leaf.column.data_type() {
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView => DataType::Binary,
            DataType::Binary if is_geometry(leaf.field) => DataType::Binary,
            DataType::FixedSizeBinary(16) if leaf.is_repeated => return leaves::identifier_as_text(leaf),
            _ => return Ok(None),
        };
        let size = size(leaf.column);
        if size > limit {
            return Err(ArrowError::OffsetOverflowError(size));
        }
        let column = match is_geometry(leaf.field) {
            true => iso_wkb(leaf.field, leaf.column)?,
            false => arrays::cast(leaf.column, &to)?,
        };
        Ok(Some(leaf.with(column)))
    })
}

/// The bytes that the values have, each for itself: views may share theirs.
fn size(column: &ArrayRef) -> usize {
    let views: &[u128] = match column.data_type() {
        DataType::Utf8View => column.as_string_view().views(),
        DataType::BinaryView => column.as_binary_view().views(),
        _ => return column.as_binary_opt::<i32>().map_or(0, |binary| binary.value_data().len()),
    };
    // The length is in the lowest 32 bits, as the Arrow format lays a view out.
    views.iter().map(|view| *view as u32 as usize).sum()
}

fn iso_wkb(field: &Field, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let values: Box<dyn Iterator<Item = Option<&[u8]>>> = match column.data_type() {
        DataType::Binary => Box::new(column.as_binary::<i32>().iter()),
        _ => Box::new(column.as_binary_view().iter()),
    };
    let options = wkb::writer::WriteOptions { endianness: wkb::Endianness::LittleEndian };
    let iso = values.enumerate().map(|(row, value)| {
        let Some(value) = value else { return Ok(None) };
        let mut bytes = Vec::with_capacity(value.len());
        read(value)
            .and_then(|geometry| {
                let written = wkb::writer::write_geometry(&mut bytes, &geometry, &options);
                written.map_err(|error| error.to_string())
            })
            .map_err(|error| {
                ArrowError::InvalidArgumentError(format!(
                    "row {row}, the column `{}` is not WKB: {error}",
                    field.name()
                ))
            })?;
        Ok(Some(bytes))
    });
    let iso: Vec<Option<Vec<u8>>> = iso.collect::<Result<_, ArrowError>>()?;
    Ok(Arc::new(BinaryArray::from_iter(iso)))
}
