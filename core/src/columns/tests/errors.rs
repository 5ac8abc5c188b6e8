use arrow_array::Array;
use proptest::prelude::*;
use prost_types::field_descriptor_proto::Type;

use super::support::{Wire, number, schema, try_decode, wire};
use crate::columns::{DecodeErrorKind, PageDecoder};
use crate::schema::samples::{annotated, field, message, named, repeated};
use crate::schema::{DatasetSchema, SchemaErrorKind};

#[test]
fn an_error_names_datapoint_id_and_field_path() {
    let id = wire().bytes(1, 7_u128.to_be_bytes());
    let entry = |key: u64| wire().varint(1, key).message(2, wire().double(1, 0.5));
    let mut broken = entry(2);
    broken.0.pop();
    broken.0[3] -= 1;
    let datapoint = wire().message(number::PLACES, entry(1)).message(number::PLACES, broken).message(number::ID, id);
    let error = try_decode(&[wire(), datapoint]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "datapoint 1 (00000000-0000-0000-0000-000000000007), field \"places[1].value.latitude\": \
         the bytes end in the middle of a value"
    );
    assert_eq!((error.kind(), error.datapoint()), (DecodeErrorKind::Malformed, Some(1)));
}

#[test]
fn malformed_values_are_errors() {
    let cases: [(Wire, DecodeErrorKind, &str); 5] = [
        (wire().bytes(number::NAME, [0x61, 0xff]), DecodeErrorKind::InvalidUtf8, "name"),
        (wire().bytes(number::NAMES, "a").bytes(number::NAMES, [0xc0]), DecodeErrorKind::InvalidUtf8, "names[1]"),
        (wire().bytes(number::COUNTS, [0x80]), DecodeErrorKind::Malformed, "counts"),
        (wire().bytes(number::FLOATS, [0; 5]), DecodeErrorKind::Malformed, "floats"),
        (Wire(vec![0x2c]), DecodeErrorKind::Malformed, ""),
    ];
    for (datapoint, kind, path) in cases {
        let error = try_decode(&[datapoint]).unwrap_err();
        assert_eq!((error.kind(), error.field()), (kind, path), "{error}");
    }
}

#[test]
fn a_projection_of_an_unknown_field_is_an_error() {
    let error = PageDecoder::with_columns(&schema(), &["time", "clouds"]).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::UnknownField);
    assert!(error.to_string().contains("\"clouds\"") && error.to_string().contains("time, id"), "{error}");
    let error = PageDecoder::with_columns(&schema(), &["time", "time"]).unwrap_err();
    assert!(error.to_string().contains("duplicate field \"time\""), "{error}");
}

/// Returns a chain of message types, each with this number of fields of the next type.
fn chain(length: usize, fields: i32) -> DatasetSchema {
    let wire = annotated(vec![named("next", 4, Type::Message, "Type0")], |file| {
        for index in 0..length {
            let next = format!("Type{}", index + 1);
            let fields = (1..=fields).map(|field| named(&format!("next{field}"), field, Type::Message, &next));
            file.message_type.push(message(&format!("Type{index}"), fields.collect()));
        }
        file.message_type.push(message(&format!("Type{length}"), vec![repeated(field("end", 1, Type::String))]));
    });
    DatasetSchema::from_annotated_type(&wire).unwrap()
}

#[test]
fn too_deep_or_wide_types_are_errors() {
    let error = PageDecoder::new(&chain(20, 2)).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::TooLarge);
    let error = PageDecoder::new(&chain(10_000, 1)).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::TooLarge);
    PageDecoder::with_columns(&chain(20, 2), &["time"]).unwrap();
}

#[test]
fn the_deepest_type_allowed_is_decoded() {
    let decoder = PageDecoder::new(&chain(63, 1)).unwrap();
    let nested =
        (0..64).fold(wire().bytes(1, "end"), |inner, depth| wire().message(if depth == 63 { 4 } else { 1 }, inner));
    assert_eq!(decoder.decode_messages(&[nested]).unwrap().num_rows(), 1);
}

/// Returns a datapoint with fields of most forms.
fn full() -> Wire {
    let place = || wire().double(1, 1.0).double(2, 2.0);
    wire()
        .message(number::TIME, wire().varint(1, 1_735_689_619).varint(2, 24_000_000))
        .message(number::ID, wire().bytes(1, [7; 16]))
        .varint(7, 300)
        .bytes(number::NAME, "a name that is longer than twelve bytes")
        .varint(number::LEVEL, 3)
        .message(number::ANYTHING, wire().message(1, wire().bytes(1, "key")))
        .group(number::LEGACY, wire().varint(1, 5).varint(2, 6))
        .bytes(number::COUNTS, [1, 2, 3])
        .message(number::TRACK, place())
        .message(number::TAGS, wire().bytes(1, "key").varint(2, 5))
        .message(number::PLACES, wire().varint(1, 5).message(2, place()))
        .message(number::CHOSEN_TRACK, wire().message(1, place()))
        .varint(number::CHOSEN_NUMBER, 5)
}

proptest! {
    #[test]
    fn a_changed_datapoint_is_a_row_or_an_error(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end: prop::sample::Index,
    ) {
        let mut changed = full();
        for (at, byte) in changes {
            let at = at.index(changed.0.len());
            changed.0[at] = byte;
        }
        changed.0.truncate(end.index(2 * changed.0.len()));
        let decoder = PageDecoder::new(&schema()).unwrap();
        if let Ok(batch) = decoder.decode_messages(&[full(), changed, full()]) {
            for column in batch.columns() {
                column.to_data().validate_full().unwrap();
            }
            prop_assert_eq!(batch.slice(0, 1), batch.slice(2, 1));
        }
    }

    #[test]
    fn any_bytes_are_rows_or_an_error(datapoints: Vec<Vec<u8>>) {
        let decoder = PageDecoder::new(&schema()).unwrap();
        if let Ok(batch) = decoder.decode_messages(&datapoints) {
            prop_assert_eq!(batch.num_rows(), datapoints.len());
        }
    }
}
