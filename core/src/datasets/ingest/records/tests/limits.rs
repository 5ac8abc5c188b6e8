//! Records and columns have the same limits: both accept the same values, and accepted values are read back.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::{
    Array as _, ArrayRef, BinaryArray, Date32Array, DurationNanosecondArray, DurationSecondArray, Float32Array,
    Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, TimestampSecondArray, UInt64Array,
};
use proptest::prelude::*;
use prost_types::field_descriptor_proto::Type;

use super::*;
use crate::columns::{PageDecoder, encode_batch};
use crate::schema::DatasetSchema;
use crate::schema::samples::{annotated, field, named};

/// Returns a dataset with an additional field `x`.
fn schema(x: prost_types::FieldDescriptorProto) -> Arc<DatasetSchema> {
    Arc::new(DatasetSchema::from_annotated_type(&annotated(vec![x], |_| {})).expect("a schema"))
}

fn scalar(kind: Type) -> Arc<DatasetSchema> {
    schema(field("x", 4, kind))
}

fn message(name: &str) -> Arc<DatasetSchema> {
    schema(named("x", 4, Type::Message, name))
}

#[derive(Serialize)]
struct Row<T> {
    time: &'static str,
    x: T,
}

/// Encodes a record and decodes its column.
fn record(schema: &Arc<DatasetSchema>, x: impl Serialize) -> std::result::Result<ArrayRef, String> {
    let records = Records([Row { time: "2025-01-01", x }]);
    let messages = records.into_messages(&DatapointEncoder::new(schema)).map_err(|error| error.to_string())?;
    Ok(decode(schema, &messages))
}

fn column(schema: &Arc<DatasetSchema>, x: impl arrow_array::Array + 'static) -> std::result::Result<ArrayRef, String> {
    let x: ArrayRef = Arc::new(x);
    let batch = RecordBatch::try_from_iter_with_nullable([("x", x, true)]).expect("a batch");
    Ok(decode(schema, &encode_batch(schema, &batch).map_err(|error| error.to_string())?))
}

fn decode(schema: &DatasetSchema, messages: &[Bytes]) -> ArrayRef {
    let batch = PageDecoder::new(schema).expect("a decoder").decode_messages(messages).expect("readable");
    let column = Arc::clone(batch.column_by_name("x").expect("a column"));
    assert_eq!(column.null_count(), 0, "accepted values are read back");
    column
}

/// Returns whether records and columns both accept a value, with equal results. Panics if only one of them does.
fn same(record: std::result::Result<ArrayRef, String>, column: std::result::Result<ArrayRef, String>) -> bool {
    match (record, column) {
        (Ok(record), Ok(column)) => {
            assert_eq!(&record, &column);
            true
        }
        (Err(_), Err(_)) => false,
        (record, column) => panic!("only one accepts it: {record:?}, {column:?}"),
    }
}

#[test]
fn integers_beyond_a_double_are_refused() {
    let double = scalar(Type::Double);
    for (number, fits) in
        [(1 << 53, true), ((1 << 53) + 1, false), (-(1 << 53) - 1, false), (i64::MAX, false), (0, true)]
    {
        assert_eq!(same(record(&double, number), column(&double, Int64Array::from(vec![number]))), fits, "{number}");
    }
    assert!(!same(record(&double, u64::MAX - 1), column(&double, UInt64Array::from(vec![u64::MAX - 1]))));
    let error = record(&double, (1_i64 << 53) + 1).expect_err("refused");
    assert!(
        error.contains("the field `x` expects an integer of at most 2^53 (double), got 9007199254740993"),
        "{error}"
    );
}

#[test]
fn numbers_beyond_a_float_are_refused() {
    let float = scalar(Type::Float);
    for (number, fits) in [(0.5, true), (0.1, false), (1e300, false), (f64::INFINITY, true), (-0.0, true)] {
        assert_eq!(same(record(&float, number), column(&float, Float64Array::from(vec![number]))), fits, "{number}");
    }
    assert!(same(record(&float, 0.1_f32), column(&float, Float32Array::from(vec![0.1]))));
    for (number, fits) in [(0, true), (-1, true), (1 << 24, true), ((1 << 24) + 1, false)] {
        let columns = column(&float, Int64Array::from(vec![number]));
        assert_eq!(same(record(&float, number), columns), fits, "{number}");
    }
}

#[test]
fn times_beyond_nanoseconds_are_refused() {
    let stamp = message(".google.protobuf.Timestamp");
    for (time, fits) in [
        ("2262-04-11T23:47:16.854775807Z", true),
        ("2262-04-11T23:47:16.854775808Z", false),
        ("1677-09-21T00:12:43.145224192Z", true),
        ("1677-09-21T00:12:43.145224191Z", false),
        ("9999-12-31T23:59:59Z", false),
        ("0001-01-01", false),
        ("2025-03-01T12:30:00+01:00", true),
    ] {
        assert_eq!(same(record(&stamp, time), column(&stamp, StringArray::from(vec![time]))), fits, "{time}");
    }
    let error = record(&stamp, "9999-12-31T23:59:59Z").expect_err("refused");
    assert!(
        error.contains(
            "expects a time between 1677-09-21 and 2262-04-11, got 9999-12-31T23:59:59Z: leave the field out"
        ),
        "{error}"
    );
    for days in [200_000, -200_000, 2_932_896] {
        assert!(column(&stamp, Date32Array::from(vec![days])).is_err(), "{days}");
    }
    let error = column(&stamp, TimestampSecondArray::from(vec![253_402_300_799])).expect_err("refused");
    assert!(error.contains("2262-04-11, got 9999-12-31T23:59:59Z: leave the field out"), "{error}");
    assert!(column(&stamp, TimestampMillisecondArray::from(vec![253_402_300_799_000])).is_err());
}

#[test]
fn durations_beyond_292_years_are_refused() {
    let span = message(".google.protobuf.Duration");
    let years = |years: u64| years * 365 * 86_400;
    for (seconds, fits) in [(years(292), true), (years(293), false), (0, true)] {
        let length = Duration::from_secs(seconds);
        assert_eq!(same(record(&span, length), column(&span, DurationSecondArray::from(vec![seconds as i64]))), fits);
        let text = format!("-PT{seconds}S");
        assert_eq!(same(record(&span, &text), column(&span, StringArray::from(vec![text]))), fits);
    }
    let error = record(&span, Duration::from_secs(years(300))).expect_err("refused");
    assert!(error.contains("expects a duration within 292 years"), "{error}");
    let error = column(&span, DurationSecondArray::from(vec![years(300) as i64])).expect_err("refused");
    assert!(error.contains("within 292 years, got PT9460800000S"), "{error}");
    assert!(record(&span, 1_500_000_000_i64).is_err(), "a number has no unit");
}

#[test]
fn geometries_are_complete_and_closed() {
    let place = message(".datasets.v1.Geometry");
    let point = crate::schema::geometry::from_text("POINT(1 2)").expect("WKB");
    for (bytes, fits) in
        [(point.clone(), true), ([&point[..], &[1, 2, 3]].concat(), false), (point[..9].to_vec(), false)]
    {
        assert_eq!(same(record(&place, &bytes), column(&place, BinaryArray::from(vec![&bytes[..]]))), fits);
    }
    for (text, fits) in [
        ("POINT(1 2)", true),
        ("SRID=4326;POINT(1 2)", true),
        ("POINT(1 2) POINT(3 4)", false),
        ("POLYGON((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5))", false),
        ("POLYGON((10 45, 11 45, 11 46, 10 46))", false),
    ] {
        assert_eq!(same(record(&place, text), column(&place, StringArray::from(vec![text]))), fits, "{text}");
    }
    let error = record(&place, "POLYGON((10 45, 11 45, 11 46, 10 46))").expect_err("refused");
    assert!(
        error.contains("the datapoint 0: the field `x` is not a valid geometry: a ring begins at (10 45)"),
        "{error}"
    );
}

#[test]
fn times_of_other_crates_are_accepted() {
    let stamp = message(".google.protobuf.Timestamp");
    let expected = record(&stamp, "2025-03-01T12:00:00Z").expect("a time");
    // `jiff::Zoned`; `time::OffsetDateTime` as text, and below as numbers.
    for text in ["2025-03-01T13:00:00+01:00[Europe/Vienna]", "2025-03-01 13:00:00.0 +01:00:00", "2025-03-01T12:00:00Z"]
    {
        assert_eq!(record(&stamp, text).as_ref(), Ok(&expected), "{text}");
    }
    assert_eq!(record(&stamp, (2025, 60, 13, 0, 0, 0, 1, 0, 0)).as_ref(), Ok(&expected));
    for invalid in [
        (2025, 366, 0, 0, 0, 0, 0, 0, 0),
        (2025, 1, 24, 0, 0, 0, 0, 0, 0),
        (2025, 1, 0, 0, 0, 0, i32::MAX, 0, 0),
        (2025, 1, 0, 0, 0, 0, 0, i32::MIN, 0),
    ] {
        assert!(record(&stamp, invalid).is_err(), "{invalid:?}");
    }
    for invalid in ["2025-03-01T12:00:00[UTC", "2025-03-01T12:00:00 [UTC"] {
        assert!(record(&stamp, invalid).is_err(), "{invalid}");
    }
}

proptest! {
    #[test]
    fn integers_in_a_double_field_have_one_limit(number: i64, shift in 0_u32..63) {
        let (double, number) = (scalar(Type::Double), number >> shift);
        if same(record(&double, number), column(&double, Int64Array::from(vec![number]))) {
            let back = record(&double, number).expect("accepted");
            prop_assert_eq!(back.as_primitive::<arrow_array::types::Float64Type>().value(0) as i128, i128::from(number));
        }
    }

    #[test]
    fn numbers_in_a_float_field_have_one_limit(number: f64) {
        let float = scalar(Type::Float);
        same(record(&float, number), column(&float, Float64Array::from(vec![number])));
    }

    #[test]
    fn durations_are_accepted_by_both(nanoseconds in 0..=i64::MAX) {
        let span = message(".google.protobuf.Duration");
        let length = Duration::from_nanos(nanoseconds as u64);
        prop_assert!(same(record(&span, length), column(&span, DurationNanosecondArray::from(vec![nanoseconds]))));
    }
}
