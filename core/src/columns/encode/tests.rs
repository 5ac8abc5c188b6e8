use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Int32Builder, LargeListBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, DurationMillisecondArray, Float32Array,
    Float64Array, Int8Array, Int64Array, LargeStringArray, NullArray, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};
use prost::Message as _;

use super::*;
use crate::columns::tests::support::{Wire, number, place, rows, schema, try_decode, wire};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn encode(columns: Vec<(&str, ArrayRef)>) -> Vec<Bytes> {
    encode_batch(&schema(), &batch(columns)).unwrap()
}

/// Encodes one column of one value.
fn encode_one(name: &str, column: impl arrow_array::Array + 'static) -> Bytes {
    encode(vec![(name, Arc::new(column))]).remove(0)
}

fn refused(name: &str, column: impl arrow_array::Array + 'static) -> String {
    encode_batch(&schema(), &batch(vec![(name, Arc::new(column))])).unwrap_err().to_string()
}

/// Returns a datapoint with a field of every form, as the encoder writes it.
fn everything() -> Wire {
    let time = prost_types::Timestamp { seconds: 5, nanos: 7 }.encode_to_vec();
    let length = prost_types::Duration { seconds: -1, nanos: -500_000_000 }.encode_to_vec();
    let zigzag = |value: i64| ((value << 1) ^ (value >> 63)) as u64;
    let point = wkb_point(1.0, 2.0);
    wire()
        .bytes(number::TIME, time)
        .double(5, 2.5)
        .fixed32(6, 1.5_f32.to_le_bytes())
        .varint(7, -7_i64 as u64)
        .varint(8, 0)
        .varint(9, 9)
        .varint(10, u64::MAX)
        .varint(11, zigzag(-11))
        .varint(12, zigzag(i64::MIN))
        .fixed32(13, 13_u32.to_le_bytes())
        .fixed64(14, 14_u64.to_le_bytes())
        .fixed32(15, (-15_i32).to_le_bytes())
        .fixed64(16, (-16_i64).to_le_bytes())
        .varint(17, 0)
        .bytes(number::NAME, "")
        .bytes(number::BLOB, b"\x00\xff")
        .varint(number::LEVEL, 3)
        .bytes(number::LENGTH, length)
        .message(number::SHAPE, wire().bytes(1, point))
        .message(number::PLACE, wire().double(2, -5.0))
        .bytes(number::ANYTHING, prost_types::Struct::default().encode_to_vec())
        .bytes(number::COUNTS, [1, 2, 0])
        .bytes(number::NAMES, "a")
        .bytes(number::NAMES, "")
        .message(number::TRACK, place(1.0, 2.0))
        .message(number::TRACK, wire())
        .message(number::IDS, wire().bytes(1, [7; 16]))
        .bytes(number::LEVELS, [1, 99])
        .bytes(number::FLOATS, [1.0_f32.to_le_bytes(), 0.0_f32.to_le_bytes()].concat())
        .message(number::TAGS, wire().bytes(1, "a").varint(2, 2))
        .message(number::TAGS, wire().bytes(1, "b").varint(2, 1))
        .message(number::PLACES, wire().varint(1, -3_i64 as u64).message(2, place(3.0, 4.0)))
        .message(number::CHOSEN_TRACK, wire().message(1, place(1.0, 1.0)).bytes(2, "t"))
        .varint(number::FAR, 1)
}

fn wkb_point(x: f64, y: f64) -> Vec<u8> {
    [&[1, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

fn wkb_ring(points: &[[f64; 2]]) -> Vec<u8> {
    let mut bytes = vec![1];
    [3, 1, points.len() as u32].iter().for_each(|number: &u32| bytes.extend(number.to_le_bytes()));
    points.iter().flatten().for_each(|coordinate| bytes.extend(coordinate.to_le_bytes()));
    bytes
}

#[test]
fn decoded_datapoints_encode_to_their_bytes() {
    let datapoints = [everything(), wire(), everything(), wire().varint(8, 1)];
    let decoded = try_decode(&datapoints).unwrap();
    let encoded = encode_batch(&schema(), &decoded).unwrap();
    for (encoded, datapoint) in encoded.iter().zip(&datapoints) {
        assert_eq!(encoded, &datapoint.0);
    }
    let part = encode_batch(&schema(), &decoded.slice(2, 2)).unwrap();
    assert_eq!(part, encoded[2..]);
}

#[test]
fn fields_set_by_the_server_are_not_sent() {
    let decoded = try_decode(&[wire().message(number::ID, wire().bytes(1, [1; 16])).varint(8, 1)]).unwrap();
    assert_eq!(rows(&decoded)[0].as_object().unwrap().len(), 2);
    assert_eq!(encode_batch(&schema(), &decoded).unwrap()[0], wire().varint(8, 1).0);
}

#[test]
fn a_null_is_absent_and_a_zero_or_nan_is_present() {
    let integers = Int64Array::from(vec![None, Some(0), Some(1)]);
    assert_eq!(encode(vec![("int64", Arc::new(integers))]), [wire().0, wire().varint(8, 0).0, wire().varint(8, 1).0]);
    let flags = BooleanArray::from(vec![None, Some(false)]);
    assert_eq!(encode(vec![("bool", Arc::new(flags))]), [wire().0, wire().varint(17, 0).0]);
    assert_eq!(encode_one("double", Float64Array::from(vec![f64::NAN])), wire().double(5, f64::NAN).0);
    assert_eq!(encode_one("double", NullArray::new(1)), wire().0);
}

#[test]
fn whole_floats_are_integers_and_nan_is_missing() {
    let five = wire().varint(8, 5).0;
    let floats = Float64Array::from(vec![Some(5.0), Some(f64::NAN), None, Some(-0.0)]);
    assert_eq!(encode(vec![("int64", Arc::new(floats))]), [five.clone(), wire().0, wire().0, wire().varint(8, 0).0]);
    assert_eq!(encode_one("int64", Float32Array::from(vec![5.0])), five);
    assert_eq!(encode_one("level", Float64Array::from(vec![3.0])), wire().varint(number::LEVEL, 3).0);
    let mut lists = LargeListBuilder::new(arrow_array::builder::Float64Builder::new());
    lists.append_value([Some(1.0), Some(2.0)]);
    assert_eq!(encode_one("counts", lists.finish()), wire().bytes(number::COUNTS, [1, 2]).0);
    lists.append_value([Some(1.0), Some(f64::NAN)]);
    assert_eq!(
        refused("counts", lists.finish()),
        "row 0, the field `counts` has a list with a null element; remove it"
    );
}

#[test]
fn the_columns_may_come_in_any_order() {
    let (a, b): (ArrayRef, ArrayRef) = (Arc::new(Int64Array::from(vec![1])), Arc::new(StringArray::from(vec!["x"])));
    let forward = encode(vec![("int64", Arc::clone(&a)), ("name", Arc::clone(&b))]);
    assert_eq!(forward, encode(vec![("name", b), ("int64", a)]));
}

#[test]
fn negative_times_and_durations_are_well_formed() {
    let time = |seconds, nanos| wire().bytes(number::TIME, prost_types::Timestamp { seconds, nanos }.encode_to_vec()).0;
    let nanoseconds = |value| encode_one("time", TimestampNanosecondArray::from(vec![value]).with_timezone("UTC"));
    assert_eq!(nanoseconds(-1), time(-1, 999_999_999));
    assert_eq!(nanoseconds(1_000_000_001), time(1, 1));
    let duration =
        |seconds, nanos| wire().bytes(number::LENGTH, prost_types::Duration { seconds, nanos }.encode_to_vec()).0;
    let milliseconds = |value| encode_one("length", DurationMillisecondArray::from(vec![value]));
    assert_eq!(milliseconds(-1500), duration(-1, -500_000_000));
    assert_eq!(milliseconds(-500), duration(0, -500_000_000));
    assert_eq!(milliseconds(0), duration(0, 0));
}

#[test]
fn columns_of_other_types_are_converted_without_loss() {
    let five = || wire().varint(8, 5).0;
    assert_eq!(encode_one("int64", Int8Array::from(vec![5])), five());
    assert_eq!(encode_one("int64", UInt64Array::from(vec![5])), five());
    assert_eq!(encode_one("double", Int64Array::from(vec![5])), wire().double(5, 5.0).0);
    assert_eq!(encode_one("double", Float32Array::from(vec![0.5])), wire().double(5, 0.5).0);
    let half = || wire().fixed32(6, 0.5_f32.to_le_bytes()).0;
    assert_eq!(encode_one("float", Float64Array::from(vec![0.5])), half());
    assert_eq!(encode_one("float", Float32Array::from(vec![0.5])), half());
    let milliseconds =
        wire().bytes(number::LENGTH, prost_types::Duration { seconds: 5400, nanos: 0 }.encode_to_vec()).0;
    assert_eq!(encode_one("length", StringArray::from(vec!["PT1H30M"])), milliseconds);
    let point = wire().message(number::SHAPE, wire().bytes(1, wkb_point(1.0, 2.0))).0;
    assert_eq!(encode_one("shape", StringArray::from(vec!["POINT(1 2)"])), point);
    assert_eq!(encode_one("name", LargeStringArray::from(vec!["x"])), wire().bytes(number::NAME, "x").0);
    let dictionary: DictionaryArray<Int32Type> = ["x"].into_iter().collect();
    assert_eq!(encode_one("name", dictionary), wire().bytes(number::NAME, "x").0);
    assert_eq!(encode_one("blob", BinaryArray::from(vec![&b"x"[..]])), wire().bytes(number::BLOB, "x").0);
    let day = wire().bytes(number::TIME, prost_types::Timestamp { seconds: 86_400, nanos: 0 }.encode_to_vec()).0;
    assert_eq!(encode_one("time", Date32Array::from(vec![1])), day);
    assert_eq!(encode_one("time", TimestampMicrosecondArray::from(vec![86_400_000_000])), day);
    assert_eq!(encode_one("time", StringArray::from(vec!["1970-01-02T00:00:00Z"])), day);
    let zoned = TimestampMicrosecondArray::from(vec![86_400_000_000]).with_timezone("Europe/Vienna");
    assert_eq!(encode_one("time", zoned), day);
    for level in ["L1C", "PROCESSING_LEVEL_L1C", "3"] {
        assert_eq!(encode_one("level", StringArray::from(vec![level])), wire().varint(number::LEVEL, 3).0);
    }
    assert_eq!(encode_one("level", Int64Array::from(vec![3])), wire().varint(number::LEVEL, 3).0);
    let mut lists = LargeListBuilder::new(Int32Builder::new());
    lists.append_value([Some(1), Some(2)]);
    assert_eq!(encode_one("counts", lists.finish()), wire().bytes(number::COUNTS, [1, 2]).0);
    let mut lists = FixedSizeListBuilder::new(Int32Builder::new(), 2);
    lists.values().append_slice(&[1, 2]);
    lists.append(true);
    assert_eq!(encode_one("counts", lists.finish()), wire().bytes(number::COUNTS, [1, 2]).0);
    let encoded = BinaryArray::from(vec![&place(1.0, 2.0).0[..]]);
    assert_eq!(encode_one("place", encoded), wire().message(number::PLACE, place(1.0, 2.0)).0);
}

#[test]
fn a_zero_in_a_nested_message_is_left_out() {
    let coordinate = |name: &str, value| {
        (Arc::new(Field::new(name, DataType::Float64, true)), Arc::new(Float64Array::from(vec![value])) as ArrayRef)
    };
    let place = StructArray::from(vec![coordinate("latitude", 0.0), coordinate("longitude", -0.0)]);
    assert_eq!(encode_one("place", place), wire().message(number::PLACE, wire().double(2, -0.0)).0);
}

#[test]
fn an_invalid_value_is_named_with_its_row() {
    for (error, expected) in [
        (refused("cloud", Int64Array::from(vec![1])), "the field `cloud` does not exist; the fields are time, id,"),
        (
            refused("int64", BooleanArray::from(vec![true])),
            "the field `int64` expects integers, got a column of Boolean",
        ),
        (
            refused("int64", Float64Array::from(vec![1.0, 1.5])),
            "row 1, the field `int64` expects integers (int64), got 1.5",
        ),
        (
            refused("int64", Float64Array::from(vec![f64::INFINITY])),
            "row 0, the field `int64` expects integers (int64), got inf",
        ),
        (
            refused("uint32", Float32Array::from(vec![-1.0])),
            "row 0, the field `uint32` expects integers (uint32), got -1",
        ),
        (refused("level", Float64Array::from(vec![0.5])), "row 0, the field `level` expects integers (int32), got 0.5"),
        (refused("name", Int64Array::from(vec![1])), "the field `name` expects text"),
        (refused("bool", Int64Array::from(vec![1])), "the field `bool` expects booleans"),
        (refused("float", StringArray::from(vec!["1"])), "the field `float` expects numbers"),
        (
            refused("float", Float64Array::from(vec![0.5, 0.1])),
            "row 1, the field `float` expects a number that a float holds exactly, got 0.1: round",
        ),
        (refused("float", Float64Array::from(vec![1e300])), "row 0, the field `float` expects a number that a float"),
        (
            refused("float", Int64Array::from(vec![(1 << 24) + 1])),
            "row 0, the field `float` expects a number that a float",
        ),
        (
            refused("double", Int64Array::from(vec![1 << 53, (1 << 53) + 1])),
            "row 1, the field `double` expects an integer of at most 2^53 (double), got 9007199254740993",
        ),
        (
            refused("double", UInt64Array::from(vec![u64::MAX - 1])),
            "row 0, the field `double` expects an integer of at",
        ),
        (refused("counts", Int64Array::from(vec![1])), "the field `counts` expects a list"),
        (refused("tags", Int64Array::from(vec![1])), "the field `tags` expects a map"),
        (refused("place", Int64Array::from(vec![1])), "the field `place` expects structs"),
        (
            refused("int32", Int64Array::from(vec![1, i64::MAX])),
            "row 1, the field `int32` expects integers (int32), got 9223372036854775807",
        ),
        (
            refused("uint64", Int64Array::from(vec![1, 2, -1])),
            "row 2, the field `uint64` expects integers (uint64), got -1",
        ),
        (
            refused("time", StringArray::from(vec!["2025-01-01T00:00:00Z", "soon"])),
            "row 1, the field `time` expects a time, got `soon`: it is not a time",
        ),
        (
            refused("level", StringArray::from(vec!["L1C", "L9"])),
            "row 1, the field `level` expects one of UNSPECIFIED, ",
        ),
        (
            refused("shape", BinaryArray::from(vec![Some(&wkb_point(1.0, 2.0)[..]), None, Some(b"x")])),
            "row 2, the field `shape` is not a valid geometry: not valid WKB",
        ),
        (
            refused("shape", BinaryArray::from(vec![&[wkb_point(1.0, 2.0), vec![7]].concat()[..]])),
            "row 0, the field `shape` is not a valid geometry: not valid WKB: 1 bytes follow the geometry",
        ),
        (
            refused(
                "shape",
                BinaryArray::from(vec![&wkb_ring(&[[10.0, 45.0], [11.0, 45.0], [11.0, 46.0], [10.0, 46.0]])[..]]),
            ),
            "row 0, the field `shape` is not a valid geometry: a ring begins at (10 45) and ends at (10 46)",
        ),
    ] {
        assert!(error.starts_with(expected), "{error}");
    }
    let mut lists = LargeListBuilder::new(Int32Builder::new());
    lists.append_value([Some(1), Some(2)]);
    lists.append_value([Some(1), None]);
    assert_eq!(
        refused("counts", lists.finish()),
        "row 1, the field `counts` has a list with a null element; remove it"
    );
    let inner = StructArray::from(vec![(
        Arc::new(Field::new("height", DataType::Float64, true)),
        Arc::new(Float64Array::from(vec![1.0])) as ArrayRef,
    )]);
    assert!(refused("place", inner).starts_with("the field `place.height` does not exist; the fields are latitude"));
    let twice =
        batch(vec![("int64", Arc::new(Int64Array::from(vec![1]))), ("int64", Arc::new(Int64Array::from(vec![1])))]);
    assert!(encode_batch(&schema(), &twice).unwrap_err().to_string().contains("has two columns"));
}

#[test]
fn the_error_of_an_element_has_the_row_of_its_list() {
    let mut lists = arrow_array::builder::ListBuilder::new(arrow_array::builder::StringBuilder::new());
    lists.append_value([Some("L1C"), Some("L2")]);
    lists.append_null();
    lists.append_value([Some("L1C"), Some("L9")]);
    let lists = lists.finish();
    assert!(refused("levels", lists.clone()).starts_with("row 2, the field `levels` expects one of UNSPECIFIED, "));
    assert!(refused("levels", lists.slice(1, 2)).starts_with("row 1, the field `levels` expects one of UNSPECIFIED, "));
    assert_eq!(encode_one("levels", lists.slice(0, 1)), wire().bytes(number::LEVELS, [3, 4]).0);
}
