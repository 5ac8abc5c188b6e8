//! Batches in parts of bounded size.

use arrow_array::{Array as _, RecordBatch};

/// Splits a batch into parts of at most `max_rows` rows and about `max_bytes` bytes, but at least one row. The parts have
/// equal numbers of rows, except for the last one. A batch without rows has no parts.
pub(super) fn parts(batch: &RecordBatch, max_rows: usize, max_bytes: usize) -> impl Iterator<Item = RecordBatch> {
    let rows = batch.num_rows();
    let fitting = rows.saturating_mul(max_bytes) / size(batch).max(1);
    let step = fitting.min(max_rows).max(1);
    (0..rows).step_by(step).map(move |start| batch.slice(start, step.min(rows - start)))
}

/// Returns the size of the rows of a batch, in bytes, without other rows of the same buffers.
pub(super) fn size(batch: &RecordBatch) -> usize {
    // The result only guides the split, so a column of unknown size counts as empty.
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array};

    use super::*;

    #[test]
    fn parts_have_bounded_rows_and_bytes() {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
        let batch = RecordBatch::try_from_iter([("number", numbers)]).expect("a batch").slice(10, 50);
        let rows = |max_rows, max_bytes| -> Vec<usize> {
            parts(&batch, max_rows, max_bytes).map(|part| part.num_rows()).collect()
        };
        assert_eq!(size(&batch), 400);
        assert_eq!(rows(usize::MAX, usize::MAX), [50]);
        assert_eq!(rows(20, usize::MAX), [20, 20, 10]);
        assert_eq!(rows(usize::MAX, 240), [30, 20]);
        assert_eq!(rows(usize::MAX, 0), [1; 50]);
        assert_eq!(parts(&batch.slice(0, 0), 1, 1).count(), 0);
    }
}
