//! NaN as a missing value.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{ArrowPrimitiveType, Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};

use super::Datapoints;
use super::leaves::{self, Leaf};
use crate::error::{Error, Result};

impl Datapoints {
    /// Returns the datapoints with null for every NaN, outside of lists and maps. Programs without missing numbers, such as
    /// pandas and xarray, write NaN instead.
    ///
    /// Datapoints of a query keep the difference: a NaN of a result is a stored value.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use std::sync::Arc;
    ///
    /// use arrow_array::{ArrayRef, Float64Array, RecordBatch};
    /// use tilebox_tokio::Datapoints;
    ///
    /// let cloud_cover: ArrayRef = Arc::new(Float64Array::from(vec![12.5, f64::NAN]));
    /// let batch = RecordBatch::try_from_iter([("cloud_cover", cloud_cover)])?;
    /// let datapoints = Datapoints::new(batch).nan_as_null()?;
    /// assert_eq!(datapoints.column("cloud_cover")?.null_count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a struct column whose schema does not allow nulls has a NaN.
    pub fn nan_as_null(&self) -> Result<Self> {
        let batch = leaves::map(&self.batch, &|leaf: &Leaf<'_>| {
            let column = match leaf.column.data_type() {
                _ if leaf.is_repeated => None,
                DataType::Float16 => without_nan::<Float16Type>(leaf.column, |number| number.is_nan()),
                DataType::Float32 => without_nan::<Float32Type>(leaf.column, f32::is_nan),
                DataType::Float64 => without_nan::<Float64Type>(leaf.column, f64::is_nan),
                _ => None,
            };
            Ok::<_, ArrowError>(column.map(|column| {
                let (field, column) = leaf.with(column);
                (field.with_nullable(true), column)
            }))
        });
        let batch = batch.map_err(|error| {
            let advice = "allow nulls in the schema of the column";
            Error::invalid("replace NaN by null", error.to_string(), advice).with_source(error)
        })?;
        Ok(Self { batch, metrics: self.metrics.clone() })
    }
}

/// Returns the column with null for every NaN; `None` if it has none.
fn without_nan<T: ArrowPrimitiveType>(column: &ArrayRef, is_nan: impl Fn(T::Native) -> bool) -> Option<ArrayRef> {
    let numbers = column.as_primitive_opt::<T>()?;
    let has_nan = numbers.iter().flatten().any(&is_nan);
    has_nan.then(|| {
        let numbers = numbers.unary_opt::<_, T>(|number| (!is_nan(number)).then_some(number));
        Arc::new(numbers) as ArrayRef
    })
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{Float64Builder, ListBuilder};
    use arrow_array::{Float32Array, Float64Array, Int64Array, RecordBatch, StructArray};
    use arrow_schema::Field;

    use super::*;

    fn nulls(batch: &RecordBatch) -> Vec<usize> {
        batch.columns().iter().map(|column| column.null_count()).collect()
    }

    #[test]
    fn nan_becomes_null_in_columns_and_structs() {
        let member = Arc::new(Field::new("x", DataType::Float64, false));
        let inner: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 1.0]));
        let mut lists = ListBuilder::new(Float64Builder::new());
        lists.append_value([Some(f64::NAN)]);
        lists.append_null();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("double", Arc::new(Float64Array::from(vec![Some(f64::NAN), None]))),
            ("float", Arc::new(Float32Array::from(vec![f32::NAN, 0.0]))),
            ("whole", Arc::new(Int64Array::from(vec![0, 1]))),
            ("place", Arc::new(StructArray::from(vec![(member, inner)]))),
            ("numbers", Arc::new(lists.finish())),
        ];
        let before = RecordBatch::try_from_iter(columns).expect("a batch");
        let after = Datapoints::new(before).nan_as_null().expect("converted").into_batch();
        assert_eq!(nulls(&after), [2, 1, 0, 0, 1]);
        assert!(after.column(3).as_struct().column(0).is_null(0));
        assert!(after.column(4).as_list::<i32>().value(0).is_valid(0));
    }

    #[test]
    fn a_table_without_nan_stays_as_it_is() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let before = RecordBatch::try_from_iter([("double", numbers)]).expect("a batch");
        assert_eq!(Datapoints::new(before.clone()).nan_as_null().expect("converted").batch(), &before);
    }
}
