//! Datasets, collections and single datapoints.

use tilebox_core::Timestamp;

use super::{COLLECTION, DATAPOINTS, DATASET, Setting};

pub(crate) async fn datasets_are_listed_as_a_tree(setting: Setting) {
    let datasets = setting.client.datasets().await.expect("a listing");
    let found = datasets.root.dataset(DATASET).expect("the dataset at its path");
    assert_eq!(found.slug(), DATASET);
    let printed = datasets.to_string();
    assert!(printed.starts_with("open_data\n    copernicus\n        sentinel2_msi"), "{printed}");
}

pub(crate) async fn a_dataset_is_found_by_slug_and_by_id(setting: Setting) {
    let by_slug = setting.client.dataset(DATASET).await.expect("a dataset");
    let by_id = setting.client.dataset_by_id(by_slug.id()).await.expect("a dataset");
    assert_eq!((by_slug.id(), by_slug.name()), (by_id.id(), by_id.name()));
    let fields = by_slug.schema().expect("a schema").fields().iter().map(|field| field.name());
    assert_eq!(fields.take(4).collect::<Vec<_>>(), ["time", "id", "ingestion_time", "geometry"]);
}

pub(crate) async fn collections_are_listed_with_their_contents(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collections = dataset.collections().await.expect("a listing");
    let total: u64 = collections.iter().filter_map(|collection| collection.info().count).sum();
    assert_eq!(total, DATAPOINTS as u64);
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    let listed = collections.iter().find(|listed| listed.name() == COLLECTION).expect("the collection is listed");
    assert_eq!(collection.refresh().await.expect("its information").info(), listed.info());
    let available = listed.info().availability.expect("an availability");
    assert!(available.is_end_inclusive() && available.start() > Timestamp::UNIX_EPOCH);
}

pub(crate) async fn a_datapoint_is_found_by_its_id(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    let available = collection.info().availability.expect("an availability");
    let first = collection.query(available).limit(1).await.expect("a datapoint");
    let id = first.ids().next().expect("an id");
    assert_eq!(collection.find(id).await.expect("the datapoint"), first);
    assert_eq!(collection.find(id.to_string().as_str()).await.expect("the datapoint"), first);
    let bare = collection.find(id).skip_data().await.expect("the datapoint");
    assert_eq!((bare.len(), bare.batch().num_columns()), (1, 3));
}
