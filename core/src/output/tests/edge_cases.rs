//! Edge cases of geometries, enums and texts in every format.

use arrow_array::{Float32Array, StringArray, StructArray};
use arrow_buffer::OffsetBuffer;

use super::*;

/// Geometries that are empty or nested, have heights or measures, cross the antimeridian, or have numbers of many digits.
const GEOMETRIES: [&str; 20] = [
    "POINT EMPTY",
    "POINT Z EMPTY",
    "LINESTRING EMPTY",
    "POLYGON EMPTY",
    "MULTIPOINT EMPTY",
    "MULTIPOLYGON EMPTY",
    "GEOMETRYCOLLECTION EMPTY",
    "GEOMETRYCOLLECTION(POINT EMPTY)",
    "GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(POINT(3 4)))",
    "POINT Z(1 2 3)",
    "POINT M(1 2 3)",
    "POINT ZM(1 2 3 4)",
    "LINESTRING Z(0 0 1,1 1 2)",
    "POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))",
    "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
    "POLYGON((0 0,0 1,1 1,1 0,0 0))",
    "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))",
    "POLYGON((179 0,-179 0,-179 1,179 1,179 0))",
    "POINT(1e300 1e-300)",
    "POINT(0.1 0.30000000000000004)",
];

/// Reads the batches of a file. Returns `None` for formats without a reader.
fn read(format: Format, bytes: Vec<u8>) -> Option<Vec<Datapoints>> {
    let batches: Vec<RecordBatch> = match format {
        Format::ArrowFile => {
            let reader = arrow_ipc::reader::FileReader::try_new(io::Cursor::new(bytes), None).expect("a file");
            reader.collect::<Result<_, _>>().expect("batches")
        }
        Format::ArrowStream => {
            let reader = arrow_ipc::reader::StreamReader::try_new(&bytes[..], None).expect("a stream");
            reader.collect::<Result<_, _>>().expect("batches")
        }
        Format::Parquet => {
            use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).expect("a file");
            reader.build().expect("a reader").collect::<Result<_, _>>().expect("batches")
        }
        _ => return None,
    };
    Some(batches.into_iter().map(Datapoints::new).collect())
}

fn formats() -> impl Iterator<Item = Format> {
    ["geojson", "jsonl", "csv", "arrow", "arrow-stream", "parquet"].iter().filter_map(|name| name.parse().ok())
}

fn csv(pages: &[Datapoints]) -> String {
    String::from_utf8(write(Format::Csv, pages)).expect("UTF-8")
}

/// Parses records by RFC 4180. An empty cell without quotes is `None`.
fn records(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut records, mut record, mut cell, mut is_quoted, mut inside) = (vec![], vec![], String::new(), false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => (inside, is_quoted) = (!inside, true),
            ',' | '\n' if !inside => {
                let is_null = cell.is_empty() && !is_quoted;
                record.push((!is_null).then(|| std::mem::take(&mut cell)));
                is_quoted = false;
                if character == '\n' {
                    records.push(std::mem::take(&mut record));
                }
            }
            other => cell.push(other),
        }
    }
    records
}

#[test]
fn edge_cases_of_geometries_are_kept_by_every_format() {
    for text in GEOMETRIES {
        let one = from_text(&[text]);
        let wkb = crate::schema::geometry::from_text(text).expect("WKT");
        for format in formats() {
            let bytes = write(format, std::slice::from_ref(&one));
            match format {
                Format::GeoJson => {
                    let json: Value = serde_json::from_slice(&bytes).expect("JSON");
                    let geometry = &json["features"][0]["geometry"];
                    assert!(geometry["type"].is_string(), "{text}: {json}");
                    assert!(!geometry.to_string().contains("null"), "{text}: {json}");
                }
                Format::JsonLines => {
                    let json: Value = serde_json::from_slice(&bytes).expect("JSON");
                    assert!(json["geometry"]["type"].is_string(), "{text}: {json}");
                    assert!(!json.to_string().contains("null"), "{text}: {json}");
                }
                Format::Csv => {
                    let cell = records(&csv(std::slice::from_ref(&one)))[1][0].clone().expect("a geometry");
                    assert_eq!(crate::schema::geometry::from_text(&cell).expect("WKT"), wkb, "{text}: {cell}");
                }
                _ => {
                    let read = read(format, bytes).expect("a format with a reader");
                    let column = read[0].column("geometry").expect("a column").clone();
                    let column = arrow_array::cast::AsArray::as_binary_opt::<i32>(&column).map_or_else(
                        || arrow_array::cast::AsArray::as_binary_view(&column).value(0).to_vec(),
                        |column| column.value(0).to_vec(),
                    );
                    assert_eq!(column, wkb, "{text} in {format}");
                }
            }
        }
        for width in [0, 1, 3, 20, 200] {
            assert!(format!("{one:width$}").contains("datapoint"), "{text}");
        }
    }
}

/// Returns enums of one name: as a column, in a message and in a list.
fn nested(name: &str) -> Datapoints {
    let enums = |rows: usize| -> ArrayRef {
        Arc::new(DictionaryArray::<Int32Type>::from_iter((0..rows).map(|row| (row % 3 != 0).then_some(name))))
    };
    let field = |name, column: &ArrayRef| Arc::new(Field::new(name, column.data_type().clone(), true));
    let (inner, items) = (enums(4), enums(6));
    let message: ArrayRef = Arc::new(StructArray::from(vec![(field("level", &inner), inner)]));
    let lengths = OffsetBuffer::from_lengths([2, 0, 3, 1]);
    let list: ArrayRef = Arc::new(ListArray::new(field("item", &items), lengths, items, None));
    let columns = [("plain", enums(4), true), ("message", message, true), ("list", list, true)];
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch").into()
}

#[test]
fn nested_enums_keep_their_names_in_every_page() {
    let pages = [nested("A"), nested("BB"), nested("A").slice(1, 2), nested("CCC").slice(2, 2)];
    let expected = csv(&pages);
    assert!(["A", "BB", "CCC"].iter().all(|name| expected.contains(name)), "{expected}");
    for format in formats() {
        if let Some(read) = read(format, write(format, &pages)) {
            assert_eq!(csv(&read), expected, "{format}");
        }
    }
    assert_eq!(csv(&[Datapoints::concat(&pages).expect("one table")]), expected);
}

#[test]
fn edge_cases_of_texts_and_numbers_are_read_back_from_csv() {
    let texts = [
        Some("=1+1"),
        Some("@SUM(A1)"),
        Some("-2+3"),
        Some("\tx"),
        Some(" lead"),
        Some("a\r\nb"),
        Some("a\rb"),
        Some("quote\"x"),
        Some(""),
        None,
        Some("null"),
        Some("\u{feff}x"),
        Some("#comment"),
        Some("007"),
        Some("\u{0}"),
    ];
    let doubles = [-0.0, 1e-7, 1e21, 0.1, 5e-324, 1.0, f64::MAX, f64::MIN_POSITIVE, 123_456_789.123_456_79];
    let floats = [0.1, f32::MAX, f32::MIN_POSITIVE, 16_777_217.0, 1e-45, 3.0, -0.0];
    let columns: [(&str, ArrayRef, bool); 3] = [
        ("text", Arc::new(StringArray::from(texts.to_vec())), true),
        ("double", Arc::new(Float64Array::from_iter((0..texts.len()).map(|row| doubles.get(row).copied()))), true),
        ("float", Arc::new(Float32Array::from_iter((0..texts.len()).map(|row| floats.get(row).copied()))), true),
    ];
    let all = Datapoints::new(RecordBatch::try_from_iter_with_nullable(columns).expect("a batch"));
    let written = csv(std::slice::from_ref(&all));
    let records = records(&written);
    assert_eq!(records.len(), texts.len() + 1, "{written}");
    for (row, record) in records[1..].iter().enumerate() {
        // Null is written as empty text.
        assert_eq!(record[0].as_deref().unwrap_or_default(), texts[row].unwrap_or_default(), "{written}");
        let double = record[1].as_ref().map(|cell| cell.parse::<f64>().expect("a number").to_bits());
        assert_eq!(double, doubles.get(row).map(|number| number.to_bits()), "{written}");
        let float = record[2].as_ref().map(|cell| cell.parse::<f32>().expect("a number").to_bits());
        assert_eq!(float, floats.get(row).map(|number| number.to_bits()), "{written}");
    }
    // A table of one column has a line for null.
    assert_eq!(self::records(&csv(&[all.select(&["text"]).expect("a column")])).len(), texts.len() + 1);
}

#[test]
fn tables_of_any_width_are_printed() {
    let names =
        ["日本語のとても長い名前がここにあります", "\u{202e}abc\u{200b}\u{1f468}\u{200d}\u{1f469}", "a\tb\rc\u{7}"];
    let text = |values: [&str; 3]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let wide = RecordBatch::try_from_iter([("名前", text(names)), ("b", text(["x", "y", "z"]))]);
    let wide = Datapoints::new(wide.expect("a batch"));
    let none = Datapoints::concat(&[]).expect("an empty table");
    for width in (0..=80).chain([usize::from(u16::MAX)]) {
        for shown in [format!("{wide:width$}"), format!("{wide:>width$}"), format!("{wide:^width$}")] {
            assert!(shown.contains("datapoints") && !shown.contains(['\u{202e}', '\u{7}', '\r']), "{shown:?}");
        }
        assert!(!format!("{none:width$}").is_empty());
    }
}
