//! Sample datapoints and assertions for tests.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryViewArray, FixedSizeBinaryArray, Int64Array, RecordBatch, StringViewArray, TimestampNanosecondArray,
};
use arrow_schema::{DataType, Field, Schema};

/// Returns a batch with a column of each kind that tables format; row 1 of `count` is null.
pub(super) fn batch(rows: usize) -> RecordBatch {
    let point = hex("0101000000000000000000f03f0000000000000040");
    let columns: Vec<(Field, ArrayRef)> = vec![
        (
            Field::new("time", DataType::Timestamp(arrow_schema::TimeUnit::Nanosecond, Some("UTC".into())), true),
            Arc::new(
                TimestampNanosecondArray::from_iter_values((0..rows as i64).map(|row| row * 1_500_000_000))
                    .with_timezone("UTC"),
            ),
        ),
        (
            Field::new("id", DataType::FixedSizeBinary(16), true),
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    (0..rows).map(|row| Some((row as u128).to_be_bytes())),
                    16,
                )
                .expect("ids"),
            ),
        ),
        (geometry_field("geometry"), Arc::new(BinaryViewArray::from_iter_values((0..rows).map(|_| &point)))),
        (
            Field::new("count", DataType::Int64, true),
            Arc::new(Int64Array::from_iter((0..rows as i64).map(|row| (row != 1).then_some(row)))),
        ),
        (
            Field::new("text", DataType::Utf8View, true),
            Arc::new(StringViewArray::from_iter_values((0..rows).map(|_| "a\nb".repeat(30)))),
        ),
    ];
    let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch")
}

/// Returns the field of a geometry column as the decoder produces it.
pub(crate) fn geometry_field(name: &str) -> Field {
    let metadata = HashMap::from([("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())]);
    Field::new(name, DataType::BinaryView, true).with_metadata(metadata)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

/// Asserts that HTML or SVG is well formed.
pub(crate) fn assert_well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').unwrap_or_else(|| panic!("unterminated tag: {part}"));
        assert!(tag.matches('"').count().is_multiple_of(2), "unterminated attribute: {tag}");
        for entity in rest.split('&').skip(1).chain(tag.split('&').skip(1)) {
            assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| entity.starts_with(known)), "{entity}");
        }
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{text}"),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "unclosed elements: {open:?}");
}
