//! The order of floating-point columns, as the end of a Parquet file names it.
//!
//! The `parquet` crate names the total order of IEEE 754, which Parquet added in 2026. Readers that do not know it, such as
//! pyarrow 26, ignore the statistics of these columns and skip no row group. The order of the type itself differs only for
//! NaN and the sign of zero. The statistics satisfy both: they contain no NaN beside other numbers, and readers of the older
//! order ignore NaN and compare zeros as equal.

/// A member of the union `ColumnOrder` in the compact protocol of Thrift: its number, and the ends of two structs.
const TYPE_ORDER: [u8; 3] = [0x1c, 0, 0];
const IEEE_754_TOTAL_ORDER: [u8; 3] = [0x2c, 0, 0];

/// The length of the metadata and the magic bytes after it.
const TAIL: usize = 8;

/// Names the order of the type for every column, in the end of a file.
///
/// The orders are the last field of the metadata, so their bytes have a known place.
///
/// # Errors
///
/// When the metadata does not end with the orders of this many columns.
pub(super) fn name_type_order(end: &mut [u8], columns: usize) -> Result<(), &'static str> {
    const UNEXPECTED: &str = "the Parquet metadata does not end with the orders of its columns";
    // One byte ends the metadata.
    let last = end.len().checked_sub(TAIL + 1).ok_or(UNEXPECTED)?;
    let first = last.checked_sub(columns * TYPE_ORDER.len()).ok_or(UNEXPECTED)?;
    let orders = end.get_mut(first..last).ok_or(UNEXPECTED)?;
    for order in orders.chunks_exact_mut(TYPE_ORDER.len()) {
        if order == IEEE_754_TOTAL_ORDER {
            order.copy_from_slice(&TYPE_ORDER);
        } else if order != TYPE_ORDER {
            return Err(UNEXPECTED);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_orders_are_changed() {
        let tail = [0, 9, 0, 0, 0, b'P', b'A', b'R', b'1'];
        let end = |orders: &[[u8; 3]]| [&[0x19, 0x2c][..], orders.as_flattened(), &tail].concat();
        let mut mixed = end(&[TYPE_ORDER, IEEE_754_TOTAL_ORDER]);
        assert_eq!(name_type_order(&mut mixed, 2), Ok(()));
        assert_eq!(mixed, end(&[TYPE_ORDER, TYPE_ORDER]));
        for columns in [3, 4, usize::MAX / 3] {
            assert!(name_type_order(&mut mixed, columns).is_err());
        }
        assert!(name_type_order(&mut [], 0).is_err());
        assert!(name_type_order(&mut end(&[[0x3c, 0, 0]]), 1).is_err());
    }
}
