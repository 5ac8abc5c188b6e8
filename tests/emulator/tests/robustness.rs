//! Random requests, none of which makes the service panic.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::SystemTime;

use bytes::Bytes;
use proptest::prelude::*;
use prost::Message;
use prost_types::Timestamp;
use prost_types::field_descriptor_proto::Type;
use support::{ask, datapoint, field};
use tilebox_core::protocol::wire::datasets::v1::*;
use tilebox_core::protocol::wire::tilebox::v1::{Id, TimeInterval};
use tilebox_emulator::{Catalogue, Emulator, ErrorCode, Service};

const METHODS: [&str; 13] = [
    "DatasetService/CreateDataset",
    "DatasetService/GetDataset",
    "DatasetService/UpdateDataset",
    "DatasetService/DeleteDataset",
    "DatasetService/ListDatasets",
    "CollectionService/CreateCollection",
    "CollectionService/GetCollectionByName",
    "CollectionService/DeleteCollection",
    "CollectionService/ListCollections",
    "DataAccessService/Query",
    "DataAccessService/QueryByID",
    "DataIngestionService/Ingest",
    "DataIngestionService/Delete",
];

/// Returns a service with a spatiotemporal dataset and a collection.
fn service() -> (Service, Option<Id>, Option<Id>) {
    let service = Emulator::builder().catalogue(Catalogue::new(20)).writable(true).service().expect("a service");
    let fields = vec![field("note", Type::String, "", false, true), field("ratios", Type::Double, "", true, false)];
    let request = CreateDatasetRequest {
        name: "Mine".to_owned(),
        code_name: "mine".to_owned(),
        r#type: Some(DatasetType { kind: DatasetKind::Spatiotemporal.into(), fields }),
        ..CreateDatasetRequest::default()
    };
    let dataset: Dataset = ask(&service, "DatasetService/CreateDataset", &request).expect("a dataset");
    let request = CreateCollectionRequest { dataset_id: dataset.id.clone(), name: "c".to_owned() };
    let made: CollectionInfo = ask(&service, "CollectionService/CreateCollection", &request).expect("a collection");
    (service, dataset.id, made.collection.expect("a collection").id)
}

fn polygon(rings: &[Vec<[f64; 2]>]) -> Vec<u8> {
    let mut wkb = vec![1];
    wkb.extend(3_u32.to_le_bytes());
    wkb.extend(u32::try_from(rings.len()).unwrap().to_le_bytes());
    for ring in rings {
        wkb.extend(u32::try_from(ring.len()).unwrap().to_le_bytes());
        ring.iter().flatten().for_each(|coordinate| wkb.extend(coordinate.to_le_bytes()));
    }
    wkb
}

/// Rings with special positions, many of them shared.
fn rings() -> impl Strategy<Value = Vec<Vec<[f64; 2]>>> {
    let special =
        prop::sample::select(vec![0.0, -0.0, 1.0, 2.0, 45.0, 90.0, -90.0, 180.0, -180.0, 360.0, 1e-300, 1e30]);
    let coordinate = prop_oneof![4 => special, 2 => -200.0..200.0_f64, 1 => (-3..3_i32).prop_map(f64::from)];
    let position = prop::array::uniform2(coordinate);
    prop::collection::vec(prop::collection::vec(position, 0..7), 0..3)
}

fn spatial_query(dataset: &Option<Id>, wkb: Vec<u8>, mode: i32, system: i32) -> QueryRequest {
    let end_time = Some(Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let interval = TimeInterval { start_time: Some(Timestamp::default()), end_time, ..TimeInterval::default() };
    let geometry = Some(Geometry { wkb: wkb.into() });
    let filters = QueryFilters {
        time_interval: Some(interval),
        spatial_extent: Some(SpatialFilter { geometry, mode, coordinate_system: system }),
        ..QueryFilters::default()
    };
    QueryRequest { dataset_id: dataset.clone(), filters: Some(filters), ..QueryRequest::default() }
}

proptest! {
    #[test]
    fn requests_of_any_bytes_get_a_response_or_a_refusal(
        method in 0..METHODS.len(),
        message in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let service = Emulator::builder().service().expect("a service");
        let path = format!("/datasets.v1.{}", METHODS[method]);
        if let Err(refusal) = service.call(&path, message.into(), SystemTime::UNIX_EPOCH) {
            prop_assert!(refusal.code != ErrorCode::Internal, "{}", refusal);
        }
    }

    #[test]
    fn datapoints_of_any_bytes_are_stored_or_refused(value in prop::collection::vec(any::<u8>(), 1..100)) {
        let (service, dataset_id, collection_id) = service();
        let request = IngestRequest { collection_id, values: vec![value.into()], allow_existing: true };
        let stored = ask::<IngestResponse>(&service, "DataIngestionService/Ingest", &request);
        let query = spatial_query(&dataset_id, polygon(&[vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]), 0, 0);
        let found = ask::<QueryResultPage>(&service, "DataAccessService/Query", &query);
        prop_assert!(found.is_ok());
        prop_assert!(stored.is_ok_and(|stored| stored.num_created == 1) || found.is_ok_and(|page| page.data.unwrap().value.is_empty()));
    }

    #[test]
    fn geometries_of_any_shape_are_compared_or_refused(
        stored in rings(),
        asked in rings(),
        mode in 0..4_i32,
        system in 0..3_i32,
    ) {
        let (service, dataset_id, collection_id) = service();
        let geometry = Geometry { wkb: polygon(&stored).into() }.encode_to_vec();
        let values: Vec<Bytes> = vec![datapoint(5, &[(4, &geometry)])];
        let request = IngestRequest { collection_id, values, allow_existing: true };
        let _ = ask::<IngestResponse>(&service, "DataIngestionService/Ingest", &request);
        let query = spatial_query(&dataset_id, polygon(&asked), mode, system);
        if let Err(refusal) = ask::<QueryResultPage>(&service, "DataAccessService/Query", &query) {
            prop_assert!(refusal.code == ErrorCode::InvalidArgument, "{}", refusal);
        }
    }
}
