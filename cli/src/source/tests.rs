//! Whole tables: read, converted and encoded.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use tilebox_core::columns::PageDecoder;
use tilebox_core::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind};
use tilebox_tokio::Datapoints;
use tilebox_tokio::output::{Format, TableWriter};
use tilebox_tokio::schema::DatasetSchema;

use super::*;

/// Returns a field; a type with a dot is a message.
fn field(name: &str, number: i32, kind: Type, type_name: Option<&str>, label: Label) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(label.into()),
        r#type: Some(kind.into()),
        type_name: type_name.map(|name| format!(".{name}")),
        ..FieldDescriptorProto::default()
    }
}

/// Returns a dataset with a field of every kind.
fn schema() -> Arc<DatasetSchema> {
    const TIME: Option<&str> = Some("google.protobuf.Timestamp");
    let one = |name, number, kind, type_name| field(name, number, kind, type_name, Label::Optional);
    let list = |name, number, kind, type_name| field(name, number, kind, type_name, Label::Repeated);
    let fields = vec![
        one("time", 1, Type::Message, TIME),
        one("id", 2, Type::Message, Some("datasets.v1.UUID")),
        one("ingestion_time", 3, Type::Message, TIME),
        one("geometry", 4, Type::Message, Some("datasets.v1.Geometry")),
        one("cloud_cover", 5, Type::Double, None),
        one("ratio", 6, Type::Float, None),
        one("orbit", 7, Type::Int32, None),
        one("size", 8, Type::Uint64, None),
        one("is_good", 9, Type::Bool, None),
        one("name", 10, Type::String, None),
        one("checksum", 11, Type::Bytes, None),
        one("level", 12, Type::Enum, Some("datasets.v1.ProcessingLevel")),
        one("exposure", 13, Type::Message, Some("google.protobuf.Duration")),
        one("parent", 14, Type::Message, Some("datasets.v1.UUID")),
        one("position", 15, Type::Message, Some("datasets.v1.LatLon")),
        list("bands", 16, Type::String, None),
        list("counts", 17, Type::Int64, None),
        list("times", 18, Type::Message, TIME),
    ];
    let message = DescriptorProto { name: Some("Scene".to_owned()), field: fields, ..DescriptorProto::default() };
    let dependency =
        ["google/protobuf/timestamp.proto", "google/protobuf/duration.proto", "datasets/v1/well_known_types.proto"];
    let file = FileDescriptorProto {
        name: Some("scene.proto".to_owned()),
        package: Some("test.v1".to_owned()),
        dependency: dependency.map(str::to_owned).into(),
        message_type: vec![message],
        ..FileDescriptorProto::default()
    };
    let annotated = AnnotatedType {
        descriptor_set: FileDescriptorSet { file: vec![file] }.encode_to_vec().into(),
        type_url: "test.v1.Scene".to_owned(),
        kind: DatasetKind::Spatiotemporal.into(),
        ..AnnotatedType::default()
    };
    Arc::new(DatasetSchema::from_annotated_type(&annotated).expect("a schema"))
}

struct Options {
    format: InputFormat,
    choice: ColumnChoice,
    conversion: Conversion,
}

impl Options {
    fn new(format: InputFormat) -> Self {
        Self { format, choice: ColumnChoice::default(), conversion: Conversion::default() }
    }
}

/// Reads and encodes a whole table.
fn ingest(bytes: &[u8], options: Options) -> Result<Vec<Bytes>, Fault> {
    let schema = schema();
    let Options { format, choice, conversion } = options;
    Reader::guard(|| {
        let features = Features::new(&schema);
        let mut source = open(Input::of_bytes(bytes), format, None, &conversion, features)?;
        let mut encoder = Encoder::new(&schema, choice, conversion);
        encoder.prepare(source.as_mut())?;
        let mut encoded = Vec::new();
        while let Some(batch) = source.next_batch()? {
            encoded.extend(encoder.encode(batch)?);
        }
        Ok(encoded)
    })
}

fn csv(text: &str) -> Result<Vec<Bytes>, Fault> {
    ingest(text.as_bytes(), Options::new(InputFormat::Csv))
}

fn json(text: &str) -> Result<Vec<Bytes>, Fault> {
    ingest(text.as_bytes(), Options::new(InputFormat::Json))
}

/// A datapoint with all fields, as text formats have it.
const FULL: &str = r#"{"time": "2025-03-01T10:56:19.123456789Z", "geometry": "POLYGON ((10 46, 12 46, 12 47, 10 47, 10 46))",
    "cloud_cover": 12.5, "ratio": 0.1, "orbit": -7, "size": 18446744073709551615, "is_good": false, "name": "a, \"b\"",
    "checksum": "AAH/", "level": "L1C", "exposure": "-PT1.5S", "parent": "01941f29-c650-202f-6495-c71dd2118fb1",
    "position": {"latitude": 46.5, "longitude": 11}, "bands": ["B01", ""], "counts": [0, -1],
    "times": ["2025-01-01", "2025-01-02T12:00:00Z"]}"#;

/// One with a height, and with few fields.
const SPARSE: &str =
    r#"{"time": "2025-03-02", "geometry": "POINT Z (11 46.5 1000.25)", "cloud_cover": 0, "name": "b"}"#;

fn decoded(messages: &[Bytes]) -> Datapoints {
    let decoder = PageDecoder::new(&schema()).expect("a decoder");
    Datapoints::new(decoder.decode_messages(messages).expect("datapoints"))
}

#[test]
fn written_tables_are_read_back_unchanged() {
    let expected = json(&format!("[{FULL},{SPARSE}]")).expect("datapoints");
    let datapoints = decoded(&expected);
    for (format, input) in [
        (Format::Parquet, InputFormat::Parquet),
        (Format::ArrowFile, InputFormat::ArrowFile),
        (Format::ArrowStream, InputFormat::ArrowStream),
        (Format::GeoJson, InputFormat::Json),
        (Format::JsonLines, InputFormat::JsonLines),
    ] {
        let mut bytes = Vec::new();
        let mut writer = TableWriter::new(format, &mut bytes);
        writer.write(&datapoints).expect("it is written");
        writer.finish().expect("it is written");
        let read = ingest(&bytes, Options::new(input)).unwrap_or_else(|fault| panic!("{format}: {fault}"));
        assert_eq!(read, expected, "{format}");
        assert_eq!(
            InputFormat::detect(None, &bytes).ok().map(|found| found == input || input == InputFormat::JsonLines),
            Some(true)
        );
    }
    // CSV does not tell an empty list or text from a missing one.
    let mut bytes = Vec::new();
    let mut writer = TableWriter::new(Format::Csv, &mut bytes);
    writer.write(&datapoints).expect("it is written");
    writer.finish().expect("it is written");
    assert_eq!(ingest(&bytes, Options::new(InputFormat::Csv)).expect("a table"), expected);
}

#[test]
fn nan_is_missing_unless_it_is_kept() {
    let text = "time,geometry,cloud_cover,orbit\n2025-03-01,POINT(1 2),NaN,nan\n";
    let missing = csv("time,geometry\n2025-03-01,POINT(1 2)\n").expect("a datapoint");
    assert_eq!(csv(text).expect("a datapoint"), missing);
    let keep = |format| {
        let conversion = Conversion { keeps_nan: true, ..Conversion::default() };
        Options { conversion, ..Options::new(format) }
    };
    let kept = ingest(text.as_bytes(), keep(InputFormat::Csv)).expect("a datapoint");
    assert_eq!(decoded(&kept).column("cloud_cover").expect("a column").null_count(), 0);
    let mut bytes = Vec::new();
    let mut writer = TableWriter::new(Format::Parquet, &mut bytes);
    writer.write(&decoded(&kept)).expect("it is written");
    writer.finish().expect("it is written");
    assert_eq!(ingest(&bytes, keep(InputFormat::Parquet)).expect("a table"), kept);
    assert_eq!(ingest(&bytes, Options::new(InputFormat::Parquet)).expect("a table"), missing);
}

#[test]
fn text_of_other_programs_is_converted() {
    let of = |name: &str, value: &str| {
        csv(&format!("time;geometry;{name}\n2025-03-01;POINT(1 2);{value}\n")).unwrap_or_else(|fault| panic!("{fault}"))
    };
    assert_eq!(of("orbit", "5.0"), of("orbit", "5"));
    assert_eq!(of("is_good", "True"), of("is_good", "1"));
    assert_eq!(of("level", "PROCESSING_LEVEL_L1C"), of("level", "L1C"));
    assert_eq!(of("exposure", "0 days 00:01:30.5"), of("exposure", "PT90.5S"));
    assert_eq!(of("bands", "[\"B01\", \"B02\"]").len(), 1);
    let geometry = |value: &str| csv(&format!("time;geometry\n2025-03-01;{value}\n")).expect("a geometry");
    let point = geometry("POINT(1 2)");
    assert_eq!(geometry("0101000000000000000000F03F0000000000000040"), point);
    assert_eq!(geometry("\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [1, 2]}\""), point);
    let feature = r#"{"type": "Feature", "id": "x", "geometry": {"type": "Point", "coordinates": [1, 2]},
        "properties": {"time": "2025-03-01"}}"#;
    assert_eq!(json(feature).expect("a feature"), point);
    let item = feature.replace("01\"}", "01\", \"tilebox:ingestion_time\": \"2025-03-02\"}");
    let item = item.replace("\"time\"", "\"datetime\"").replacen(
        "{",
        "{\"stac_version\": \"1.1.0\", \"assets\": {}, \"links\": [],",
        1,
    );
    assert_eq!(json(&format!("{{\"type\": \"FeatureCollection\", \"features\": [{item}]}}")).expect("an item"), point);
}

#[test]
fn numbers_are_times_only_with_a_unit() {
    let text = "time,geometry,exposure\n1740787200000,POINT(1 2),1500\n";
    let refused = csv(text).expect_err("no unit").to_string();
    assert!(
        refused.starts_with("line 2, the field `time` expects times, got the number 1740787200000: name its unit"),
        "{refused}"
    );
    let units = || Conversion { time_unit: Some(Unit::Ms), duration_unit: Some(Unit::Ms), ..Conversion::default() };
    let with_unit = |format| Options { conversion: units(), ..Options::new(format) };
    let expected = csv("time,geometry,exposure\n2025-03-01,POINT(1 2),PT1.5S\n").expect("a datapoint");
    assert_eq!(ingest(text.as_bytes(), with_unit(InputFormat::Csv)).expect("a datapoint"), expected);
    let number = r#"{"time": 1740787200000, "geometry": "POINT(1 2)", "exposure": 1500}"#;
    assert_eq!(ingest(number.as_bytes(), with_unit(InputFormat::Json)).expect("a datapoint"), expected);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(Int64Array::from(vec![1_740_787_200_000]))),
        ("geometry", Arc::new(StringArray::from(vec!["POINT(1 2)"]))),
        ("exposure", Arc::new(Float64Array::from(vec![1500.0]))),
    ];
    let parquet = parquet_of(&RecordBatch::try_from_iter(columns).expect("a batch"));
    assert_eq!(ingest(&parquet, with_unit(InputFormat::Parquet)).expect("a datapoint"), expected);
    let refused = ingest(&parquet, Options::new(InputFormat::Parquet)).expect_err("no unit").to_string();
    assert!(
        refused.contains("expects times, got a column of Int64; name the unit of its numbers with --time-unit"),
        "{refused}"
    );
}

fn parquet_of(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(batch).expect("it is written");
    writer.close().expect("it is written");
    bytes
}

#[test]
fn columns_are_renamed_chosen_and_left_out() {
    let text = "acquired,wkt,clouds\n2025-03-01,POINT(1 2),5\n";
    let plain = csv("time,geometry\n2025-03-01,POINT(1 2)\n").expect("a datapoint");
    let renamed =
        || [("acquired", "time"), ("wkt", "geometry")].map(|(from, to)| (from.to_owned(), to.to_owned())).into();
    let with = |choice: ColumnChoice| {
        ingest(text.as_bytes(), Options { choice, ..Options::new(InputFormat::Csv) }).map_err(|fault| fault.to_string())
    };
    let chosen = Some(vec!["acquired".to_owned(), "wkt".to_owned()]);
    assert_eq!(with(ColumnChoice { renamed: renamed(), chosen, ..Default::default() }), Ok(plain.clone()));
    assert_eq!(with(ColumnChoice { renamed: renamed(), ignores_unknown: true, ..Default::default() }), Ok(plain));
    for (choice, expected) in [
        (
            ColumnChoice { renamed: renamed(), ..Default::default() },
            "the dataset has no field for the column `clouds`; ",
        ),
        (
            ColumnChoice { ignores_unknown: true, ..Default::default() },
            "the column `time` is missing, which every datapoint needs; name the column that has it: --rename COLUMN=time",
        ),
        (
            ColumnChoice { chosen: Some(vec!["b".to_owned()]), ..Default::default() },
            "it has no column `b`; its columns are acquired, wkt, clouds",
        ),
    ] {
        let refused = with(choice).expect_err(expected);
        assert!(refused.starts_with(expected), "{refused}");
    }
    let twice = csv("time,geometry,time\n2025-03-01,POINT(1 2),2025-03-01\n").expect_err("twice").to_string();
    assert!(twice.starts_with("the field `time` has two columns"), "{twice}");
}

#[test]
fn faults_name_place_column_and_value() {
    for (text, expected) in [
        (
            "time,geometry\n2025-03-01,POINT(1 2)\nsoon,POINT(1 2)\n",
            "line 3, the field `time` expects a time, got `soon`",
        ),
        ("time,geometry\n2025-03-01,\n", "line 2, the field `geometry` is missing"),
        (
            "time,geometry,orbit\n2025-03-01,POINT(1 2),1.5\n",
            "line 2, the field `orbit` expects integers (int32), got the number 1.5",
        ),
        (
            "time,geometry,orbit\n2025-03-01,POINT(1 2),x\n",
            "line 2, the field `orbit` expects integers (int32), got the text `x`",
        ),
        (
            "time,geometry,checksum\n2025-03-01,POINT(1 2),%\n",
            "line 2, the field `checksum` expects bytes as base64, got `%`",
        ),
        ("time,geometry,counts\n2025-03-01,POINT(1 2),[1\n", "line 2, the field `counts` expects JSON, got `[1`"),
        (
            "time,geometry,cloud_covr\n",
            "the dataset has no field for the column `cloud_covr`; did you mean `cloud_cover`?",
        ),
    ] {
        let refused = csv(text).expect_err(expected).to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let refused =
        json("{\"time\": \"2025-03-01\",\n\"geometry\": \"POINT(1 2)\"}\n{\"a\": 1}").expect_err("unknown").to_string();
    assert!(refused.starts_with("line 3, the dataset has no field for the column `a`"), "{refused}");
    let times = TimestampSecondArray::from((0..5000).map(|row| (row != 4500).then_some(row)).collect::<Vec<_>>());
    let columns: Vec<(&str, ArrayRef)> =
        vec![("time", Arc::new(times)), ("geometry", Arc::new(StringArray::from(vec!["POINT(1 2)"; 5000])))];
    let table = parquet_of(
        &RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .expect("a batch"),
    );
    let refused = ingest(&table, Options::new(InputFormat::Parquet)).expect_err("a missing time").to_string();
    assert!(refused.starts_with("row 4501, the field `time` is missing"), "{refused}");
}

/// Returns a valid table of each format, which a test damages.
fn tables() -> Vec<(InputFormat, Vec<u8>)> {
    let datapoints = decoded(&json(&format!("[{FULL},{SPARSE}]")).expect("datapoints"));
    let formats = [
        (Format::Parquet, InputFormat::Parquet),
        (Format::ArrowFile, InputFormat::ArrowFile),
        (Format::ArrowStream, InputFormat::ArrowStream),
        (Format::GeoJson, InputFormat::Json),
        (Format::JsonLines, InputFormat::JsonLines),
        (Format::Csv, InputFormat::Csv),
    ];
    let written = formats.into_iter().map(|(format, input)| {
        let mut bytes = Vec::new();
        let mut writer = TableWriter::new(format, &mut bytes);
        writer.write(&datapoints).expect("it is written");
        writer.finish().expect("it is written");
        (input, bytes)
    });
    written.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_a_table_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (format, table) in tables() {
            let _ = ingest(&bytes, Options::new(format));
            // Behind the first bytes of the format.
            let _ = ingest(&[&table[..table.len().min(12)], &bytes].concat(), Options::new(format));
        }
    }

    #[test]
    fn damaged_tables_are_read_or_refused(at in any::<prop::sample::Index>(), value: u8, length in any::<prop::sample::Index>()) {
        for (format, table) in tables() {
            let mut damaged = table.clone();
            damaged[at.index(table.len())] = value;
            let _ = ingest(&damaged, Options::new(format));
            let _ = ingest(&table[..length.index(table.len())], Options::new(format));
        }
    }
}
