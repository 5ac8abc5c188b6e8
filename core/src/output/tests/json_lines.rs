//! JSON Lines.

use arrow_array::{Int64Array, StructArray, UInt64Array};

use super::*;

/// Parses each line.
fn lines(pages: &[Datapoints]) -> Vec<Value> {
    let text = String::from_utf8(write(Format::JsonLines, pages)).expect("UTF-8");
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn json_lines_have_one_object_per_row() {
    let text = String::from_utf8(write(Format::JsonLines, &[page(1, "S2A"), page(2, "S2A").slice(1, 1)]));
    let expected = concat!(
        r#"{"time":"1970-01-01T00:00:00Z","id":"00000000-0000-0000-0000-000000000000","#,
        r#""geometry":{"coordinates":[10.5,45.0],"type":"Point"},"name":"a \"long\" name, number 0","#,
        r#""cloud_cover":0.1,"platform":null,"bands":[1,null]}"#,
        "\n",
        r#"{"time":"1970-01-01T00:00:00.000000500Z","id":"00000000-0000-0000-0000-000000000001","#,
        r#""geometry":null,"name":"a \"long\" name, number 1","cloud_cover":null,"platform":"S2A","bands":null}"#,
        "\n",
    );
    assert_eq!(text.expect("UTF-8"), expected);
    assert_eq!(write(Format::JsonLines, &[]), b"");
}

#[test]
fn json_lines_keep_every_digit_of_integers() {
    let columns: [(&str, ArrayRef); 2] = [
        ("signed", Arc::new(Int64Array::from(vec![i64::MIN, (1 << 53) + 1]))),
        ("unsigned", Arc::new(UInt64Array::from(vec![u64::MAX, 0]))),
    ];
    let rows = lines(&[RecordBatch::try_from_iter(columns).expect("a batch").into()]);
    assert_eq!(rows[0], json!({"signed": i64::MIN, "unsigned": u64::MAX}));
    assert_eq!(rows[1]["signed"].as_i64(), Some((1 << 53) + 1));
}

#[test]
fn a_geometry_in_a_message_is_geojson_in_json_lines() {
    let shapes: ArrayRef = Arc::new(BinaryViewArray::from_iter_values([ewkb(1.0, 2.0), ewkb(f64::INFINITY, 0.0)]));
    let message: ArrayRef = Arc::new(StructArray::from(vec![(Arc::new(geometry_field("shape")), shapes)]));
    let rows = lines(&[RecordBatch::try_from_iter([("message", message)]).expect("a batch").into()]);
    assert_eq!(rows[0]["message"]["shape"], json!({"type": "Point", "coordinates": [1.0, 2.0]}));
    assert_eq!(rows[1]["message"]["shape"], Value::Null);
}
