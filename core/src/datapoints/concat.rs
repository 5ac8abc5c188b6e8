//! Several tables of one dataset as one.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};

use super::Datapoints;
use crate::arrays;
use crate::error::{Error, ErrorKind, Result, UPDATE};

const PURPOSE: &str = "concatenate datapoints";
const ADVICE: &str = "select the same columns from each table";

impl Datapoints {
    /// Concatenates tables of the same dataset.
    ///
    /// Columns are matched by name and type, in the order of the first table. Tables without columns and datapoints, such
    /// as `concat(&[])`, are skipped.
    ///
    /// # Errors
    ///
    /// When the tables differ in their columns; the error names the first difference. When a column name is repeated and
    /// the tables differ in the order of columns.
    pub fn concat(tables: &[Self]) -> Result<Self> {
        let batches = tables.iter().map(|table| &table.batch).enumerate();
        let tables: Vec<IndexedBatch<'_>> = batches.filter(|(_, batch)| !is_nothing(batch)).collect();
        let Some((first, rest)) = tables.split_first() else {
            return Ok(Self::new(RecordBatch::new_empty(SchemaRef::new(Schema::empty()))));
        };
        if rest.is_empty() {
            return Ok(Self::new(first.1.clone()));
        }
        let mut columns: Vec<Vec<&ArrayRef>> = first.1.columns().iter().map(|column| vec![column]).collect();
        for table in rest {
            let order = match_columns(*first, *table).map_err(|reason| Error::invalid(PURPOSE, reason, ADVICE))?;
            for (arrays, index) in columns.iter_mut().zip(order) {
                arrays.extend(table.1.columns().get(index));
            }
        }
        let undecodable = |error: arrow_schema::ArrowError| {
            Error::new(ErrorKind::Undecodable, PURPOSE, error.to_string(), UPDATE).with_source(error)
        };
        let too_large = |field: &Field, error: arrow_schema::ArrowError| {
            let reason = format!("column `{}`: {error}", field.name());
            Error::invalid(PURPOSE, reason, "concatenate fewer tables").with_source(error)
        };
        let schema = first.1.schema();
        let mut fields: Vec<FieldRef> = Vec::with_capacity(columns.len());
        let mut joined: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (field, arrays) in schema.fields().iter().zip(columns) {
            let arrays: Vec<_> = arrays.into_iter().map(AsRef::as_ref).collect();
            let column = arrays::concat(&arrays).map_err(|error| too_large(field, error))?;
            let is_nullable = field.is_nullable() || column.null_count() > 0;
            fields.push(Arc::new(field.as_ref().clone().with_nullable(is_nullable)));
            joined.push(column);
        }
        let rows = tables.iter().map(|(_, batch)| batch.num_rows()).sum();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        RecordBatch::try_new_with_options(Arc::new(schema), joined, &options).map(Self::new).map_err(undecodable)
    }

    /// Concatenates tables, and adds a first column with the name of the table of each datapoint.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// # fn example(winter: tilebox_core::Datapoints, summer: tilebox_core::Datapoints) -> tilebox_core::Result<()> {
    /// use tilebox_tokio::Datapoints;
    ///
    /// let year = Datapoints::concat_named("season", [("winter", winter), ("summer", summer)])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`concat`](Self::concat), or when the tables already have a column of this name.
    pub fn concat_named<N: AsRef<str>>(column: &str, tables: impl IntoIterator<Item = (N, Self)>) -> Result<Self> {
        let (names, tables): (Vec<N>, Vec<Self>) = tables.into_iter().unzip();
        let all = Self::concat(&tables)?;
        let purpose = || format!("concatenate datapoints with a column `{column}`");
        if all.batch.schema_ref().column_with_name(column).is_some() {
            let advice = "use another name, or select other columns";
            return Err(Error::invalid(purpose(), "the column already exists", advice));
        }
        let mut labels = StringViewBuilder::with_capacity(all.len()).with_deduplicate_strings();
        for (name, table) in names.iter().zip(&tables) {
            (0..table.len()).for_each(|_| labels.append_value(name));
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

/// Returns whether a table has neither columns nor datapoints.
fn is_nothing(batch: &RecordBatch) -> bool {
    batch.num_columns() == 0 && batch.num_rows() == 0
}

/// A table with its index among the arguments.
type IndexedBatch<'a> = (usize, &'a RecordBatch);

/// Returns the index of the column of a table for each column of the first table, or describes the first difference.
fn match_columns((first, expected): IndexedBatch<'_>, (index, table): IndexedBatch<'_>) -> Result<Vec<usize>, String> {
    let (expected, found) = (expected.schema(), table.schema());
    let (expected, found) = (expected.fields(), found.fields());
    let is_equal =
        |(left, right): (&FieldRef, &FieldRef)| left.name() == right.name() && left.data_type() == right.data_type();
    if expected.len() == found.len() && expected.iter().zip(found.iter()).all(is_equal) {
        return Ok((0..found.len()).collect());
    }
    let mut order = Vec::with_capacity(expected.len());
    for field in expected {
        let name = field.name();
        let mut named = found.iter().enumerate().filter(|(_, other)| other.name() == name);
        let Some((at, other)) = named.next() else {
            return Err(format!("table {index} does not have the column `{name}` of table {first}"));
        };
        if named.next().is_some() || order.contains(&at) {
            return Err(format!("duplicate column `{name}`"));
        }
        let (left, right) = (field.data_type(), other.data_type());
        if left != right {
            return Err(format!("column `{name}`: expects {left} as in table {first}, got {right} in table {index}"));
        }
        order.push(at);
    }
    match found.iter().find(|field| !expected.iter().any(|known| known.name() == field.name())) {
        Some(other) => Err(format!("table {first} does not have the column `{}` of table {index}", other.name())),
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

    fn table(columns: &[(&str, f64)]) -> Datapoints {
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

    fn error_of(tables: &[Datapoints]) -> String {
        let error = Datapoints::concat(tables).expect_err("the columns differ");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let named = Datapoints::concat_named("name", tables.iter().map(|table| ("a", table.clone())));
        assert_eq!(named.expect_err("the columns differ").to_string(), error.to_string());
        error.to_string()
    }

    #[test]
    fn columns_in_another_order_keep_their_values() {
        let joined =
            Datapoints::concat(&[table(&[("cloud", 10.0), ("sun", 45.0)]), table(&[("sun", 46.0), ("cloud", 20.0)])]);
        let joined = joined.expect("one table");
        assert_eq!((values(&joined, "cloud"), values(&joined, "sun")), (vec![10.0, 20.0], vec![45.0, 46.0]));
    }

    #[test]
    fn different_columns_are_named_in_the_error() {
        let (a, b, ab) = (table(&[("a", 1.0)]), table(&[("b", 1.0)]), table(&[("a", 1.0), ("b", 1.0)]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let number: Datapoints = RecordBatch::try_from_iter([("a", numbers)]).expect("a batch").into();
        let without: Datapoints = ab.batch().project(&[]).expect("no columns").into();
        for (tables, expected) in [
            (vec![a.clone(), b], "table 1 does not have the column `a` of table 0"),
            (vec![ab.clone(), a.clone()], "table 1 does not have the column `b` of table 0"),
            (vec![a.clone(), a.clone(), ab], "table 0 does not have the column `b` of table 2"),
            (vec![a.clone(), number], "column `a`: expects Float64 as in table 0, got Int64 in table 1"),
            (vec![table(&[("a", 1.0), ("b", 2.0)]), table(&[("a", 1.0), ("a", 2.0)])], "duplicate column `a`"),
            (vec![without, a], "table 0 does not have the column `a` of table 1"),
        ] {
            let error = error_of(&tables);
            let advice = "select the same columns from each table";
            assert_eq!(error, format!("cannot concatenate datapoints: {expected}; {advice}"));
        }
    }

    #[test]
    fn empty_tables_without_columns_are_skipped() {
        let nothing = Datapoints::concat(&[]).expect("no columns");
        let tables = [nothing.clone(), table(&[("a", 1.0)]), nothing, table(&[("a", 2.0)])];
        let joined = Datapoints::concat(&tables).expect("one table");
        assert_eq!(values(&joined, "a"), [1.0, 2.0]);
        let named = Datapoints::concat_named("from", ["w", "x", "y", "z"].into_iter().zip(tables)).expect("one table");
        let labels: Vec<_> = named.column("from").expect("labels").as_string_view().iter().flatten().collect();
        assert_eq!(labels, ["x", "z"]);
    }

    #[test]
    fn nullable_and_required_columns_are_concatenated() {
        let column: ArrayRef = Arc::new(Float64Array::from(vec![None]));
        let missing: Datapoints = RecordBatch::try_from_iter([("a", column)]).expect("a batch").into();
        let joined = Datapoints::concat(&[table(&[("a", 1.0)]), missing]).expect("one table");
        assert_eq!(joined.column("a").expect("a column").null_count(), 1);
    }

    proptest! {
        #[test]
        fn concat_keeps_every_value_or_fails(
            tables in proptest::collection::vec(proptest::collection::vec(("[ab]", any::<i8>()), 0..3), 0..4)
        ) {
            let tables: Vec<_> = tables
                .iter()
                .map(|columns| table(&columns.iter().map(|(name, value)| (name.as_str(), f64::from(*value))).collect::<Vec<_>>()))
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
