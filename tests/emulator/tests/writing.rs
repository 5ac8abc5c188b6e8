//! Creating, updating and deleting datasets, collections and datapoints, without a network.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use bytes::Bytes;
use prost::Message;
use prost_types::field_descriptor_proto::Type;
use prost_types::{FileDescriptorSet, Timestamp};
use support::{ask, datapoint, field, polygon};
use tilebox_core::protocol::wire::datasets::v1::*;
use tilebox_core::protocol::wire::tilebox::v1::{Id, TimeInterval};
use tilebox_emulator::{Emulator, ErrorCode, Refusal, Service};

fn service() -> Service {
    Emulator::builder().service().expect("a service")
}

fn create(service: &Service, code_name: &str, kind: DatasetKind, fields: Vec<Field>) -> Result<Dataset, Refusal> {
    let request = CreateDatasetRequest {
        name: "Mine".to_owned(),
        code_name: code_name.to_owned(),
        r#type: Some(DatasetType { kind: kind.into(), fields }),
        ..CreateDatasetRequest::default()
    };
    ask(service, "DatasetService/CreateDataset", &request)
}

fn notes() -> Vec<Field> {
    vec![
        field("note", Type::String, "", false, true),
        field("links", Type::Message, ".datasets.stac.v1.Links", false, false),
    ]
}

fn collection(service: &Service, dataset: &Dataset, name: &str) -> Option<Id> {
    let request = CreateCollectionRequest { dataset_id: dataset.id.clone(), name: name.to_owned() };
    let made: CollectionInfo = ask(service, "CollectionService/CreateCollection", &request).expect("a collection");
    made.collection.unwrap().id
}

fn ingest(service: &Service, collection: &Option<Id>, values: Vec<Bytes>) -> Result<IngestResponse, Refusal> {
    let request = IngestRequest { collection_id: collection.clone(), values, allow_existing: true };
    ask(service, "DataIngestionService/Ingest", &request)
}

fn query(service: &Service, dataset: &Dataset, filters: QueryFilters) -> Result<Vec<Bytes>, Refusal> {
    let end_time = Some(Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let interval = TimeInterval { start_time: Some(Timestamp::default()), end_time, ..TimeInterval::default() };
    let filters = QueryFilters { time_interval: Some(interval), ..filters };
    let request = QueryRequest { dataset_id: dataset.id.clone(), filters: Some(filters), ..QueryRequest::default() };
    let page: QueryResultPage = ask(service, "DataAccessService/Query", &request)?;
    Ok(page.data.unwrap().value)
}

fn code<T>(result: Result<T, Refusal>) -> ErrorCode {
    result.err().expect("a refusal").code
}

#[test]
fn a_created_dataset_has_the_type_of_the_server() {
    let service = service();
    let made = create(&service, "test_dataset", DatasetKind::Temporal, notes()).unwrap();
    assert_eq!((made.slug.as_str(), made.type_editable), ("local.test_dataset", true));
    assert_eq!(made.permissions, [1, 2, 3]);
    let group = made.group_id.clone().unwrap().uuid.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let r#type = made.r#type.clone().unwrap();
    assert_eq!(r#type.type_url, format!("datasets.v1.group_{group}.TestDataset"));
    let file = FileDescriptorSet::decode(r#type.descriptor_set).unwrap().file.remove(0);
    assert_eq!(file.name(), format!("datasets/v1/group_{group}/TestDataset.proto"));
    assert_eq!(file.dependency[3], "datasets/stac/v1/core.proto");
    let names: Vec<_> = file.message_type[0].field.iter().map(|field| (field.name(), field.number())).collect();
    assert_eq!(names, [("time", 1), ("id", 2), ("ingestion_time", 3), ("note", 4), ("links", 5)]);
    assert_eq!(r#type.field_annotations.len(), 5);
    assert!(r#type.field_annotations[3].queryable);

    for slug in ["test_dataset", "local.test_dataset"] {
        let request = GetDatasetRequest { slug: slug.to_owned(), id: None };
        assert_eq!(ask::<Dataset>(&service, "DatasetService/GetDataset", &request).unwrap(), made);
    }
    let list: ListDatasetsResponse = ask(&service, "DatasetService/ListDatasets", &ListDatasetsRequest {}).unwrap();
    assert_eq!(list.groups[0].id, made.group_id);
    assert_eq!(code(create(&service, "test_dataset", DatasetKind::Temporal, vec![])), ErrorCode::AlreadyExists);
    for invalid in ["", "Test", "a-b", "1a"] {
        assert_eq!(code(create(&service, invalid, DatasetKind::Temporal, vec![])), ErrorCode::InvalidArgument);
    }
    assert_eq!(code(create(&service, "b", DatasetKind::Unspecified, vec![])), ErrorCode::InvalidArgument);
}

#[test]
fn equal_ingested_datapoints_have_one_id() {
    let service = service();
    let dataset = create(&service, "a", DatasetKind::Temporal, notes()).unwrap();
    let id = collection(&service, &dataset, "c");
    // The order of fields varies; the server replaces the id.
    let sent = [datapoint(100, &[(2, &[1, 2, 3])]), datapoint(5, &[(4, b"x")])];
    let mut reordered = vec![0x22, 1, b'x'];
    reordered.extend_from_slice(&datapoint(5, &[]));
    let first = ingest(&service, &id, vec![sent[0].clone(), sent[1].clone(), reordered.into()]).unwrap();
    assert_eq!((first.num_created, first.num_existing), (2, 1));
    assert_eq!(first.datapoint_ids[1], first.datapoint_ids[2]);
    assert_eq!(first.datapoint_ids[1].uuid[..6], [0, 0, 0, 0, 0x13, 0x88]);

    let again = ingest(&service, &id, sent.to_vec()).unwrap();
    assert_eq!((again.num_created, again.num_existing), (0, 2));
    assert_eq!(again.datapoint_ids, first.datapoint_ids[..2]);
    let strictly = IngestRequest {
        collection_id: id.clone(),
        values: vec![datapoint(7, &[]), sent[0].clone()],
        allow_existing: false,
    };
    let refused = ask::<IngestResponse>(&service, "DataIngestionService/Ingest", &strictly).unwrap_err();
    assert!(refused.message.contains("found existing datapoints"), "{refused}");

    let found = query(&service, &dataset, QueryFilters::default()).unwrap();
    assert_eq!(found.len(), 2, "a refused request stores nothing");
    let earliest = TemporalDatapoint::decode(found[0].clone()).unwrap();
    assert_eq!(earliest.time.unwrap().seconds, 5);
    assert_eq!(earliest.ingestion_time, Some(Timestamp { seconds: 1_767_225_600, nanos: 123_456_789 }));
    assert!(found[0].ends_with(&[0x22, 1, b'x']));
}

#[test]
fn an_invalid_datapoint_refuses_the_whole_request() {
    let service = service();
    let dataset =
        create(&service, "a", DatasetKind::Spatiotemporal, vec![field("note", Type::String, "", false, true)]).unwrap();
    let id = collection(&service, &dataset, "c");
    let square = polygon(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]);
    let valid = datapoint(5, &[(4, &square)]);
    for (invalid, reason) in [
        (datapoint(5, &[]), "geometry"),
        (datapoint(5, &[(4, &[0x0a, 1, 9])]), "geometry"),
        (datapoint(-5, &[(4, &square)]), "1970"),
        (datapoint(5, &[(4, &square), (5, &[0xff])]), "note"),
        (datapoint(5, &[(4, &square), (5, "ä".repeat(1025).as_bytes())]), "1024"),
        (Bytes::from_static(&[0xff]), "protobuf"),
        (Bytes::new(), "empty"),
    ] {
        let refused = ingest(&service, &id, vec![valid.clone(), invalid]).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArgument);
        assert!(refused.message.starts_with("values[1]: ") && refused.message.contains(reason), "{refused}");
    }
    assert_eq!(code(ingest(&service, &id, vec![valid.clone(); 8193])), ErrorCode::InvalidArgument);
    assert_eq!(code(ingest(&service, &dataset.id, vec![valid])), ErrorCode::NotFound);
    assert!(query(&service, &dataset, QueryFilters::default()).unwrap().is_empty());
}

#[test]
fn the_winding_of_ingested_rings_is_corrected() {
    let service = service();
    let dataset = create(&service, "a", DatasetKind::Spatiotemporal, vec![]).unwrap();
    let id = collection(&service, &dataset, "c");
    let (correct, reversed) = (
        polygon(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]),
        polygon(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]),
    );
    let made = ingest(&service, &id, vec![datapoint(5, &[(4, &correct)]), datapoint(5, &[(4, &reversed)])]).unwrap();
    assert_eq!(made.num_created, 1);

    let count = |ring: &[[f64; 2]], mode: SpatialFilterMode, system: SpatialCoordinateSystem| {
        let geometry = Some(Geometry::decode(&polygon(ring)[..]).unwrap());
        let filter = SpatialFilter { geometry, mode: mode.into(), coordinate_system: system.into() };
        query(&service, &dataset, QueryFilters { spatial_extent: Some(filter), ..QueryFilters::default() })
            .unwrap()
            .len()
    };
    let around = [[-1.0, -1.0], [2.0, -1.0], [2.0, 2.0], [-1.0, 2.0], [-1.0, -1.0]];
    let part = [[0.5, 0.1], [0.6, 0.1], [0.6, 0.2], [0.5, 0.1]];
    let world = [[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0], [-180.0, -90.0]];
    use SpatialCoordinateSystem::{Cartesian, Spherical, Unspecified};
    use SpatialFilterMode::{FilterContainsGeometry, GeometryContainsFilter, Intersects};
    for system in [Unspecified, Cartesian, Spherical] {
        assert_eq!(count(&around, Intersects, system), 1);
        assert_eq!(count(&around, FilterContainsGeometry, system), 1);
        assert_eq!(count(&around, GeometryContainsFilter, system), 0);
        assert_eq!(count(&part, SpatialFilterMode::Unspecified, system), 1);
        assert_eq!(count(&part, GeometryContainsFilter, system), 1);
        assert_eq!(count(&part, FilterContainsGeometry, system), 0);
        assert_eq!(count(&world, FilterContainsGeometry, system), 1);
    }
    let temporal = create(&service, "b", DatasetKind::Temporal, vec![]).unwrap();
    let filter = SpatialFilter { geometry: Some(Geometry::decode(&correct[..]).unwrap()), ..SpatialFilter::default() };
    let refused = query(&service, &temporal, QueryFilters { spatial_extent: Some(filter), ..QueryFilters::default() });
    assert_eq!(code(refused), ErrorCode::InvalidArgument);
}

#[test]
fn a_type_with_datapoints_only_gains_fields() {
    let service = service();
    let dataset = create(&service, "a", DatasetKind::Temporal, notes()).unwrap();
    let id = collection(&service, &dataset, "c");
    let update = |name: Option<&str>, code_name: Option<&str>, fields: Option<Vec<Field>>| {
        let request = UpdateDatasetRequest {
            id: dataset.id.clone(),
            name: name.map(str::to_owned),
            code_name: code_name.map(str::to_owned),
            r#type: fields.map(|fields| DatasetType { kind: DatasetKind::Temporal.into(), fields }),
            ..UpdateDatasetRequest::default()
        };
        ask::<Dataset>(&service, "DatasetService/UpdateDataset", &request)
    };
    let number = || field("number", Type::Int64, "", false, false);
    let renamed = update(Some("Other"), Some("b_c"), Some(vec![number()])).unwrap();
    assert_eq!((renamed.name.as_str(), renamed.slug.as_str()), ("Other", "local.b_c"));
    assert!(renamed.r#type.unwrap().type_url.ends_with(".BC"));
    assert_eq!(renamed.id, dataset.id);
    assert_eq!(update(None, Some("a"), Some(notes())).unwrap().name, "Other");

    ingest(&service, &id, vec![datapoint(5, &[(4, b"x")])]).unwrap();
    let mut grown = notes();
    grown.push(number());
    let longer = update(None, Some("a"), Some(grown)).unwrap();
    assert!(!longer.type_editable);
    assert_eq!(longer.r#type.unwrap().field_annotations.len(), 6);
    assert_eq!(code(update(None, None, Some(notes()))), ErrorCode::InvalidArgument);
    assert_eq!(code(update(None, Some("d"), None)), ErrorCode::InvalidArgument);
    assert_eq!(query(&service, &dataset, QueryFilters::default()).unwrap().len(), 1);

    let kind = DatasetType { kind: DatasetKind::Spatiotemporal.into(), fields: vec![] };
    let request =
        UpdateDatasetRequest { id: dataset.id.clone(), r#type: Some(kind), ..UpdateDatasetRequest::default() };
    assert_eq!(code(ask::<Dataset>(&service, "DatasetService/UpdateDataset", &request)), ErrorCode::InvalidArgument);
}

#[test]
fn deleting_is_all_or_nothing() {
    let service = service();
    let dataset = create(&service, "a", DatasetKind::Temporal, vec![]).unwrap();
    let id = collection(&service, &dataset, "c");
    let made = ingest(&service, &id, vec![datapoint(5, &[]), datapoint(6, &[]), datapoint(7, &[])]).unwrap();
    let delete = |ids: Vec<Id>| {
        let request = DeleteRequest { collection_id: id.clone(), datapoint_ids: ids };
        ask::<DeleteResponse>(&service, "DataIngestionService/Delete", &request)
    };
    let [a, b, c] = &made.datapoint_ids[..] else { panic!("three ids") };
    let unknown = Id { uuid: Bytes::from_static(&[7; 16]) };
    assert_eq!(code(delete(vec![a.clone(), unknown])), ErrorCode::NotFound);
    assert_eq!(query(&service, &dataset, QueryFilters::default()).unwrap().len(), 3);
    assert_eq!(delete(vec![a.clone(), b.clone(), a.clone()]).unwrap().num_deleted, 2);
    assert_eq!(code(delete(vec![a.clone()])), ErrorCode::NotFound);

    let remove = DeleteDatasetRequest { id: dataset.id.clone() };
    let gone: DeleteDatasetResponse = ask(&service, "DatasetService/DeleteDataset", &remove).unwrap();
    assert!(gone.trashed, "the dataset was not empty");
    assert_eq!(
        code(ask::<DeleteDatasetResponse>(&service, "DatasetService/DeleteDataset", &remove)),
        ErrorCode::NotFound
    );
    assert_eq!(code(delete(vec![c.clone()])), ErrorCode::NotFound);
    let again = create(&service, "a", DatasetKind::Temporal, vec![]).unwrap();
    let empty: DeleteDatasetResponse =
        ask(&service, "DatasetService/DeleteDataset", &DeleteDatasetRequest { id: again.id }).unwrap();
    assert!(!empty.trashed);
}

#[test]
fn public_paths_show_public_datasets_only() {
    let service = Emulator::builder().catalogue(tilebox_emulator::Catalogue::new(10)).service().unwrap();
    let mine = create(&service, "a", DatasetKind::Temporal, vec![]).unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH;
    let get = |slug: &str| {
        let message = GetDatasetRequest { slug: slug.to_owned(), id: None }.encode_to_vec();
        service.call("/public/datasets.v1.DatasetService/GetDataset", message.into(), now)
    };
    assert!(get("open_data.copernicus.sentinel2_msi").is_ok());
    assert_eq!(code(get(&mine.slug)), ErrorCode::NotFound);
    let ingest = service.call("/public/datasets.v1.DataIngestionService/Ingest", Bytes::new(), now);
    assert_eq!(code(ingest), ErrorCode::Unimplemented);
}

#[test]
fn equal_values_in_another_encoding_are_one_datapoint() {
    let service = service();
    let fields = vec![
        field("length", Type::Message, ".google.protobuf.Duration", false, false),
        field("software", Type::Message, ".datasets.stac.v1.ProcessingSoftware", false, false),
        field("positions", Type::Message, ".datasets.v1.LatLon", true, false),
    ];
    let dataset = create(&service, "forms", DatasetKind::Temporal, fields).unwrap();
    let collection = collection(&service, &dataset, "c");
    let entry = |key: &str| [&[0x0a, 6, 0x0a, 1][..], key.as_bytes(), &[0x12, 1, b'1']].concat();
    let (a, b) = (entry("a"), entry("b"));
    let (sorted, reversed) = ([a.clone(), b.clone()].concat(), [b, a].concat());
    let latitude = [&[0x09][..], &1.5_f64.to_le_bytes()].concat();
    let with_zero = [&[0x11][..], &0.0_f64.to_le_bytes(), &latitude].concat();
    let sent = datapoint(5, &[(4, &[8, 7, 16, 5]), (5, &sorted), (6, &latitude)]);
    let forms = [
        datapoint(5, &[(4, &[16, 5, 8, 7]), (5, &sorted), (6, &latitude)]),
        datapoint(5, &[(4, &[8, 9, 16, 5, 8, 7]), (5, &reversed), (6, &with_zero)]),
        datapoint(5, &[(6, &with_zero), (5, &reversed), (4, &[8, 7]), (4, &[16, 5])]),
    ];
    let first = ingest(&service, &collection, vec![sent]).unwrap();
    for form in forms {
        let again = ingest(&service, &collection, vec![form]).unwrap();
        assert_eq!((again.num_created, again.num_existing, &again.datapoint_ids), (0, 1, &first.datapoint_ids));
    }
    let other = ingest(&service, &collection, vec![datapoint(5, &[(4, &[8, 7, 16, 6])])]).unwrap();
    assert_eq!(other.num_created, 1, "another value is another datapoint");
}
