//! Columns in layouts that every Arrow reader knows.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, BinaryArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field};

use crate::arrays;
use crate::datapoints::footprint::is_geometry;
use crate::datapoints::leaves;
use crate::schema::well_known::WellKnown;
use crate::schema::wkb::read;

/// Converts a batch for other programs. Geometries become ISO WKB, as GeoParquet and GeoArrow require. Text and bytes
/// become contiguous, because some readers do not support views, and an IPC file would contain the complete buffers of a
/// view. Identifiers in lists become text, because pandas does not support lists of fixed-size bytes.
///
/// # Errors
///
/// [`ArrowError::OffsetOverflowError`] when a column of text or bytes would exceed `limit` bytes, which is at most
/// [`i32::MAX`]; otherwise when a geometry is not valid WKB.
pub(super) fn to_portable(batch: &RecordBatch, limit: usize) -> Result<RecordBatch, ArrowError> {
    leaves::map(batch, &|leaf| {
        let to = match leaf.column.data_type() {
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView => DataType::Binary,
            DataType::Binary if is_geometry(leaf.field) => DataType::Binary,
            _ if WellKnown::of_column(leaf.field) == Some(WellKnown::Uuid) && leaf.is_repeated => {
                return leaves::identifier_as_text(leaf);
            }
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

/// Returns the total size of the values, in bytes. Shared bytes count once per view.
fn size(column: &ArrayRef) -> usize {
    let views: &[u128] = match column.data_type() {
        DataType::Utf8View => column.as_string_view().views(),
        DataType::BinaryView => column.as_binary_view().views(),
        _ => return column.as_binary_opt::<i32>().map_or(0, |binary| binary.value_data().len()),
    };
    // The Arrow format stores the length of a view in its lowest 32 bits.
    views.iter().map(|view| *view as u32 as usize).sum()
}

/// Converts EWKB or WKB in either byte order to little-endian ISO WKB.
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
                    "the column `{}` is not valid WKB in row {row}: {error}",
                    field.name()
                ))
            })?;
        Ok(Some(bytes))
    });
    let iso: Vec<Option<Vec<u8>>> = iso.collect::<Result<_, ArrowError>>()?;
    Ok(Arc::new(BinaryArray::from_iter(iso)))
}
