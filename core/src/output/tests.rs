//! Files of each format, written and read back.

#[cfg(all(feature = "arrow-ipc", feature = "csv", feature = "parquet"))]
mod edge_cases;
#[cfg(feature = "parquet")]
mod geoparquet;
mod json_lines;
mod names;
mod stac;

use std::collections::HashMap;
use std::error::Error as _;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryViewArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, ListArray, RecordBatch,
    StringViewArray, TimestampNanosecondArray,
};
use arrow_schema::{Field, Schema};
use serde_json::{Value, json};

use super::{Format, TableWriter};
use crate::datapoints::Datapoints;
use crate::datapoints::samples::geometry_field;
use crate::error::ErrorKind;

/// Encodes a point as the server does: little-endian EWKB in EPSG:4326.
fn ewkb(x: f64, y: f64) -> Vec<u8> {
    [&[1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

/// Returns a page of `rows` datapoints. Every third platform and every second geometry is null.
fn page(rows: usize, platform: &str) -> Datapoints {
    let numbers = 0..rows as i64;
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "time",
            Arc::new(TimestampNanosecondArray::from_iter_values(numbers.clone().map(|n| n * 500)).with_timezone("UTC")),
        ),
        (
            "id",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    numbers.clone().map(|n| Some((n as u128).to_be_bytes())),
                    16,
                )
                .expect("ids"),
            ),
        ),
        (
            "geometry",
            Arc::new(BinaryViewArray::from_iter(
                numbers.clone().map(|n| (n % 2 == 0).then(|| ewkb(10.5 + n as f64, 45.0))),
            )),
        ),
        (
            "name",
            Arc::new(StringViewArray::from_iter_values(
                numbers.clone().map(|n| format!("a \"long\" name, number {n}")),
            )),
        ),
        (
            "cloud_cover",
            Arc::new(Float64Array::from_iter(numbers.clone().map(|n| if n == 1 { f64::NAN } else { 0.1 }))),
        ),
        (
            "platform",
            Arc::new(DictionaryArray::<Int32Type>::from_iter(
                numbers.clone().map(|n| (n % 3 != 0).then_some(platform)),
            )),
        ),
        (
            "bands",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
                numbers.map(|n| (n != 1).then(|| vec![Some(1), None])),
            )),
        ),
    ];
    let fields = columns.iter().map(|(name, column)| {
        let extension = match *name {
            "id" => Some("arrow.uuid"),
            "geometry" => Some("geoarrow.wkb"),
            _ => None,
        };
        let metadata = extension.map(|name| ("ARROW:extension:name".to_owned(), name.to_owned()));
        Field::new(*name, column.data_type().clone(), true).with_metadata(HashMap::from_iter(metadata))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())
        .expect("a batch")
        .into()
}

fn write(format: Format, pages: &[Datapoints]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = TableWriter::new(format, &mut bytes);
    for page in pages {
        writer.write(page).expect("a page");
    }
    assert_eq!(writer.rows(), pages.iter().map(|page| page.len() as u64).sum::<u64>());
    writer.finish().expect("a file");
    bytes
}

#[test]
fn geojson_has_a_feature_for_each_datapoint() {
    let bytes = write(Format::GeoJson, &[page(2, "S2A"), page(1, "S2B")]);
    let collection: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(collection["type"], "FeatureCollection");
    let features = collection["features"].as_array().expect("features");
    assert_eq!(features.len(), 3);
    assert_eq!(
        features[0],
        json!({
            "type": "Feature",
            "id": "00000000-0000-0000-0000-000000000000",
            "geometry": {"type": "Point", "coordinates": [10.5, 45.0]},
            "properties": {
                "time": "1970-01-01T00:00:00Z", "name": "a \"long\" name, number 0", "cloud_cover": 0.1,
                "platform": null, "bands": [1, null],
            },
        })
    );
    let second = &features[1];
    assert_eq!((&second["geometry"], &second["properties"]["cloud_cover"]), (&Value::Null, &Value::Null));
    assert_eq!((&second["properties"]["platform"], &second["properties"]["bands"]), (&json!("S2A"), &Value::Null));
    assert_eq!(second["properties"]["time"], "1970-01-01T00:00:00.000000500Z");
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 5, "one line per feature");
}

#[test]
fn geojson_needs_neither_datapoints_nor_a_geometry() {
    let parse = |bytes: Vec<u8>| -> Value { serde_json::from_slice(&bytes).expect("JSON") };
    assert_eq!(parse(write(Format::GeoJson, &[])), json!({"type": "FeatureCollection", "features": []}));
    let named = page(1, "S2A").select(&["name"]).expect("a column");
    let collection = parse(write(Format::GeoJson, &[named]));
    assert_eq!(collection["features"][0]["geometry"], Value::Null);
    assert!(collection["features"][0].get("id").is_none());
}

#[test]
fn large_pages_are_written_in_parts() {
    let pages = [page(300, "S2A"), page(100, "S2B").slice(40, 60)];
    for format in ["geojson", "jsonl", "csv", "parquet"].iter().filter_map(|name| name.parse::<Format>().ok()) {
        let whole = write(format, &pages);
        let mut parts = Vec::new();
        let mut writer = TableWriter::new(format, &mut parts);
        // The size of a few rows, then less than one value.
        for limit in [200, 3] {
            writer.max_bytes = limit;
            writer.write(&pages[usize::from(limit == 3)]).expect("a page");
        }
        writer.finish().expect("a file");
        assert!(whole == parts, "{format}");
    }
}

/// A writer that fails after a number of bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 =
            self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::new(io::ErrorKind::StorageFull, "no space"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn write_errors_keep_their_source_in_every_format() {
    let formats = ["geojson", "jsonl", "csv", "arrow", "arrow-stream", "parquet"];
    for format in formats.iter().filter_map(|name| name.parse::<Format>().ok()) {
        let error = page(1000, "S2A").write(format, Full(100)).expect_err("no space");
        assert_eq!(error.kind(), ErrorKind::Output, "{error}");
        assert!(error.to_string().starts_with(&format!("cannot write a table as {format}: no space; ")), "{error}");
        let source =
            error.source().and_then(|source| source.downcast_ref::<io::Error>()).expect("the error of the file");
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
fn changed_columns_and_malformed_geometries_are_rejected() {
    let mut bytes = Vec::new();
    let mut writer = TableWriter::new(Format::GeoJson, &mut bytes);
    writer.write(&page(1, "S2A")).expect("the first page");
    let error = writer.write(&page(1, "S2A").select(&["name"]).expect("a column")).expect_err("different columns");
    assert!(error.to_string().contains("the columns differ from those of the first page"), "{error}");
    let error = writer.write(&page(1, "S2A")).expect_err("an earlier error");
    assert!(error.to_string().contains("an earlier write failed"), "{error}");

    let shapes: ArrayRef = Arc::new(BinaryViewArray::from_iter_values([&b"POINT(1 2)"[..]]));
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(vec![geometry_field("shape")])), vec![shapes]).expect("a batch");
    let error = Datapoints::new(batch).write(Format::GeoJson, Vec::new()).expect_err("not WKB").to_string();
    assert!(error.contains("the column `shape` is not valid WKB in row 0"), "{error}");
}

#[test]
#[cfg(feature = "csv")]
fn csv_has_one_line_per_datapoint() {
    let text = String::from_utf8(write(Format::Csv, &[page(1, "S2A"), page(2, "S2A").slice(1, 1)])).expect("UTF-8");
    let expected = "time,id,geometry,name,cloud_cover,platform,bands\n\
        1970-01-01T00:00:00Z,00000000-0000-0000-0000-000000000000,POINT(10.5 45),\"a \"\"long\"\" name, number 0\",0.1,,\"[1,null]\"\n\
        1970-01-01T00:00:00.000000500Z,00000000-0000-0000-0000-000000000001,,\"a \"\"long\"\" name, number 1\",,S2A,\n";
    assert_eq!(text, expected);
    assert_eq!(write(Format::Csv, &[]), b"");
}

#[test]
#[cfg(feature = "arrow-ipc")]
fn arrow_files_and_streams_contain_pages_with_different_enums() {
    use arrow_array::cast::AsArray as _;
    use arrow_ipc::reader::{FileReader, StreamReader};

    let pages = [page(4, "S2A"), page(4, "S2B")];
    let file = write(Format::ArrowFile, &pages);
    let read: Vec<RecordBatch> =
        FileReader::try_new(io::Cursor::new(file), None).expect("a file").collect::<Result<_, _>>().expect("batches");
    let platforms = |batch: &RecordBatch| batch.column_by_name("platform").expect("a column").clone();
    assert_eq!(platforms(&read[1]).as_string::<i32>().value(1), "S2B");
    assert_eq!(
        read[0].schema().field_with_name("geometry").expect("a column").data_type(),
        &arrow_schema::DataType::Binary
    );

    let stream = write(Format::ArrowStream, &pages);
    let read: Vec<RecordBatch> =
        StreamReader::try_new(&stream[..], None).expect("a stream").collect::<Result<_, _>>().expect("batches");
    let platforms = platforms(&read[1]);
    let platforms = platforms.as_dictionary::<Int32Type>();
    assert_eq!(platforms.values().as_string::<i32>().value(platforms.key(1).expect("a key")), "S2B");
    assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), 8);
}

/// Returns a page with a geometry column.
fn geometries(wkb: Vec<Option<Vec<u8>>>) -> Datapoints {
    let column: ArrayRef = Arc::new(BinaryViewArray::from_iter(wkb));
    RecordBatch::try_new(Arc::new(Schema::new(vec![geometry_field("geometry")])), vec![column]).expect("a batch").into()
}

fn from_text(texts: &[&str]) -> Datapoints {
    let wkb = texts.iter().map(|text| Some(crate::schema::geometry::from_text(text).expect("WKT")));
    geometries(wkb.collect())
}

#[test]
fn an_empty_point_is_written_in_every_format() {
    let all = from_text(&["POINT(1 2)", "POINT EMPTY", "GEOMETRYCOLLECTION(POINT EMPTY)", "POINT(3 4)"]);
    let collection: Value = serde_json::from_slice(&write(Format::GeoJson, std::slice::from_ref(&all))).expect("JSON");
    let geometries: Vec<_> = (0..4).map(|row| collection["features"][row]["geometry"].clone()).collect();
    let empty = json!({"type": "MultiPoint", "coordinates": []});
    assert_eq!(geometries[1..3], [empty.clone(), json!({"type": "GeometryCollection", "geometries": [empty]})]);
    assert_eq!(geometries[3], json!({"type": "Point", "coordinates": [3.0, 4.0]}));
    for format in
        ["jsonl", "csv", "arrow", "arrow-stream", "parquet"].iter().filter_map(|name| name.parse::<Format>().ok())
    {
        assert!(!write(format, std::slice::from_ref(&all)).is_empty());
    }
}

#[test]
#[cfg(feature = "csv")]
fn csv_keeps_heights_measures_and_ring_order() {
    let texts = ["POINT EMPTY", "POINT Z(1 2 300)", "POINT M(1 2 3)", "POLYGON((0 0,0 1,1 1,1 0,0 0))"];
    let csv = String::from_utf8(write(Format::Csv, &[from_text(&texts)])).expect("UTF-8");
    let expected = "geometry\nPOINT EMPTY\nPOINT Z(1 2 300)\nPOINT M(1 2 3)\n\"POLYGON((0 0,0 1,1 1,1 0,0 0))\"\n";
    assert_eq!(csv, expected);
}

#[test]
fn geojson_orients_rings_and_cuts_at_the_antimeridian() {
    let all = from_text(&[
        "POINT Z(1 2 300)",
        "POLYGON((0 0, 0 1, 1 1, 1 0, 0 0))",
        "POLYGON((179 0, -179 0, -179 1, 179 1, 179 0))",
    ]);
    let json = String::from_utf8(write(Format::GeoJson, &[all])).expect("UTF-8");
    assert!(json.contains("[1.0,2.0,300.0]"), "{json}");
    assert!(json.contains("[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,1.0],[0.0,0.0]]]"), "{json}");
    assert!(json.contains(r#""type":"MultiPolygon""#) && !json.contains("[-179.0,0.0],[179.0"), "{json}");
}

#[test]
fn a_geometry_with_a_nan_coordinate_is_null_in_geojson() {
    let mut bytes = crate::schema::geometry::from_text("LINESTRING(0 0, 1 1)").expect("WKB");
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
    let json: Value = serde_json::from_slice(&write(Format::GeoJson, &[geometries(vec![Some(bytes)])])).expect("JSON");
    assert_eq!(json["features"][0]["geometry"], Value::Null);
}
