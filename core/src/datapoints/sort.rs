//! Datapoints in the order of a column.

use arrow_array::Array;

use super::{Datapoints, footprint};
use crate::arrays;
use crate::error::{Error, ErrorKind, Result, UPDATE};

/// The direction of a sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortOrder {
    /// The smallest value first.
    #[default]
    Ascending,
    /// The largest value first.
    Descending,
}

impl Datapoints {
    /// Returns the datapoints sorted by a column. The sort is stable: datapoints with equal values keep their order.
    /// Missing values come last in both directions: NaN, then null. Copies the columns unless they are sorted already.
    ///
    /// Text is sorted by its Unicode code points, enum values by their names, and ids and bytes by their bytes; false
    /// precedes true.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::SortOrder;
    ///
    /// # fn example(scenes: tilebox_core::Datapoints) -> tilebox_core::Result<()> {
    /// let clearest = scenes.sort_by("cloud_cover", SortOrder::Ascending)?.slice(0, 10);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such column; the error lists the columns. When its values have no order: lists, structs, maps and
    /// geometries.
    pub fn sort_by(&self, column: &str, order: SortOrder) -> Result<Self> {
        let index = self.index_of(column)?;
        self.sorted(format!("sort datapoints by `{column}`"), self.batch.column(index).as_ref(), index, order)
    }

    /// Returns the datapoints sorted by time, the earliest first; otherwise as [`sort_by`](Self::sort_by).
    ///
    /// # Errors
    ///
    /// When there is no column `time` of timestamps.
    pub fn sort_by_time(&self) -> Result<Self> {
        let purpose = "sort datapoints by time";
        if self.times().is_none() {
            let advice = "select `time` too, or sort before selecting other columns";
            return Err(Error::invalid(purpose, "there is no column `time`", advice));
        }
        self.sort_by("time", SortOrder::Ascending)
    }

    fn sorted(&self, purpose: String, column: &dyn Array, index: usize, order: SortOrder) -> Result<Self> {
        let schema = self.batch.schema();
        let is_geometry = schema.fields().get(index).is_some_and(|field| footprint::is_geometry(field));
        let rows = match is_geometry {
            true => None,
            false => arrays::sorted_rows(column, order == SortOrder::Descending),
        };
        let Some(rows) = rows else {
            let reason = match is_geometry {
                true => "its values are geometries, which have no order".to_owned(),
                false => format!("its values are of the type {}, which has no order", column.data_type()),
            };
            return Err(Error::invalid(
                purpose,
                reason,
                "sort by a column of numbers, times, text, enum values or ids",
            ));
        };
        if rows.is_sorted() {
            return Ok(Self::new(self.batch.clone()));
        }
        let sorted = arrays::take_batch(&self.batch, &rows);
        sorted
            .map(Self::new)
            .map_err(|error| Error::new(ErrorKind::Undecodable, purpose, error.to_string(), UPDATE).with_source(error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray as _;
    use arrow_array::types::{Int8Type, Int64Type};
    use arrow_array::{
        ArrayRef, BinaryArray, BooleanArray, DictionaryArray, DurationNanosecondArray, FixedSizeBinaryArray,
        Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StringViewArray, TimestampNanosecondArray,
        UInt64Array,
    };
    use proptest::prelude::*;

    use super::*;

    /// Returns datapoints with this column and the numbers of the rows.
    fn table(column: ArrayRef) -> Datapoints {
        let rows: ArrayRef = Arc::new(Int64Array::from_iter_values(0..column.len() as i64));
        RecordBatch::try_from_iter([("value", column), ("row", rows)]).expect("a batch").into()
    }

    fn rows(datapoints: &Datapoints) -> Vec<i64> {
        datapoints.column("row").expect("rows").as_primitive::<Int64Type>().values().to_vec()
    }

    #[track_caller]
    fn assert_order(column: ArrayRef, ascending: [i64; 5], descending: [i64; 5]) {
        let table = table(column);
        assert_eq!(rows(&table.sort_by("value", SortOrder::Ascending).expect("an order")), ascending);
        assert_eq!(rows(&table.sort_by("value", SortOrder::Descending).expect("an order")), descending);
    }

    #[test]
    fn every_type_with_an_order_is_sorted() {
        let (up, down) = ([3, 0, 2, 4, 1], [4, 0, 2, 3, 1]);
        let texts = [Some("b"), None, Some("b"), Some("a"), Some("ä")];
        let numbers = [Some(2), None, Some(2), Some(-1), Some(7)];
        let bytes = || texts.map(|text| text.map(str::as_bytes)).to_vec();
        let mut ids = arrow_array::builder::FixedSizeBinaryBuilder::new(16);
        for number in [Some(2_u128), None, Some(2), Some(1), Some(1 << 120)] {
            match number {
                Some(number) => ids.append_value(number.to_be_bytes()).expect("16 bytes"),
                None => ids.append_null(),
            }
        }
        let ids: FixedSizeBinaryArray = ids.finish();
        let unsigned = numbers.map(|number| number.map(|number| (number + 1) as u64)).to_vec();
        let names: DictionaryArray<Int8Type> = texts.into_iter().collect();
        let columns: [ArrayRef; 10] = [
            Arc::new(StringArray::from(texts.to_vec())),
            Arc::new(StringViewArray::from(texts.to_vec())),
            Arc::new(names),
            Arc::new(BinaryArray::from(bytes())),
            Arc::new(ids),
            Arc::new(Int64Array::from(numbers.to_vec())),
            Arc::new(UInt64Array::from(unsigned)),
            Arc::new(TimestampNanosecondArray::from(numbers.to_vec())),
            Arc::new(DurationNanosecondArray::from(numbers.to_vec())),
            Arc::new(Float64Array::from(numbers.map(|number| number.map(|number| number as f64)).to_vec())),
        ];
        for column in columns {
            assert_order(column, up, down);
        }
        let flags = BooleanArray::from(vec![Some(true), None, Some(true), Some(false), Some(true)]);
        assert_order(Arc::new(flags), [3, 0, 2, 4, 1], [0, 2, 4, 3, 1]);
    }

    #[test]
    fn missing_values_come_last_in_both_directions() {
        let numbers = [Some(f64::NAN), None, Some(f64::INFINITY), Some(-0.0), Some(0.0)];
        assert_order(Arc::new(Float64Array::from(numbers.to_vec())), [3, 4, 2, 0, 1], [2, 3, 4, 0, 1]);
    }

    #[test]
    fn values_without_an_order_are_an_error() {
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None]);
        let error = table(Arc::new(lists)).sort_by("value", SortOrder::Ascending).expect_err("lists").to_string();
        assert!(error.starts_with("cannot sort datapoints by `value`: its values are of the type List"), "{error}");
        assert!(error.ends_with("sort by a column of numbers, times, text, enum values or ids"), "{error}");
        let footprints = Datapoints::new(crate::datapoints::samples::batch(3));
        let error = footprints.sort_by("geometry", SortOrder::Descending).expect_err("geometries").to_string();
        assert!(error.contains("its values are geometries, which have no order"), "{error}");
        let error = footprints.sort_by("clouds", SortOrder::Ascending).expect_err("no column").to_string();
        assert!(error.contains("there is no such column"), "{error}");
    }

    proptest! {
        #[test]
        fn a_sort_is_stable_and_keeps_every_row(numbers in proptest::collection::vec(proptest::option::of(-3..3_i64), 0..40)) {
            let table = table(Arc::new(Int64Array::from(numbers.clone())));
            for order in [SortOrder::Ascending, SortOrder::Descending] {
                let mut expected: Vec<usize> = (0..numbers.len()).collect();
                let key = |number: i64| if order == SortOrder::Ascending { number } else { -number };
                expected.sort_by_key(|row| (numbers[*row].is_none(), numbers[*row].map(key)));
                let sorted = rows(&table.sort_by("value", order).expect("an order"));
                prop_assert_eq!(sorted, expected.into_iter().map(|row| row as i64).collect::<Vec<_>>());
            }
        }
    }
}
