//! Parquet and GeoParquet, read with the reader of the `parquet` crate.

use arrow_array::cast::AsArray as _;
use arrow_array::types::Float32Type;
use arrow_array::{Array as _, Int64Array};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use proptest::prelude::*;

use super::*;
use crate::output::bounds::{Bounds, union};
use crate::output::without_covering;

/// A file: its metadata with page indexes, and all rows.
struct File {
    metadata: ParquetMetaData,
    rows: Datapoints,
}

fn file(bytes: Vec<u8>) -> File {
    let bytes = Bytes::from(bytes);
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let metadata = ArrowReaderMetadata::load(&bytes, options).expect("metadata").metadata().as_ref().clone();
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("a file").build().expect("a reader");
    let rows: Vec<_> = reader.map(|batch| Datapoints::new(batch.expect("a batch"))).collect();
    File { metadata, rows: Datapoints::concat(&rows).expect("one table") }
}

impl File {
    fn entry(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }

    fn geo(&self) -> Value {
        serde_json::from_str(self.entry("geo").expect("geo")).expect("JSON")
    }

    /// Returns the sides of a box in a row; `None` is null.
    fn covering(&self, name: &str, row: usize) -> Option<[f32; 4]> {
        let boxes = self.rows.column(name).expect("a column").as_struct().clone();
        let side = |name: &str| boxes.column_by_name(name).expect("a side").as_primitive::<Float32Type>().value(row);
        boxes.is_valid(row).then(|| ["xmin", "ymin", "xmax", "ymax"].map(side))
    }

    /// Returns for each row group whether it is sorted by time.
    fn sorted(&self) -> Vec<bool> {
        let groups = self.metadata.row_groups().iter();
        groups
            .map(|group| {
                let Some([by_time]) = group.sorting_columns().map(Vec::as_slice) else { return false };
                let column = usize::try_from(by_time.column_idx).expect("an index");
                assert_eq!(group.column(column).column_path().string(), "time");
                !by_time.descending && !by_time.nulls_first
            })
            .collect()
    }
}

#[test]
fn parquet_is_geoparquet_in_row_groups_of_bounded_size() {
    let file = file(write(Format::Parquet, &[page(50_000, "S2A"), page(50_000, "S2B")]));
    let groups: Vec<_> = file.metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [vec![8192; 12], vec![1696]].concat());
    assert_eq!(
        file.geo(),
        json!({
            "version": "1.1.0",
            "primary_column": "geometry",
            "columns": {"geometry": {
                "encoding": "WKB", "geometry_types": ["Point"], "bbox": [10.5, 45.0, 50_008.5, 45.0],
                "covering": {"bbox": {
                    "xmin": ["bbox", "xmin"], "ymin": ["bbox", "ymin"], "xmax": ["bbox", "xmax"], "ymax": ["bbox", "ymax"],
                }},
            }},
        })
    );
    let first = file.rows.column("geometry").expect("a column").as_binary::<i32>().value(0).to_vec();
    assert_eq!(first[..5], [1, 1, 0, 0, 0], "WKB without an SRID");
    assert_eq!((file.rows.len(), file.metadata.file_metadata().num_rows()), (100_000, 100_000));
    // Times restart with the second page, within the seventh row group.
    assert_eq!(file.sorted(), [vec![true; 6], vec![false], vec![true; 6]].concat());
    // Readers that do not know the order of IEEE 754 would ignore bounding boxes.
    use parquet::basic::{ColumnOrder, SortOrder};
    let orders = file.metadata.file_metadata().column_orders().expect("orders");
    assert!(orders.iter().all(|order| matches!(order, ColumnOrder::TYPE_DEFINED_ORDER(_))), "{orders:?}");
    assert!(orders.contains(&ColumnOrder::TYPE_DEFINED_ORDER(SortOrder::SIGNED)));
    // Every column of each row group has statistics and a page index.
    let index = file.metadata.page_index().expect("a page index");
    for (position, group) in file.metadata.row_groups().iter().enumerate() {
        for (column, chunk) in group.columns().iter().enumerate() {
            assert!(chunk.statistics().is_some(), "{}", chunk.column_path());
            assert!(index.column_index(position, column).is_some() && index.offset_index(position, column).is_some());
        }
    }
}

#[test]
fn row_groups_bound_the_places_of_their_rows() {
    let file = file(write(Format::Parquet, &[page(40_000, "S2A")]));
    let ranges: Vec<_> = file
        .metadata
        .row_groups()
        .iter()
        .map(|group| {
            let side = |path: &str| {
                let chunk =
                    group.columns().iter().find(|chunk| chunk.column_path().string() == path).expect("a column");
                match chunk.statistics().expect("statistics") {
                    parquet::file::statistics::Statistics::Float(values) => {
                        (*values.min_opt().expect("a minimum"), *values.max_opt().expect("a maximum"))
                    }
                    other => panic!("{other}"),
                }
            };
            (side("bbox.xmin").0, side("bbox.xmax").1)
        })
        .collect();
    assert_eq!(
        ranges,
        [(10.5, 8200.5), (8202.5, 16_392.5), (16_394.5, 24_584.5), (24_586.5, 32_776.5), (32_778.5, 40_008.5)]
    );
}

#[test]
fn a_row_without_a_geometry_has_no_bounding_box() {
    let mut wkb: Vec<_> = ["POINT Z(1 2 300)", "POINT EMPTY", "POLYGON((179 0, -179 0, -179 1, 179 1, 179 0))"]
        .iter()
        .map(|text| Some(crate::schema::geometry::from_text(text).expect("WKT")))
        .collect();
    wkb.push(None);
    let file = file(write(Format::Parquet, &[geometries(wkb)]));
    assert_eq!(file.covering("bbox", 0), Some([1.0, 2.0, 1.0, 2.0]));
    assert!(file.covering("bbox", 1).expect("a box").iter().all(|side| side.is_nan()));
    assert_eq!(file.covering("bbox", 2), Some([-180.0, 0.0, 180.0, 1.0]));
    assert_eq!(file.covering("bbox", 3), None);
    assert_eq!(file.geo()["columns"]["geometry"]["geometry_types"], json!(["Point", "Point Z", "Polygon"]));
    assert_eq!(file.sorted(), [false], "there are no times");
}

#[test]
fn a_field_named_bbox_is_kept() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7]));
    let shapes: ArrayRef = Arc::new(BinaryViewArray::from_iter_values([ewkb(1.0, 2.0)]));
    let fields = vec![Field::new("bbox", numbers.data_type().clone(), true), geometry_field("shape")];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![numbers, shapes]).expect("a batch");
    let file = file(write(Format::Parquet, &[Datapoints::new(batch)]));
    let names: Vec<_> = file.rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["bbox", "shape", "shape_bbox"]);
    assert_eq!(file.covering("shape_bbox", 0), Some([1.0, 2.0, 1.0, 2.0]));
    assert_eq!(file.geo()["columns"]["shape"]["covering"]["bbox"]["ymax"], json!(["shape_bbox", "ymax"]));
}

#[test]
fn a_file_of_a_file_is_equal() {
    let first = write(Format::Parquet, &[page(100, "S2A")]);
    let bytes = Bytes::from(first.clone());
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("a file").build().expect("a reader");
    let pages: Vec<Datapoints> = reader.map(|batch| Datapoints::new(batch.expect("a batch"))).collect();
    assert!(pages[0].column("bbox").is_ok());
    let plain = without_covering(pages[0].batch());
    assert!(plain.column_by_name("bbox").is_none() && plain.num_columns() == 7);
    let (first, second) = (file(first), file(write(Format::Parquet, &pages)));
    assert_eq!(first.rows, second.rows);
    assert_eq!(first.geo(), second.geo());
    let line = write(Format::JsonLines, &pages);
    assert!(!String::from_utf8(line).expect("UTF-8").contains("bbox"));
}

#[test]
fn parquet_without_a_geometry_has_no_geo_metadata() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let plain = Datapoints::new(RecordBatch::try_from_iter([("number", numbers)]).expect("a batch"));
    for (pages, rows) in [(vec![plain.clone()], 1), (vec![plain.slice(0, 0)], 0), (vec![], 0)] {
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(write(Format::Parquet, &pages)));
        let metadata = reader.expect("a file").metadata().file_metadata().clone();
        let keys: Vec<_> =
            metadata.key_value_metadata().into_iter().flatten().map(|entry| entry.key.as_str()).collect();
        assert_eq!((metadata.num_rows(), keys), (rows, vec!["ARROW:schema"]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn bounding_boxes_contain_their_geometries(
        lines in prop::collection::vec(
            prop::option::of(prop::collection::vec((-180.0_f64..180.0, -90.0_f64..90.0), 2..5)), 1..20,
        ),
    ) {
        let wkb = lines.iter().map(|line| {
            let text: Vec<_> = line.as_ref()?.iter().map(|(x, y)| format!("{x} {y}")).collect();
            Some(crate::schema::geometry::from_text(&format!("LINESTRING({})", text.join(", "))).expect("WKT"))
        });
        let file = file(write(Format::Parquet, &[geometries(wkb.collect())]));
        let mut all: Option<Bounds> = None;
        for (row, line) in lines.iter().enumerate() {
            let covering = file.covering("bbox", row);
            prop_assert_eq!(covering.is_some(), line.is_some());
            for (x, y) in line.iter().flatten() {
                let [west, south, east, north] = covering.expect("a box").map(f64::from);
                prop_assert!(west <= *x && *x <= east && south <= *y && *y <= north, "{x} {y}: {covering:?}");
                all = union(all, Bounds::of_coordinate(*x, *y));
                if line.iter().flatten().zip(line.iter().flatten().skip(1)).any(|(a, b)| (a.0 - b.0).abs() > 180.0) {
                    all = all.map(|all| Bounds { west: -180.0, east: 180.0, ..all });
                }
            }
        }
        let geo = file.geo();
        let of_file = geo["columns"]["geometry"].get("bbox").map(|bbox| {
            bbox.as_array().expect("sides").iter().filter_map(Value::as_f64).collect::<Vec<_>>()
        });
        // The box of the file is the union of those of its rows.
        prop_assert_eq!(of_file, all.map(|all| all.to_array().to_vec()));
    }
}
