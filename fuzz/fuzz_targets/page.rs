//! Any bytes as a page and as datapoints: an error or columns that Arrow finds valid, never anything else.
//!
//! `cargo +nightly fuzz run page -- -max_total_time=60`. The columns of texts and bytes are made without Arrow's own
//! checks (`core/src/columns/writer/views`), so these are done here, under AddressSanitizer.

#![no_main]

use std::sync::LazyLock;

use arrow_array::Array;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use tilebox_core::columns::PageDecoder;
use tilebox_core::schema::DatasetSchema;
use tilebox_core::protocol::wire::datasets::v1::AnnotatedType;

/// Fields of every shape: numbers, texts, enums, nested, repeated and recursive messages, maps.
const FIELDS: [(&str, Type, &str, Label); 16] = [
    ("time", Type::Message, "google.protobuf.Timestamp", Label::Optional),
    ("id", Type::Message, "datasets.v1.UUID", Label::Optional),
    ("ingestion_time", Type::Message, "google.protobuf.Timestamp", Label::Optional),
    ("geometry", Type::Message, "datasets.v1.Geometry", Label::Optional),
    ("text", Type::String, "", Label::Optional),
    ("texts", Type::String, "", Label::Repeated),
    ("bytes", Type::Bytes, "", Label::Optional),
    ("number", Type::Int64, "", Label::Optional),
    ("numbers", Type::Sint32, "", Label::Repeated),
    ("doubles", Type::Double, "", Label::Repeated),
    ("level", Type::Enum, "datasets.v1.ProcessingLevel", Label::Optional),
    ("levels", Type::Enum, "datasets.v1.ProcessingLevel", Label::Repeated),
    ("duration", Type::Message, "google.protobuf.Duration", Label::Repeated),
    ("place", Type::Message, "datasets.v1.LatLonAlt", Label::Optional),
    ("assets", Type::Message, "datasets.stac.v1.Assets", Label::Optional),
    ("storage", Type::Message, "datasets.stac.v1.Storage", Label::Optional),
];

static DECODER: LazyLock<PageDecoder> = LazyLock::new(|| {
    let fields = FIELDS.iter().zip(1..).map(|((name, kind, type_name, label), number)| FieldDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(number),
        label: Some((*label).into()),
        r#type: Some((*kind).into()),
        type_name: Some(format!(".{type_name}")).filter(|name| name.len() > 1),
        ..Default::default()
    });
    let datapoint =
        DescriptorProto { name: Some("Datapoint".to_owned()), field: fields.collect(), ..Default::default() };
    let file = FileDescriptorProto {
        name: Some("fuzz.proto".to_owned()),
        package: Some("fuzz".to_owned()),
        message_type: vec![datapoint],
        syntax: Some("proto3".to_owned()),
        dependency: IMPORTS.map(str::to_owned).to_vec(),
        ..Default::default()
    };
    let described = AnnotatedType {
        descriptor_set: FileDescriptorSet { file: vec![file] }.encode_to_vec().into(),
        type_url: "fuzz.Datapoint".to_owned(),
        ..Default::default()
    };
    let schema = DatasetSchema::from_annotated_type(&described).expect("a schema");
    PageDecoder::new(&schema).expect("a decoder")
});

const IMPORTS: [&str; 5] = [
    "google/protobuf/timestamp.proto",
    "google/protobuf/duration.proto",
    "datasets/v1/well_known_types.proto",
    "datasets/stac/v1/asset.proto",
    "datasets/stac/v1/storage.proto",
];

/// The part of a page that names the type of its datapoints.
const TYPED: &[u8] = b"\x0a\x10\x0a\x0efuzz.Datapoint";

/// A message of one unknown field, of 16 bytes.
const PADDING: [u8; 19] = [0xfa, 0x3f, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fuzz_target!(|bytes: &[u8]| {
    let page = DECODER.decode_page(&[TYPED, bytes].concat().into()).map(|page| page.batch);
    // As datapoints too: those that others follow are read in a block.
    let datapoints = DECODER.decode_messages(&[bytes, bytes, &PADDING]);
    for batch in [page, datapoints].into_iter().flatten() {
        for column in batch.columns() {
            column.to_data().validate_full().expect("a valid column");
        }
    }
});
