//! The emulator with recorded responses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use prost_types::Timestamp;
use support::{call, recording};
use tilebox_core::protocol::wire::datasets::v1::*;
use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;
use tilebox_emulator::{Emulator, StartError};

#[test]
fn a_recorded_query_gets_its_recorded_pages() {
    let Some(file) = recording("query.rpcs.bin") else { return };
    let emulator = Emulator::builder().recording(&file).start().expect("an emulator");

    let summary = emulator.datasets().remove(0);
    assert_eq!(summary.slug, "open_data.copernicus.sentinel2_msi");
    let counts: Vec<_> = summary.collections.iter().map(|c| (c.name.as_str(), c.count)).collect();
    assert_eq!(counts, [("S2A_S2MSI1C", 312), ("S2A_S2MSI2A", 312), ("S2B_S2MSI1C", 437), ("S2B_S2MSI2A", 398)]);
    // The known id counts, because all 437 datapoint ids follow from it.
    assert_eq!(summary.collections[2].id.to_string(), "9b92c84f-5e2f-4d4a-9278-1ce96cedb970");

    let slug = summary.slug;
    let dataset: Dataset = call(&emulator, "DatasetService/GetDataset", &GetDatasetRequest { slug, id: None });
    let day = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let time_interval =
        TimeInterval { start_time: day(1_735_689_600), end_time: day(1_735_776_000), ..TimeInterval::default() };
    let filters = QueryFilters { time_interval: Some(time_interval), ..QueryFilters::default() };
    let query = QueryRequest { dataset_id: dataset.id, filters: Some(filters), ..QueryRequest::default() };
    let full: QueryResultPage = call(&emulator, "DataAccessService/Query", &query);
    let bare: QueryResultPage = call(&emulator, "DataAccessService/Query", &QueryRequest { skip_data: true, ..query });

    let recorded = responses(&std::fs::read(file).unwrap());
    for (served, recorded) in [(full, &recorded[1]), (bare, &recorded[2])] {
        let expected = <QueryResultPage as prost::Message>::decode(&recorded[..]).expect("a page");
        assert_eq!(served.data, expected.data, "the same datapoints in the same order, byte for byte");
        assert_eq!(served.next_page, expected.next_page);
    }
}

#[test]
fn recordings_of_one_dataset_add_up() {
    let (Some(query), Some(datapoint), Some(collections)) =
        (recording("query.rpcs.bin"), recording("datapoint_getinto.rpcs.bin"), recording("collections.rpcs.bin"))
    else {
        return;
    };
    let emulator =
        Emulator::builder().recording(query).recording(datapoint).recording(collections).start().expect("an emulator");
    let datasets = emulator.datasets();
    let slugs: Vec<_> = datasets.iter().map(|dataset| dataset.slug.as_str()).collect();
    assert_eq!(slugs, ["open_data.asf.ers_sar", "open_data.copernicus.sentinel2_msi"]);
    let names: Vec<_> = datasets[0].collections.iter().map(|c| (c.name.as_str(), c.count)).collect();
    assert_eq!(names, [("ERS-1", 0), ("ERS-2", 0)]);
    assert_eq!(datasets[1].collections.iter().map(|c| c.count).sum::<usize>(), 1_459, "one of 1459 is in two files");

    let list: ListDatasetsResponse = call(&emulator, "DatasetService/ListDatasets", &ListDatasetsRequest {});
    for dataset in &list.datasets {
        assert!(list.groups.iter().any(|group| group.id == dataset.group_id));
    }
    for group in list.groups.iter().filter(|group| group.parent_id.is_some()) {
        assert!(list.groups.iter().any(|parent| parent.id == group.parent_id));
    }
}

/// Returns the info of a collection of the first dataset.
fn collection_info(emulator: &Emulator, name: &str) -> CollectionInfo {
    let slug = emulator.datasets()[0].slug.clone();
    let dataset: Dataset = call(emulator, "DatasetService/GetDataset", &GetDatasetRequest { slug, id: None });
    let request = GetCollectionByNameRequest {
        collection_name: name.to_owned(),
        dataset_id: dataset.id,
        with_availability: true,
        with_count: true,
    };
    call(emulator, "CollectionService/GetCollectionByName", &request)
}

#[test]
fn recorded_availability_and_count_are_kept() {
    for (file, name) in
        [("collection.rpcs.bin", "ERS-2"), ("query_collections.rpcs.bin", "S2B_S2MSI1C"), ("load-fb94c44.rpcs.bin", "")]
    {
        let Some(file) = recording(file) else { return };
        let recorded = responses(&std::fs::read(&file).unwrap()).remove(1);
        let recorded = <CollectionInfo as prost::Message>::decode(&recorded[..]).expect("a collection");
        let name = if name.is_empty() { &recorded.collection.as_ref().unwrap().name } else { name };
        let folder = std::env::temp_dir().join(format!("tilebox-emulator-recorded-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let emulator = Emulator::builder().recording(&file).start().expect("an emulator");
        assert_eq!(collection_info(&emulator, name), recorded);
        // The folder keeps both without the recording.
        Emulator::builder().recording(&file).data(&folder).start().expect("an emulator").stop();
        let emulator = Emulator::builder().data(&folder).start().expect("an emulator");
        let kept = collection_info(&emulator, name);
        emulator.stop();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(kept, recorded);
    }
}

#[test]
fn a_recorded_listing_is_served_unchanged() {
    let Some(file) = recording("datasets.rpcs.bin") else { return };
    let recorded = responses(&std::fs::read(&file).unwrap()).remove(0);
    let recorded = <ListDatasetsResponse as prost::Message>::decode(&recorded[..]).expect("a listing");
    let emulator = Emulator::builder().recording(&file).start().expect("an emulator");
    let served: ListDatasetsResponse = call(&emulator, "DatasetService/ListDatasets", &ListDatasetsRequest {});
    assert_eq!(served.datasets.len(), recorded.datasets.len());
    let ids = |groups: &[DatasetGroup]| {
        let mut ids: Vec<_> =
            groups.iter().map(|group| (group.id.clone().map(|id| id.uuid), group.code_name.clone())).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&served.groups), ids(&recorded.groups));
    for dataset in &recorded.datasets {
        let request = GetDatasetRequest { slug: String::new(), id: dataset.id.clone() };
        let served: Dataset = call(&emulator, "DatasetService/GetDataset", &request);
        assert_eq!(
            (&served.name, &served.r#type, &served.group_id),
            (&dataset.name, &dataset.r#type, &dataset.group_id)
        );
        assert_eq!(served.slug.rsplit('.').next(), Some(dataset.code_name.as_str()));
    }
}

#[test]
fn a_file_without_recordings_is_refused() {
    let file = std::env::temp_dir().join(format!("tilebox-emulator-{}.bin", std::process::id()));
    std::fs::write(&file, b"something else entirely").unwrap();
    let error = Emulator::builder().recording(&file).start().expect_err("no recording");
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(error, StartError::RecordingMalformed { .. }), "{error}");
}

/// Returns the decompressed bodies of a file.
fn responses(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    while !file.is_empty() {
        let length = usize::try_from(u64::from_le_bytes(file[8..16].try_into().unwrap())).unwrap();
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&file[16..16 + length]), &mut plain).unwrap();
        bodies.push(plain);
        file = &file[16 + length..];
    }
    bodies
}
