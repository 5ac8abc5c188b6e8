//! Unusual datasets, through the whole client. Messages that no server stores are tested in `core/src/columns/tests`.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{Array as _, ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use prost::Message;
use tilebox_core::protocol::wire::datasets::stac::v1 as stac;
use tilebox_core::{Collection, DatasetDefinition, FieldDefinition};

use super::Setting;

const EVERYTHING: (&str, &str) = ("1970-01-01", "2100-01-01");

async fn collection(setting: &Setting, fields: impl IntoIterator<Item = FieldDefinition>) -> Collection {
    let definition = DatasetDefinition::temporal("unusual").fields(fields);
    let dataset = setting.client.create_dataset(&definition).await.expect("a dataset");
    dataset.create_collection("A").await.expect("a collection")
}

fn batch(times: &[&str], columns: Vec<(String, ArrayRef)>) -> RecordBatch {
    let time: ArrayRef = Arc::new(StringArray::from(times.to_vec()));
    let columns = [("time".to_owned(), time)].into_iter().chain(columns);
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).expect("a batch")
}

pub(crate) async fn five_hundred_fields_round_trip(setting: Setting) {
    let name = |number: usize| format!("field_{number}");
    let fields = (0..500).map(|number| match number % 3 {
        0 => FieldDefinition::int64(name(number)),
        1 => FieldDefinition::string(name(number)),
        _ => FieldDefinition::int32(name(number)).repeated(),
    });
    let collection = collection(&setting, fields).await;
    // Two rows: the first has every field, the second every seventh.
    let columns = (0..500).filter(|number| number % 3 != 2).map(|number| {
        let second = (number % 7 == 0).then_some(number as i64);
        let column: ArrayRef = match number % 3 {
            0 => Arc::new(Int64Array::from(vec![Some(number as i64), second])),
            _ => Arc::new(StringArray::from(vec![Some(number.to_string()), second.map(|number| number.to_string())])),
        };
        (name(number), column)
    });
    let ingested = collection.ingest(batch(&["2025-01-01", "2025-01-02"], columns.collect())).await.expect("ingested");
    let loaded = collection.query(EVERYTHING).await.expect("a load");
    assert_eq!((loaded.len(), loaded.schema().fields().len()), (2, 503));
    for number in 0..500 {
        let column = loaded.column(&name(number)).expect("a column");
        let present = (!column.is_null(0), !column.is_null(1));
        assert_eq!(present, (number % 3 != 2, number % 3 != 2 && number % 7 == 0), "{number}");
    }
    assert_eq!(loaded.column("field_499").expect("a column").as_string_view().value(0), "499");
    assert_eq!(collection.ingest(&loaded).await.expect("ingested again").ids, ingested.ids);
}

pub(crate) async fn stac_messages_round_trip(setting: Setting) {
    let fields = [
        FieldDefinition::links("links"),
        FieldDefinition::provider("provider"),
        FieldDefinition::provider("providers").repeated(),
        FieldDefinition::processing_software("software"),
        FieldDefinition::storage("storage"),
        FieldDefinition::authentication("authentication"),
    ];
    let collection = collection(&setting, fields).await;
    let host = stac::Provider {
        name: Some("A provider".to_owned()),
        // A role that this version does not know.
        roles: vec![stac::ProviderRole::Host.into(), 77],
        ..Default::default()
    };
    let link = |href: &str| stac::Link { href: href.to_owned(), rel: "self".to_owned(), ..Default::default() };
    let links = stac::Links { links: vec![link("https://example.com"), link("s3://bucket")] };
    let versions = [("a".to_owned(), "1".to_owned())].into();
    let mut scheme = stac::StorageScheme { platform: "aws".to_owned(), ..Default::default() };
    scheme.set_known_type(stac::KnownStorageType::AwsS3);
    // Values of the type `Value` can contain themselves, so they stay encoded inside the map.
    let value = prost_types::Value { kind: Some(prost_types::value::Kind::NumberValue(1.5)) };
    scheme.additional_properties.insert("speed".to_owned(), value);
    let messages: [(&str, Vec<u8>); 4] = [
        ("links", links.encode_to_vec()),
        ("provider", host.encode_to_vec()),
        ("software", stac::ProcessingSoftware { versions }.encode_to_vec()),
        ("storage", stac::Storage { schemes: [("s".to_owned(), scheme)].into() }.encode_to_vec()),
    ];
    let columns = messages.iter().map(|(name, message)| {
        let column: ArrayRef = Arc::new(BinaryArray::from(vec![message.as_slice()]));
        ((*name).to_owned(), column)
    });
    let ingested = collection.ingest(batch(&["2025-01-01"], columns.collect())).await.expect("ingested");
    let loaded = collection.query(EVERYTHING).await.expect("a load");
    let links = loaded.column("links").expect("a column").as_struct().column(0).as_list::<i32>().value(0);
    assert_eq!(links.as_struct().column_by_name("href").expect("a field").as_string_view().value(1), "s3://bucket");
    let roles = loaded.column("provider").expect("a column").as_struct();
    let roles = roles.column_by_name("roles").expect("a field").as_list::<i32>().value(0);
    let roles = roles.as_dictionary::<Int32Type>().downcast_dict::<StringArray>().expect("names");
    assert_eq!(roles.into_iter().collect::<Vec<_>>(), [Some("HOST"), Some("77")]);
    assert!(loaded.column("providers").expect("a column").is_null(0));
    // The id of a datapoint is a digest of its bytes, so equal ids mean equal bytes.
    assert_eq!(collection.ingest(&loaded).await.expect("ingested again").ids, ingested.ids);
}

pub(crate) async fn unknown_numbers_and_fields_hide_nothing(setting: Setting) {
    let fields = [
        FieldDefinition::processing_level("level"),
        FieldDefinition::processing_level("levels").repeated(),
        FieldDefinition::int32("number"),
        FieldDefinition::string("text"),
    ];
    let collection = collection(&setting, fields).await;
    let levels: ArrayRef = Arc::new(Int32Array::from(vec![77]));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![i32::MIN]));
    let columns = vec![("level".to_owned(), levels), ("number".to_owned(), numbers)];
    let ingested = collection.ingest(batch(&["2025-01-01"], columns)).await.expect("ingested");
    let loaded = collection.query(EVERYTHING).await.expect("a load");
    let level = loaded.column("level").expect("a column").as_dictionary::<Int32Type>();
    assert_eq!(level.downcast_dict::<StringArray>().expect("names").into_iter().next(), Some(Some("77")));
    assert!(
        loaded.column("levels").expect("a column").is_null(0) && loaded.column("text").expect("a column").is_null(0)
    );
    assert_eq!(collection.ingest(&loaded).await.expect("ingested again").ids, ingested.ids);

    // A newer writer has set field 99, which is not in this dataset.
    let time = prost_types::Timestamp { seconds: 5, nanos: 0 }.encode_to_vec();
    let datapoint = [&[10, time.len() as u8][..], &time, &[7 << 3 | 2, 1, b'x', 0x98, 6, 1]].concat();
    collection.ingest(vec![Bytes::from(datapoint)]).await.expect("ingested");
    let newer = collection.query("1970-01-01T00:00:05Z").await.expect("a load");
    assert_eq!(newer.column("text").expect("a column").as_string_view().value(0), "x");
}
