//! The emulator behind a Connect client over HTTP/1.1.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message as _;
use prost_types::{FileDescriptorSet, Timestamp};
use support::{call, fail, post};
use tilebox_core::protocol::wire::datasets::v1::*;
use tilebox_core::protocol::wire::tilebox::v1::{Id, IdInterval, Pagination, TimeInterval};
use tilebox_emulator::{Catalogue, Emulator, ErrorCode, Fault, Permissions, Rpc, StartError};

const SLUG: &str = "open_data.copernicus.sentinel2_msi";
const QUERY: &str = "DataAccessService/Query";

fn emulator(datapoints: usize) -> Emulator {
    Emulator::builder().catalogue(Catalogue::new(datapoints)).start().expect("an emulator")
}

fn dataset(emulator: &Emulator) -> Dataset {
    call(emulator, "DatasetService/GetDataset", &GetDatasetRequest { slug: SLUG.to_owned(), id: None })
}

fn collections(emulator: &Emulator) -> Vec<CollectionInfo> {
    let request =
        ListCollectionsRequest { dataset_id: dataset(emulator).id, with_availability: true, with_count: true };
    call::<ListCollectionsResponse>(emulator, "CollectionService/ListCollections", &request).data
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

fn between(start_time: Option<Timestamp>, end_time: Option<Timestamp>, end_inclusive: bool) -> QueryFilters {
    let interval = TimeInterval { start_time, end_time, start_exclusive: false, end_inclusive };
    QueryFilters { time_interval: Some(interval), ..QueryFilters::default() }
}

fn always() -> QueryFilters {
    between(at(0), at(4_000_000_000), false)
}

fn query(dataset: &Dataset, filters: QueryFilters) -> QueryRequest {
    QueryRequest { dataset_id: dataset.id.clone(), filters: Some(filters), ..QueryRequest::default() }
}

/// Loads all pages of a query.
fn query_all(emulator: &Emulator, mut request: QueryRequest) -> Vec<SpatioTemporalDatapoint> {
    let mut found = Vec::new();
    loop {
        let page: QueryResultPage = call(emulator, QUERY, &request);
        let data = page.data.expect("data");
        assert!(data.type_url.ends_with(".Sentinel2Msi"), "{}", data.type_url);
        found.extend(data.value.into_iter().map(|value| SpatioTemporalDatapoint::decode(value).expect("a datapoint")));
        let Some(next_page) = page.next_page else { return found };
        assert_eq!(next_page.limit, request.page.as_ref().and_then(|page| page.limit), "the limit is echoed");
        request.page = Some(next_page);
    }
}

fn id(datapoint: &SpatioTemporalDatapoint) -> Bytes {
    datapoint.id.as_ref().expect("an id").uuid.clone()
}

fn limit(limit: i64) -> Option<Pagination> {
    Some(Pagination { limit: Some(limit), starting_after: None })
}

#[test]
fn a_dataset_is_found_by_slug_id_and_listing() {
    let emulator = emulator(10);
    let by_slug = dataset(&emulator);
    assert_eq!(by_slug.slug, SLUG);
    let request = GetDatasetRequest { slug: String::new(), id: by_slug.id.clone() };
    assert_eq!(call::<Dataset>(&emulator, "DatasetService/GetDataset", &request), by_slug);

    let list: ListDatasetsResponse = call(&emulator, "DatasetService/ListDatasets", &ListDatasetsRequest {});
    assert_eq!(list.datasets.len(), 1);
    assert_eq!(list.datasets[0].collections.len(), 6);
    let names: Vec<_> = list.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Open Data", "Copernicus"]);
    assert_eq!(list.groups[0].parent_id, None);
    assert_eq!(list.groups[1].parent_id, list.groups[0].id);
    assert_eq!(list.datasets[0].group_id, list.groups[1].id);

    let r#type = by_slug.r#type.expect("a type");
    let file = FileDescriptorSet::decode(r#type.descriptor_set).expect("a descriptor set").file.remove(0);
    assert_eq!(r#type.type_url, format!("{}.Sentinel2Msi", file.package()));
    assert_eq!(file.message_type[0].field.len(), 24);
    assert_eq!(r#type.field_annotations.len(), 24);
}

#[test]
fn collections_have_availability_and_count_on_request() {
    let emulator = emulator(1_000);
    let all = collections(&emulator);
    assert_eq!(all.iter().map(|info| info.count.expect("a count")).sum::<u64>(), 1_000);
    for info in &all {
        let availability = info.availability.expect("an availability");
        assert!(availability.end_inclusive && !availability.start_exclusive);
        assert!(availability.start_time.unwrap().seconds <= availability.end_time.unwrap().seconds);
    }
    let request = GetCollectionByNameRequest {
        collection_name: "S2A_S2MSI1C".to_owned(),
        dataset_id: dataset(&emulator).id,
        ..GetCollectionByNameRequest::default()
    };
    let bare: CollectionInfo = call(&emulator, "CollectionService/GetCollectionByName", &request);
    assert_eq!(bare.collection, all[0].collection);
    assert_eq!((bare.availability, bare.count), (None, None));
}

#[test]
fn pages_have_every_datapoint_once_ordered_by_id() {
    let emulator = Emulator::builder().catalogue(Catalogue::new(2_000)).page_size(300).start().unwrap();
    let dataset = dataset(&emulator);
    let whole = query_all(&emulator, query(&dataset, always()));
    assert_eq!(whole.len(), 2_000);
    assert!(whole.is_sorted_by_key(id));
    assert_eq!(emulator.requests().of(Rpc::Query), 7, "6 pages of 300, one of 200");

    let in_other_pages = query_all(&emulator, QueryRequest { page: limit(700), ..query(&dataset, always()) });
    assert_eq!(in_other_pages, whole);

    let by_collection: Vec<_> = collections(&emulator)
        .into_iter()
        .flat_map(|info| {
            let collection_ids = vec![info.collection.unwrap().id.unwrap()];
            let part = query_all(&emulator, QueryRequest { collection_ids, ..query(&dataset, always()) });
            assert_eq!(part.len() as u64, info.count.unwrap());
            part
        })
        .collect();
    assert_eq!(by_collection.len(), whole.len());
}

#[test]
fn an_exactly_full_page_has_no_next_page() {
    let emulator = emulator(100);
    let request = QueryRequest { page: limit(100), ..query(&dataset(&emulator), always()) };
    let page: QueryResultPage = call(&emulator, QUERY, &request);
    assert_eq!(page.data.unwrap().value.len(), 100);
    assert_eq!(page.next_page, None);
}

#[test]
fn an_empty_page_has_the_type() {
    let emulator = emulator(10);
    let dataset = dataset(&emulator);
    for filters in [between(at(0), at(1), true), between(at(9), at(5), true)] {
        let page: QueryResultPage = call(&emulator, QUERY, &query(&dataset, filters));
        assert_eq!(
            page.data.unwrap(),
            RepeatedAny { type_url: dataset.r#type.clone().unwrap().type_url, value: vec![] }
        );
        assert_eq!(page.next_page, None);
    }
}

#[test]
fn time_intervals_have_millisecond_precision() {
    let emulator = emulator(3_000);
    let dataset = dataset(&emulator);
    let all = query_all(&emulator, query(&dataset, always()));
    let time = |datapoint: &SpatioTemporalDatapoint| datapoint.time.unwrap();
    let (first, last) = (time(&all[0]), time(&all[2_999]));
    let expected = |end_inclusive| {
        let inside = |time: &Timestamp| if end_inclusive { true } else { *time != last };
        all.iter().map(time).filter(inside).count()
    };
    for end_inclusive in [false, true] {
        let found = query_all(&emulator, query(&dataset, between(Some(first), Some(last), end_inclusive)));
        assert_eq!(found.len(), expected(end_inclusive));
    }
    let later = |time: Timestamp| Some(Timestamp { nanos: time.nanos + 999_999, ..time });
    let instant = query_all(&emulator, query(&dataset, between(later(first), later(first), true)));
    assert_eq!(instant.len(), all.iter().filter(|datapoint| time(datapoint) == first).count());

    let mut filters = between(Some(first), Some(last), true);
    filters.time_interval.as_mut().unwrap().start_exclusive = true;
    let without_first = query_all(&emulator, query(&dataset, filters));
    assert_eq!(without_first.len(), all.len() - instant.len());
}

#[test]
fn id_intervals_include_or_exclude_their_ends() {
    let emulator = emulator(50);
    let dataset = dataset(&emulator);
    let all = query_all(&emulator, query(&dataset, always()));
    for (start_exclusive, end_inclusive, expected) in [
        (false, false, &all[10..20]),
        (true, false, &all[11..20]),
        (false, true, &all[10..21]),
        (true, true, &all[11..21]),
    ] {
        let (start_id, end_id) = (all[10].id.clone(), all[20].id.clone());
        let interval = IdInterval { start_id, end_id, start_exclusive, end_inclusive };
        let filters = QueryFilters { datapoint_interval: Some(interval), ..QueryFilters::default() };
        assert_eq!(query_all(&emulator, query(&dataset, filters)), expected);
    }
}

#[test]
fn a_query_without_data_returns_truncated_times_and_ids() {
    let emulator = emulator(200);
    let dataset = dataset(&emulator);
    let full = query_all(&emulator, query(&dataset, always()));
    let bare = query_all(&emulator, QueryRequest { skip_data: true, ..query(&dataset, always()) });
    assert_eq!(bare.len(), full.len());
    for (bare, full) in bare.into_iter().zip(full) {
        let mut expected = SpatioTemporalDatapoint { geometry: None, ..full };
        expected.ingestion_time.as_mut().unwrap().nanos -= expected.ingestion_time.unwrap().nanos % 1_000_000;
        assert_eq!(bare, expected);
    }
}

#[test]
fn a_datapoint_is_found_by_id() {
    let emulator = emulator(20);
    let dataset = dataset(&emulator);
    let page: QueryResultPage = call(&emulator, QUERY, &query(&dataset, always()));
    let all = query_all(&emulator, query(&dataset, always()));
    let request = QueryByIdRequest { dataset_id: dataset.id.clone(), id: all[7].id.clone(), ..Default::default() };
    let found: Any = call(&emulator, "DataAccessService/QueryByID", &request);
    assert_eq!(found.value, page.data.unwrap().value[7]);

    let unknown = QueryByIdRequest { id: Some(Id { uuid: Bytes::from_static(&[9; 16]) }), ..request };
    let (status, json) = fail(&emulator, "DataAccessService/QueryByID", &unknown);
    assert_eq!((status, json.contains("not_found")), (404, true), "{json}");
}

#[test]
fn invalid_requests_are_refused_with_their_status() {
    let emulator = emulator(10);
    let dataset = dataset(&emulator);
    let get = |slug: &str| GetDatasetRequest { slug: slug.to_owned(), id: None };
    let (status, json) = fail(&emulator, "DatasetService/GetDataset", &get("no.such"));
    assert_eq!((status, json.as_str()), (404, r#"{"code":"not_found","message":"no such dataset"}"#));
    assert_eq!(fail(&emulator, "DatasetService/GetDataset", &get("a-b")).0, 400);
    assert_eq!(fail(&emulator, "DatasetService/GetDataset", &get("")).0, 400);

    let nil = Id { uuid: Bytes::from_static(&[0; 16]) };
    let foreign = Id { uuid: Bytes::from_static(&[1; 16]) };
    let spatial = QueryFilters { spatial_extent: Some(SpatialFilter::default()), ..always() };
    let expressions = QueryFilters { expressions: vec![FilterExpression::default()], ..always() };
    let requests = [
        (400, QueryRequest { page: limit(0), ..query(&dataset, always()) }),
        (400, query(&dataset, QueryFilters::default())),
        (400, query(&dataset, between(at(0), None, false))),
        (400, QueryRequest { dataset_id: Some(nil), ..query(&dataset, always()) }),
        (400, QueryRequest { dataset_id: None, ..query(&dataset, always()) }),
        (400, QueryRequest { collection_ids: vec![foreign.clone(); 101], ..query(&dataset, always()) }),
        (404, QueryRequest { collection_ids: vec![foreign.clone()], ..query(&dataset, always()) }),
        (404, QueryRequest { dataset_id: Some(foreign), ..query(&dataset, always()) }),
        (400, query(&dataset, spatial)),
        (400, query(&dataset, expressions)),
    ];
    for (expected, request) in requests {
        let (status, json) = fail(&emulator, QUERY, &request);
        assert_eq!(status, expected, "{request:?}: {json}");
    }
    assert_eq!(fail(&emulator, "DataAccessService/Nothing", &get("")).0, 404);
}

#[test]
fn a_writable_dataset_allows_new_collections() {
    let emulator = Emulator::builder().catalogue(Catalogue::new(10)).writable(true).start().unwrap();
    let dataset_id = dataset(&emulator).id;
    let create = CreateCollectionRequest { dataset_id: dataset_id.clone(), name: "mine".to_owned() };
    let made: CollectionInfo = call(&emulator, "CollectionService/CreateCollection", &create);
    assert_eq!(made.count, Some(0));
    assert!(made.availability.unwrap().start_exclusive, "the empty interval");
    assert_eq!(fail(&emulator, "CollectionService/CreateCollection", &create).0, 409);

    let collection_id = made.collection.unwrap().id;
    let delete = DeleteCollectionRequest { collection_id, dataset_id: dataset_id.clone() };
    let _: DeleteCollectionResponse = call(&emulator, "CollectionService/DeleteCollection", &delete);
    assert_eq!(fail(&emulator, "CollectionService/DeleteCollection", &delete).0, 404);
    assert_eq!(collections(&emulator).len(), 6);
}

#[test]
fn open_data_is_read_only() {
    let emulator = emulator(10);
    let create = CreateCollectionRequest { dataset_id: dataset(&emulator).id, name: "mine".to_owned() };
    let (status, json) = fail(&emulator, "CollectionService/CreateCollection", &create);
    assert_eq!((status, json.contains("permission_denied")), (403, true), "{json}");
}

#[test]
fn requests_need_a_token_except_on_public_paths() {
    let emulator = Emulator::builder().catalogue(Catalogue::new(10)).token("secret", Permissions::ALL).start().unwrap();
    let request = GetDatasetRequest { slug: SLUG.to_owned(), id: None };
    let path = "/datasets.v1.DatasetService/GetDataset";
    assert_eq!(post(&emulator, path, &request, "").status, 401);
    assert_eq!(post(&emulator, path, &request, "authorization: Bearer wrong\r\n").status, 401);
    assert_eq!(post(&emulator, path, &request, "authorization: Bearer secret\r\n").status, 200);
    assert_eq!(post(&emulator, &format!("/public{path}"), &request, "").status, 200);
    let write = "/public/datasets.v1.CollectionService/CreateCollection";
    let reply = post(&emulator, write, &CreateCollectionRequest::default(), "");
    assert_eq!(reply.status, 404, "{}", reply.text());
}

#[test]
fn injected_faults_happen_in_order() {
    let emulator = emulator(10);
    let request = query(&dataset(&emulator), always());
    emulator.inject(Fault::http(429).retry_after(Duration::from_secs(3)).on(Rpc::Query));
    emulator.inject(Fault::rpc(ErrorCode::Unavailable, "try later").on(Rpc::Query));
    let path = format!("/datasets.v1.{QUERY}");
    let limited = post(&emulator, &path, &request, "");
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("3")));
    let unavailable = post(&emulator, &path, &request, "");
    assert_eq!(unavailable.status, 503);
    assert_eq!(unavailable.text(), r#"{"code":"unavailable","message":"try later"}"#);
    assert_eq!(query_all(&emulator, request).len(), 10);
}

#[test]
fn latency_and_compression_are_configurable() {
    let latency = Duration::from_millis(30);
    let emulator = Emulator::builder().catalogue(Catalogue::new(10)).latency(latency).no_gzip().start().unwrap();
    let begin = Instant::now();
    let request = GetDatasetRequest { slug: SLUG.to_owned(), id: None };
    let reply = post(&emulator, "/datasets.v1.DatasetService/GetDataset", &request, "");
    assert!(begin.elapsed() >= latency);
    assert_eq!(reply.header("content-encoding"), None);

    let reply = post(&self::emulator(10), "/datasets.v1.DatasetService/GetDataset", &request, "");
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
}

#[test]
fn an_emulator_with_invalid_options_does_not_start() {
    let running = emulator(0);
    let in_use = Emulator::builder().port(running.address().port()).start().expect_err("the port is in use");
    assert!(matches!(in_use, StartError::Listen { .. }), "{in_use}");
    let missing = Emulator::builder().recording("/no/such/file").start().expect_err("there is no file");
    assert!(missing.to_string().contains("/no/such/file"), "{missing}");
    assert!(Emulator::builder().page_size(0).start().is_err());
    let address = running.address();
    drop(running);
    let began = Instant::now();
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(60), "dropping the emulator closes its port");
        std::thread::yield_now();
    }
}
