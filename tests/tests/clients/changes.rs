//! A dataset that another client changes while a handle exists.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use futures::stream::StreamExt as _;
use tilebox_core::{
    Client, Collection, Datapoints, DatasetChanges, DatasetDefinition, ErrorKind, FieldDefinition, field,
};
use tilebox_emulator::{Fault, Rpc};

use super::Setting;

const EVERYTHING: (&str, &str) = ("2000-01-01", "2100-01-01");

/// Creates a collection of a new dataset with these fields.
async fn collection(setting: &Setting, fields: impl IntoIterator<Item = FieldDefinition>) -> Collection {
    let definition = DatasetDefinition::temporal("changing").fields(fields);
    let dataset = setting.client.create_dataset(&definition).await.expect("a dataset");
    dataset.create_collection("A").await.expect("a collection")
}

/// Changes the fields with another client, and ingests one datapoint.
async fn change(
    setting: &Setting,
    fields: impl IntoIterator<Item = FieldDefinition>,
    columns: Vec<(&str, ArrayRef)>,
) -> Client {
    let other = setting.builder().build().expect("another client");
    let dataset = other.dataset("changing").await.expect("a dataset");
    let dataset = other.update_dataset(&dataset, &DatasetChanges::new().fields(fields)).await.expect("changed");
    let collection = dataset.collection("A").await.expect("a collection");
    assert_eq!(collection.ingest(row("2025-01-02", columns)).await.expect("ingested").created, 1);
    other
}

/// Returns one datapoint.
fn row(time: &str, mut columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    columns.push(("time", Arc::new(StringArray::from(vec![time]))));
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn integers(datapoints: &Datapoints, name: &str) -> Vec<Option<i64>> {
    datapoints.column(name).expect("a column").as_primitive::<Int64Type>().iter().collect()
}

pub(crate) async fn the_next_query_returns_added_fields(setting: Setting) {
    let kept = collection(&setting, [FieldDefinition::float64("value")]).await;
    let value: ArrayRef = Arc::new(Float64Array::from(vec![1.5]));
    kept.ingest(row("2025-01-01", vec![("value", Arc::clone(&value))])).await.expect("ingested");
    assert!(kept.query(EVERYTHING).await.expect("a load").column("count").is_err());

    let count = |count| Arc::new(Int64Array::from(vec![count])) as ArrayRef;
    let fields = || [FieldDefinition::float64("value"), FieldDefinition::int64("count")];
    change(&setting, fields(), vec![("value", Arc::clone(&value)), ("count", count(7))]).await;
    let loaded = kept.query(EVERYTHING).await.expect("a load");
    assert_eq!(integers(&loaded, "count"), [None, Some(7)]);
    assert_eq!(loaded.column("value").expect("a column").as_primitive::<Float64Type>().values(), &[1.5, 1.5]);
    let page = kept.query(EVERYTHING).columns(["count"]).page_size(1).pages().next().await.expect("a page");
    assert_eq!(page.expect("a page").schema().fields().len(), 1);
    let id = loaded.ids().last().expect("an id");
    assert_eq!(integers(&kept.find(id).await.expect("the datapoint"), "count"), [Some(7)]);

    // The handle shows the old definition; its ingestions use the one that its query read.
    assert!(kept.dataset().schema().expect("a schema").field("count").is_none());
    let refreshed = kept.dataset().refresh().await.expect("the dataset");
    assert!(refreshed.schema().expect("a schema").field("count").is_some());
    kept.ingest(row("2025-01-03", vec![("count", count(8))])).await.expect("ingested");
    assert_eq!(integers(&kept.query(EVERYTHING).await.expect("a load"), "count"), [None, Some(7), Some(8)]);
}

pub(crate) async fn swapped_fields_are_not_confused(setting: Setting) {
    let kept =
        collection(&setting, [FieldDefinition::int64("first"), FieldDefinition::int64("second").queryable()]).await;
    let values = [("second", 2), ("first", 1)];
    let columns = values.map(|(name, value)| (name, Arc::new(Int64Array::from(vec![value])) as ArrayRef)).to_vec();
    // The change swaps their field numbers, which an empty dataset allows.
    change(&setting, [FieldDefinition::int64("second"), FieldDefinition::int64("first").queryable()], columns).await;
    let loaded = kept.query(EVERYTHING).await.expect("a load");
    assert_eq!((integers(&loaded, "first"), integers(&loaded, "second")), (vec![Some(1)], vec![Some(2)]));
    assert_eq!(kept.query(EVERYTHING).filter(field("first").eq(1)).await.expect("a load"), loaded);
    let refused = kept.query(EVERYTHING).filter(field("second").eq(2)).await.expect_err("no longer queryable");
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
}

pub(crate) async fn the_current_definition_decides_unknown_fields(setting: Setting) {
    let kept = collection(&setting, [FieldDefinition::int64("count")]).await;
    let asked = || setting.emulator.requests().of(Rpc::GetDataset);
    let before = asked();
    let error = kept.query(EVERYTHING).columns(["counts"]).await.expect_err("no such field");
    assert_eq!((error.kind(), asked()), (ErrorKind::InvalidArgument, before + 1));
    assert!(
        error.to_string().contains("there is no field `counts`; did you mean `count`? the fields are time, id"),
        "{error}"
    );
    setting.emulator.inject(Fault::http(503).on(Rpc::GetDataset).times(5));
    let again = kept.query(EVERYTHING).columns(["counts"]).await.expect_err("no such field in the known schema");
    assert_eq!(again.to_string(), error.to_string());
    assert_eq!(setting.emulator.requests().of(Rpc::Query), 0);

    setting.emulator.inject(Fault::http(503).on(Rpc::GetDataset).times(5));
    let error = kept.query(EVERYTHING).await.expect_err("no definition to read the page");
    assert!(error.to_string().starts_with("cannot read the definition of the dataset `"), "{error}");
}
