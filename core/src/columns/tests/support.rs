//! A dataset with a field of every form, messages encoded by hand, and columns as JSON.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    DurationNanosecondType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use prost::encoding::encode_varint;
use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Type;
use serde_json::{Map, Value, json};

use crate::columns::{DecodeError, PageDecoder};
use crate::schema::DatasetSchema;
use crate::schema::samples::{annotated, field, map_entry, message, named, oneof, repeated};

/// The numbers of the fields of [`schema`].
pub(in crate::columns) mod number {
    pub(in crate::columns) const TIME: u32 = 1;
    pub(in crate::columns) const ID: u32 = 2;
    pub(in crate::columns) const NAME: u32 = 20;
    pub(in crate::columns) const BLOB: u32 = 21;
    pub(in crate::columns) const LEVEL: u32 = 22;
    pub(in crate::columns) const LENGTH: u32 = 23;
    pub(in crate::columns) const SHAPE: u32 = 24;
    pub(in crate::columns) const PLACE: u32 = 25;
    pub(in crate::columns) const ANYTHING: u32 = 26;
    pub(in crate::columns) const LEGACY: u32 = 27;
    pub(in crate::columns) const COUNTS: u32 = 30;
    pub(in crate::columns) const NAMES: u32 = 31;
    pub(in crate::columns) const TRACK: u32 = 32;
    pub(in crate::columns) const IDS: u32 = 33;
    pub(in crate::columns) const LEVELS: u32 = 34;
    pub(in crate::columns) const FLOATS: u32 = 35;
    pub(in crate::columns) const TAGS: u32 = 40;
    pub(in crate::columns) const PLACES: u32 = 41;
    pub(in crate::columns) const CHOSEN_NUMBER: u32 = 50;
    pub(in crate::columns) const CHOSEN_NAME: u32 = 51;
    pub(in crate::columns) const CHOSEN_TRACK: u32 = 52;
    /// Above the numbers that have a table.
    pub(in crate::columns) const FAR: u32 = 100_000;
    pub(in crate::columns) const UNKNOWN: u32 = 99;
}

/// The scalar fields of [`schema`] are numbered from here, in this order.
pub(in crate::columns) const SCALARS: [(&str, Type, u32); 13] = [
    ("double", Type::Double, 5),
    ("float", Type::Float, 6),
    ("int32", Type::Int32, 7),
    ("int64", Type::Int64, 8),
    ("uint32", Type::Uint32, 9),
    ("uint64", Type::Uint64, 10),
    ("sint32", Type::Sint32, 11),
    ("sint64", Type::Sint64, 12),
    ("fixed32", Type::Fixed32, 13),
    ("fixed64", Type::Fixed64, 14),
    ("sfixed32", Type::Sfixed32, 15),
    ("sfixed64", Type::Sfixed64, 16),
    ("bool", Type::Bool, 17),
];

pub(in crate::columns) fn schema() -> DatasetSchema {
    let of = |name: &str, number: u32, kind| field(name, number as i32, kind);
    let message_of = |name: &str, number: u32, type_name| named(name, number as i32, Type::Message, type_name);
    let level = |name: &str, number: u32| named(name, number as i32, Type::Enum, "datasets.v1.ProcessingLevel");
    let member = |field| FieldDescriptorProto { oneof_index: Some(0), ..field };
    let mut fields: Vec<_> = SCALARS.into_iter().map(|(name, kind, number)| of(name, number, kind)).collect();
    fields.extend([
        of("name", number::NAME, Type::String),
        of("blob", number::BLOB, Type::Bytes),
        level("level", number::LEVEL),
        message_of("length", number::LENGTH, "google.protobuf.Duration"),
        message_of("shape", number::SHAPE, "datasets.v1.Geometry"),
        message_of("place", number::PLACE, "datasets.v1.LatLon"),
        message_of("anything", number::ANYTHING, "google.protobuf.Struct"),
        named("legacy", number::LEGACY as i32, Type::Group, "Legacy"),
        repeated(of("counts", number::COUNTS, Type::Int32)),
        repeated(of("names", number::NAMES, Type::String)),
        repeated(message_of("track", number::TRACK, "datasets.v1.LatLon")),
        repeated(message_of("ids", number::IDS, "datasets.v1.UUID")),
        repeated(level("levels", number::LEVELS)),
        repeated(of("floats", number::FLOATS, Type::Float)),
        repeated(message_of("tags", number::TAGS, "TagsEntry")),
        repeated(message_of("places", number::PLACES, "PlacesEntry")),
        member(of("chosen_number", number::CHOSEN_NUMBER, Type::Int32)),
        member(of("chosen_name", number::CHOSEN_NAME, Type::String)),
        member(message_of("chosen_track", number::CHOSEN_TRACK, "Track")),
        of("far", number::FAR, Type::Int32),
    ]);
    let wire = annotated(fields, |file| {
        let place = |name, number| named(name, number, Type::Message, "datasets.v1.LatLon");
        let track = vec![repeated(place("points", 1)), field("title", 2, Type::String)];
        file.message_type.push(message("Track", track));
        let sample = &mut file.message_type[0];
        sample.oneof_decl = vec![oneof("choice")];
        sample.nested_type = vec![
            message("Legacy", vec![field("depth", 1, Type::Sint32), repeated(field("marks", 2, Type::Int32))]),
            map_entry("TagsEntry", field("key", 1, Type::String), field("value", 2, Type::Int32)),
            map_entry("PlacesEntry", field("key", 1, Type::Int32), place("value", 2)),
        ];
    });
    DatasetSchema::from_annotated_type(&wire).unwrap()
}

/// A message encoded field by field.
#[derive(Clone, Default)]
pub(in crate::columns) struct Wire(pub(in crate::columns) Vec<u8>);

pub(in crate::columns) fn wire() -> Wire {
    Wire::default()
}

impl Wire {
    fn tag(&mut self, number: u32, wire_type: u32) {
        encode_varint(u64::from(number << 3 | wire_type), &mut self.0);
    }

    pub(in crate::columns) fn varint(mut self, number: u32, value: u64) -> Self {
        self.tag(number, 0);
        encode_varint(value, &mut self.0);
        self
    }

    pub(in crate::columns) fn fixed64(mut self, number: u32, value: [u8; 8]) -> Self {
        self.tag(number, 1);
        self.0.extend(value);
        self
    }

    pub(in crate::columns) fn fixed32(mut self, number: u32, value: [u8; 4]) -> Self {
        self.tag(number, 5);
        self.0.extend(value);
        self
    }

    pub(in crate::columns) fn bytes(mut self, number: u32, value: impl AsRef<[u8]>) -> Self {
        self.tag(number, 2);
        encode_varint(value.as_ref().len() as u64, &mut self.0);
        self.0.extend(value.as_ref());
        self
    }

    pub(in crate::columns) fn message(self, number: u32, value: Wire) -> Self {
        self.bytes(number, value.0)
    }

    pub(in crate::columns) fn group(mut self, number: u32, value: Wire) -> Self {
        self.tag(number, 3);
        self.0.extend(value.0);
        self.tag(number, 4);
        self
    }

    pub(in crate::columns) fn double(self, number: u32, value: f64) -> Self {
        self.fixed64(number, value.to_le_bytes())
    }
}

impl AsRef<[u8]> for Wire {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A `datasets.v1.LatLon`.
pub(in crate::columns) fn place(latitude: f64, longitude: f64) -> Wire {
    wire().double(1, latitude).double(2, longitude)
}

pub(in crate::columns) fn try_decode(datapoints: &[Wire]) -> Result<RecordBatch, DecodeError> {
    PageDecoder::new(&schema()).unwrap().decode_messages(datapoints)
}

/// Decodes datapoints to the fields of each that are not null. Repeats them to check that reading in blocks returns the
/// same.
pub(in crate::columns) fn decode(datapoints: &[Wire]) -> Vec<Value> {
    let decoded = rows(&try_decode(datapoints).unwrap());
    let padding = wire().bytes(number::UNKNOWN, [0; 40]);
    let (mut many, mut expected) = (Vec::new(), Vec::new());
    for times in 1..4 {
        many.extend_from_slice(datapoints);
        expected.extend_from_slice(&decoded);
        let mut found = rows(&try_decode(&[many.as_slice(), std::slice::from_ref(&padding)].concat()).unwrap());
        assert_eq!(found.pop(), Some(json!({})));
        assert_eq!(found, expected, "{times} times");
    }
    decoded
}

/// Decodes one datapoint.
pub(in crate::columns) fn decode_one(datapoint: Wire) -> Value {
    decode(&[datapoint]).remove(0)
}

pub(in crate::columns) fn rows(batch: &RecordBatch) -> Vec<Value> {
    let schema = batch.schema();
    let fields = || schema.fields().iter().zip(batch.columns());
    let row = |row| {
        let present = fields().filter(|(_, column)| column.is_valid(row));
        present.map(|(field, column)| (field.name().clone(), to_json(column, row))).collect::<Map<_, _>>().into()
    };
    (0..batch.num_rows()).map(row).collect()
}

fn to_json(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    let elements = |list: &dyn Array| (0..list.len()).map(|row| to_json(list, row)).collect::<Vec<_>>();
    match column.data_type() {
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row)),
        DataType::Float32 => json!(column.as_primitive::<Float32Type>().value(row)),
        DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt32 => json!(column.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => json!(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Utf8View => json!(column.as_string_view().value(row)),
        DataType::BinaryView => json!(column.as_binary_view().value(row)),
        DataType::FixedSizeBinary(16) => {
            json!(uuid::Uuid::from_slice(column.as_fixed_size_binary().value(row)).unwrap().to_string())
        }
        DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => {
            json!(column.as_primitive::<TimestampNanosecondType>().value(row))
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            json!(column.as_primitive::<DurationNanosecondType>().value(row))
        }
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_dictionary::<Int32Type>();
            json!(dictionary.values().as_string::<i32>().value(dictionary.key(row).unwrap()))
        }
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(column.as_struct().columns());
            let present = columns.filter(|(_, column)| column.is_valid(row));
            present.map(|(field, column)| (field.name().clone(), to_json(column, row))).collect::<Map<_, _>>().into()
        }
        DataType::List(_) => elements(&column.as_list::<i32>().value(row)).into(),
        DataType::Map(_, _) => elements(&column.as_map().value(row)).into(),
        other => panic!("no column of the tests has {other}"),
    }
}
