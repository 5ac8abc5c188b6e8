//! Several parts of one dataset as one table.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};

use super::Datapoints;
use crate::arrays;
use crate::error::{Error, ErrorKind, Result, UPDATE};

const PURPOSE: &str = "join datapoints";
const ADVICE: &str = "select the same columns from each part";

impl Datapoints {
    /// The datapoints of several parts of the same dataset, one after the other.
    ///
    /// Columns are matched by name and type, in the order of the first part. A part without columns and without
    /// datapoints, such as the join of nothing, adds nothing.
    ///
    /// # Errors
    ///
    /// When the parts differ in their columns; the error names the first difference. When a part has two columns of one
    /// name and the parts differ in their order.
    pub fn concat(parts: &[Self]) -> Result<Self> {
        let parts: Vec<_> =
            parts.iter().map(|part| &part.batch).enumerate().filter(|(_, part)| !is_nothing(part)).collect();
        let Some((first, rest)) = parts.split_first() else {
            return Ok(Self::new(RecordBatch::new_empty(SchemaRef::new(Schema::empty()))));
        };
        if rest.is_empty() {
            return Ok(Self::new(first.1.clone()));
        }
        let mut columns: Vec<Vec<&ArrayRef>> = first.1.columns().iter().map(|column| vec![column]).collect();
        for part in rest {
            let order = order_of(*first, *part).map_err(|reason| Error::invalid(PURPOSE, reason, ADVICE))?;
            for (arrays, index) in columns.iter_mut().zip(order) {
                arrays.extend(part.1.columns().get(index));
            }
        }
        let undecodable = |error: arrow_schema::ArrowError| {
            Error::new(ErrorKind::Undecodable, PURPOSE, error.to_string(), UPDATE).with_source(error)
        };
        let schema = first.1.schema();
        let mut fields: Vec<FieldRef> = Vec::with_capacity(columns.len());
        let mut joined: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (field, arrays) in schema.fields().iter().zip(columns) {
            let arrays: Vec<_> = arrays.into_iter().map(AsRef::as_ref).collect();
            let column = arrays::concat(&arrays).map_err(undecodable)?;
            let is_nullable = field.is_nullable() || column.null_count() > 0;
            fields.push(Arc::new(field.as_ref().clone().with_nullable(is_nullable)));
            joined.push(column);
        }
        let rows = parts.iter().map(|(_, part)| part.num_rows()).sum();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        RecordBatch::try_new_with_options(Arc::new(schema), joined, &options).map(Self::new).map_err(undecodable)
    }

    /// The datapoints of several parts, one after the other, with a first column of this name that says for each which
    /// part it is from.
    ///
    /// ```
    /// # fn example(winter: tilebox_core::Datapoints, summer: tilebox_core::Datapoints) -> tilebox_core::Result<()> {
    /// use tilebox_core::Datapoints;
    ///
    /// let year = Datapoints::concat_named("season", [("winter", winter), ("summer", summer)])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`concat`](Self::concat), or when the parts have a column of this name.
    pub fn concat_named<N: AsRef<str>>(column: &str, parts: impl IntoIterator<Item = (N, Self)>) -> Result<Self> {
        let (names, parts): (Vec<N>, Vec<Self>) = parts.into_iter().unzip();
        let all = Self::concat(&parts)?;
        let purpose = || format!("join datapoints with a column `{column}`");
        if all.batch.schema_ref().column_with_name(column).is_some() {
            return Err(Error::invalid(
                purpose(),
                "there is one already",
                "take another name, or select other columns",
            ));
        }
        let mut labels = StringViewBuilder::with_capacity(all.len()).with_deduplicate_strings();
        for (name, part) in names.iter().zip(&parts) {
            (0..part.len()).for_each(|_| labels.append_value(name));
        }
        let mut fields = vec![FieldRef::new(Field::new(column, DataType::Utf8View, false))];
        fields.extend(all.schema().fields().iter().cloned());
        let mut columns: Vec<ArrayRef> = vec![Arc::new(labels.finish())];
        columns.extend(all.batch.columns().iter().cloned());
        let named = RecordBatch::try_new(SchemaRef::new(Schema::new(fields)), columns);
        named.map(Self::new).map_err(|error| {
            Error::new(ErrorKind::Undecodable, purpose(), error.to_string(), UPDATE).with_source(error)
        })
    }
}

/// Whether a part has neither columns nor datapoints.
fn is_nothing(part: &RecordBatch) -> bool {
    part.num_columns() == 0 && part.num_rows() == 0
}

/// A part with its position among those that are joined.
type Part<'a> = (usize, &'a RecordBatch);

/// Which column of a part goes to each column of the first part, or the first difference.
fn order_of((first, expected): Part<'_>, (index, part): Part<'_>) -> Result<Vec<usize>, String> {
    let (expected, found) = (expected.schema(), part.schema());
    let (expected, found) = (expected.fields(), found.fields());
    let is_same =
        |(left, right): (&FieldRef, &FieldRef)| left.name() == right.name() && left.data_type() == right.data_type();
    if expected.len() == found.len() && expected.iter().zip(found.iter()).all(is_same) {
        return Ok((0..found.len()).collect());
    }
    let mut order = Vec::with_capacity(expected.len());
    for field in expected {
        let name = field.name();
        let mut named = found.iter().enumerate().filter(|(_, other)| other.name() == name);
        let Some((at, other)) = named.next() else {
            return Err(format!("part {index} does not have the column `{name}` of part {first}"));
        };
        if named.next().is_some() || order.contains(&at) {
            return Err(format!("the column `{name}` is there twice"));
        }
        let (left, right) = (field.data_type(), other.data_type());
        if left != right {
            return Err(format!("the column `{name}` is {left} in part {first} and {right} in part {index}"));
        }
        order.push(at);
    }
    match found.iter().find(|field| !expected.iter().any(|known| known.name() == field.name())) {
        Some(other) => Err(format!("part {first} does not have the column `{}` of part {index}", other.name())),
        None => Ok(order),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::Float64Type;
    use arrow_array::{Float64Array, Int64Array};
    use proptest::prelude::*;

    use super::*;

    fn part(columns: &[(&str, f64)]) -> Datapoints {
        let columns = columns.iter().map(|(name, value)| {
            let column: ArrayRef = Arc::new(Float64Array::from(vec![*value]));
            (*name, column)
        });
        match columns.len() {
            0 => RecordBatch::new_empty(Arc::new(Schema::empty())).into(),
            _ => RecordBatch::try_from_iter(columns).expect("a batch").into(),
        }
    }

    fn values(datapoints: &Datapoints, name: &str) -> Vec<f64> {
        datapoints.column(name).expect("a column").as_primitive::<Float64Type>().values().to_vec()
    }

    fn refused(parts: &[Datapoints]) -> String {
        let error = Datapoints::concat(parts).expect_err("the columns differ");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let named = Datapoints::concat_named("part", parts.iter().map(|part| ("a", part.clone())));
        assert_eq!(named.expect_err("the columns differ").to_string(), error.to_string());
        error.to_string()
    }

    #[test]
    fn columns_in_another_order_keep_their_values() {
        let joined =
            Datapoints::concat(&[part(&[("cloud", 10.0), ("sun", 45.0)]), part(&[("sun", 46.0), ("cloud", 20.0)])]);
        let joined = joined.expect("one table");
        assert_eq!((values(&joined, "cloud"), values(&joined, "sun")), (vec![10.0, 20.0], vec![45.0, 46.0]));
    }

    #[test]
    fn parts_with_other_columns_are_refused_by_name() {
        let (a, b, ab) = (part(&[("a", 1.0)]), part(&[("b", 1.0)]), part(&[("a", 1.0), ("b", 1.0)]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let number: Datapoints = RecordBatch::try_from_iter([("a", numbers)]).expect("a batch").into();
        let without: Datapoints = ab.batch().project(&[]).expect("no columns").into();
        for (parts, expected) in [
            (vec![a.clone(), b], "part 1 does not have the column `a` of part 0"),
            (vec![ab.clone(), a.clone()], "part 1 does not have the column `b` of part 0"),
            (vec![a.clone(), a.clone(), ab], "part 0 does not have the column `b` of part 2"),
            (vec![a.clone(), number], "the column `a` is Float64 in part 0 and Int64 in part 1"),
            (vec![part(&[("a", 1.0), ("b", 2.0)]), part(&[("a", 1.0), ("a", 2.0)])], "the column `a` is there twice"),
            (vec![without, a], "part 0 does not have the column `a` of part 1"),
        ] {
            let error = refused(&parts);
            assert_eq!(error, format!("cannot join datapoints: {expected}; select the same columns from each part"));
        }
    }

    #[test]
    fn the_join_of_nothing_adds_nothing() {
        let nothing = Datapoints::concat(&[]).expect("no columns");
        let parts = [nothing.clone(), part(&[("a", 1.0)]), nothing, part(&[("a", 2.0)])];
        let joined = Datapoints::concat(&parts).expect("one table");
        assert_eq!(values(&joined, "a"), [1.0, 2.0]);
        let named = Datapoints::concat_named("from", ["w", "x", "y", "z"].into_iter().zip(parts)).expect("one table");
        let labels: Vec<_> = named.column("from").expect("labels").as_string_view().iter().flatten().collect();
        assert_eq!(labels, ["x", "z"]);
    }

    #[test]
    fn a_null_joins_a_column_without_nulls() {
        let column: ArrayRef = Arc::new(Float64Array::from(vec![None]));
        let missing: Datapoints = RecordBatch::try_from_iter([("a", column)]).expect("a batch").into();
        let joined = Datapoints::concat(&[part(&[("a", 1.0)]), missing]).expect("one table");
        assert_eq!(joined.column("a").expect("a column").null_count(), 1);
    }

    proptest! {
        #[test]
        fn a_join_keeps_every_value_or_is_refused(
            parts in proptest::collection::vec(proptest::collection::vec(("[ab]", any::<i8>()), 0..3), 0..4)
        ) {
            let tables: Vec<_> = parts
                .iter()
                .map(|columns| part(&columns.iter().map(|(name, value)| (name.as_str(), f64::from(*value))).collect::<Vec<_>>()))
                .collect();
            if let Ok(joined) = Datapoints::concat(&tables) {
                for name in ["a", "b"] {
                    let expected: Vec<_> = tables.iter().filter(|table| table.column(name).is_ok()).map(|table| values(table, name)).collect();
                    if joined.column(name).is_ok() {
                        prop_assert_eq!(values(&joined, name), expected.concat());
                    } else {
                        prop_assert!(expected.is_empty());
                    }
                }
            }
        }
    }
}
