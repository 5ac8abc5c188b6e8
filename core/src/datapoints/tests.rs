//! Selection, order, extent and concatenation of datapoints.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampNanosecondArray};

use super::Datapoints;
use crate::error::ErrorKind;
use crate::schema::{IntoTemporalExtent as _, TemporalExtent};

fn datapoints(times: &[Option<i64>]) -> Datapoints {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..times.len() as i64));
    let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(times.to_vec()));
    RecordBatch::try_from_iter([("time", times), ("number", numbers)]).expect("a batch").into()
}

fn numbers(datapoints: &Datapoints) -> Vec<i64> {
    datapoints.column("number").expect("a column").as_primitive::<Int64Type>().values().to_vec()
}

#[test]
fn datapoints_are_sorted_by_time_with_a_stable_order() {
    let sorted = datapoints(&[Some(5), None, Some(3), Some(5), Some(-1)]).sort_by_time().expect("times");
    assert_eq!(numbers(&sorted), [4, 2, 0, 3, 1]);
    let in_order = datapoints(&[Some(1), Some(2), None]);
    assert_eq!(in_order.sort_by_time().expect("times"), in_order);
    let error = in_order.select(&["number"]).expect("a column").sort_by_time().expect_err("no times");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn selected_columns_keep_the_requested_order() {
    let selected = datapoints(&[Some(1)]).select(&["number", "time"]).expect("columns");
    let schema = selected.schema();
    assert_eq!(schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["number", "time"]);
    let error = selected.select(&["clouds"]).expect_err("no such column").to_string();
    assert!(error.contains("`clouds`") && error.contains("number, time"), "{error}");
    let error = selected.select(&["time", "number", "time"]).expect_err("a duplicate").to_string();
    assert!(error.contains("duplicate column `time`"), "{error}");
}

#[test]
fn sorted_datapoints_are_a_temporal_extent() {
    let extent = |times: &[Option<i64>]| (&datapoints(times)).into_temporal_extent();
    let interval = |times: &[Option<i64>]| match extent(times) {
        Ok(TemporalExtent::Time(interval)) => interval.to_string(),
        other => panic!("expects an interval, got {other:?}"),
    };
    let both = "[1970-01-01T00:00:01Z, 1970-01-01T00:00:02.500Z]";
    assert_eq!(interval(&[Some(1_000_000_000), Some(2_000_000_000), Some(2_500_000_000)]), both);
    assert_eq!(interval(&[Some(-1)]), "[1969-12-31T23:59:59.999999999Z, 1969-12-31T23:59:59.999999999Z]");
    for unsorted in [[Some(2), Some(1), Some(3)], [Some(3), None, Some(1)]] {
        let error = extent(&unsorted).expect_err("unsorted").to_string();
        assert!(error.contains("sort them first: `&datapoints.sort_by_time()?`"), "{error}");
        assert!((&datapoints(&unsorted).sort_by_time().expect("times")).into_temporal_extent().is_ok());
    }
    assert!(extent(&[]).is_err_and(|error| error.to_string().contains("no datapoint with a time")));
    assert!(extent(&[None]).is_err());
}

#[test]
fn concatenated_datapoints_name_their_table() {
    let tables = [("a name of more than twelve bytes", datapoints(&[Some(1), Some(2)])), ("b", datapoints(&[Some(3)]))];
    let joined = Datapoints::concat_named("table", tables.clone()).expect("one table");
    let schema = joined.schema();
    assert_eq!(
        schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(),
        ["table", "time", "number"]
    );
    let labels: Vec<_> = joined.column("table").expect("a column").as_string_view().iter().flatten().collect();
    assert_eq!(labels, ["a name of more than twelve bytes", "a name of more than twelve bytes", "b"]);
    assert_eq!(joined.select(&["time", "number"]).expect("columns").slice(0, 2), tables[0].1);

    let taken = Datapoints::concat_named("time", tables.clone()).expect_err("taken");
    assert_eq!(taken.kind(), ErrorKind::InvalidArgument);
    let other = ("c", tables[0].1.select(&["number"]).expect("a column"));
    let differ = Datapoints::concat_named("table", tables.into_iter().chain([other])).expect_err("other columns");
    assert_eq!(differ.kind(), ErrorKind::InvalidArgument);
    let none = Datapoints::concat_named::<&str>("table", []).expect("no tables");
    assert!(none.is_empty() && none.column("table").is_ok());
}

#[cfg(feature = "client")]
#[test]
fn load_metrics_affect_neither_equality_nor_derived_tables() {
    use crate::metrics::LoadMetrics;

    let metrics = LoadMetrics { requests: 3, ..LoadMetrics::default() };
    let plain = datapoints(&[Some(2), Some(3)]);
    let loaded = plain.clone().with_metrics(metrics);
    assert_eq!(loaded, plain);
    assert_eq!((loaded.clone().metrics(), plain.metrics()), (Some(&metrics), None));
    let joined = Datapoints::concat(std::slice::from_ref(&loaded)).expect("one table");
    for derived in
        [loaded.slice(0, 2), loaded.select(&["time"]).expect("a column"), loaded.sort_by_time().expect("times"), joined]
    {
        assert_eq!(derived.metrics(), None);
    }
}
