//! STAC items.

use arrow_array::{StringArray, StructArray};

use super::*;

/// Returns a page of two scenes with STAC assets and links, the second one without a geometry.
fn scenes() -> Datapoints {
    let whole = page(2, "S2A");
    let text = |values: [Option<&str>; 2]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let member = |name: &str, column: ArrayRef| (Arc::new(Field::new(name, column.data_type().clone(), true)), column);
    let location: ArrayRef =
        Arc::new(StructArray::from(vec![member("href", text([Some("https://a.example/b.tif"), Some("c.tif")]))]));
    let media: ArrayRef = Arc::new(StructArray::from(vec![member("known", text([Some("GEOTIFF"), None]))]));
    let asset: ArrayRef = Arc::new(StructArray::from(vec![
        member("key", text([Some("data"), Some("other")])),
        member("primary", location),
        member("media_type", media),
        member("title", text([Some("All bands"), None])),
    ]));
    let link: ArrayRef = Arc::new(StructArray::from(vec![
        member("href", text([Some("https://a.example/"), Some("https://a.example/x")])),
        member("rel", text([Some("via"), Some("collection")])),
    ]));
    let lists = |items: &ArrayRef, lengths: [usize; 2]| -> ArrayRef {
        let item = Arc::new(Field::new("item", items.data_type().clone(), true));
        let items = items.slice(0, lengths.iter().sum());
        Arc::new(ListArray::new(item, arrow_buffer::OffsetBuffer::from_lengths(lengths), items, None))
    };
    let assets: ArrayRef = Arc::new(StructArray::from(vec![
        member("access_profiles", lists(&link, [0, 0])),
        member("band_profiles", lists(&link, [0, 0])),
        member("assets", lists(&asset, [2, 0])),
    ]));
    let links: ArrayRef = Arc::new(StructArray::from(vec![member("links", lists(&link, [2, 0]))]));
    let added = [("files", assets), ("more", links), ("type", text([Some("L1C"), None]))];
    let fields = added.iter().map(|(name, column)| Arc::new(Field::new(*name, column.data_type().clone(), true)));
    let fields: Vec<_> = whole.schema().fields().iter().cloned().chain(fields).collect();
    let columns = whole.batch().columns().iter().cloned().chain(added.iter().map(|(_, column)| column.clone()));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect()).expect("a batch").into()
}

#[test]
fn a_datapoint_is_a_stac_item() {
    let collection: Value = serde_json::from_slice(&write(Format::Stac, &[scenes()])).expect("JSON");
    assert_eq!(collection["type"], "FeatureCollection");
    assert_eq!(
        collection["features"],
        json!([
            {
                "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [],
                "id": "00000000-0000-0000-0000-000000000000",
                "geometry": {"type": "Point", "coordinates": [10.5, 45.0]}, "bbox": [10.5, 45.0, 10.5, 45.0],
                "properties": {
                    "datetime": "1970-01-01T00:00:00Z", "name": "a \"long\" name, number 0", "cloud_cover": 0.1,
                    "tilebox:bands": [1, null], "tilebox:type": "L1C",
                },
                "links": [{"href": "https://a.example/", "rel": "via"}],
                "assets": {
                    "data": {"href": "https://a.example/b.tif", "type": "image/tiff; application=geotiff", "title": "All bands"},
                    "other": {"href": "c.tif"},
                },
            },
            {
                "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [],
                "id": "00000000-0000-0000-0000-000000000001", "geometry": null,
                "properties": {
                    "datetime": "1970-01-01T00:00:00.000000500Z", "name": "a \"long\" name, number 1", "platform": "S2A",
                },
                "links": [], "assets": {},
            },
        ])
    );
}

#[test]
fn a_table_without_ids_or_times_has_no_stac_items() {
    for format in ["stac", "stac-geoparquet"].iter().filter_map(|name| name.parse::<Format>().ok()) {
        for (columns, missing) in [(["name", "time"], "id"), (["id", "name"], "time")] {
            let table = page(1, "S2A").select(&columns).expect("columns");
            let error = table.write(format, Vec::new()).expect_err("no items").to_string();
            let expected = format!("cannot write a table as {format}: a STAC item needs the column `{missing}`; ");
            assert!(error.starts_with(&expected), "{error}");
        }
        let plain = page(2, "S2A").select(&["id", "time"]).expect("columns");
        assert!(!write(format, &[plain]).is_empty());
    }
}

#[test]
#[cfg(feature = "parquet")]
fn stac_items_are_rows_of_parquet() {
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let bytes = bytes::Bytes::from(write(Format::StacGeoParquet, &[scenes(), scenes()]));
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("a file");
    let schema = builder.schema();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let expected = [
        "type",
        "stac_version",
        "stac_extensions",
        "id",
        "geometry",
        "datetime",
        "links",
        "assets",
        "name",
        "cloud_cover",
        "platform",
        "tilebox:bands",
        "tilebox:type",
        "bbox",
    ];
    assert_eq!(names, expected);
    assert_eq!(schema.metadata().get("stac-geoparquet").map(String::as_str), Some(r#"{"version":"1.1.0"}"#));
    let geo: Value = serde_json::from_str(schema.metadata().get("geo").expect("geo")).expect("JSON");
    assert_eq!(geo["columns"]["geometry"]["covering"]["bbox"]["xmin"], json!(["bbox", "xmin"]));
    let batch = builder.build().expect("a reader").next().expect("a batch").expect("a batch");
    let column = |name: &str| batch.column_by_name(name).expect("a column").clone();
    assert_eq!(column("id").as_string::<i32>().value(1), "00000000-0000-0000-0000-000000000001");
    let assets = column("assets").as_struct().clone();
    assert_eq!(assets.column_names(), ["data", "other"]);
    let data = assets.column_by_name("data").expect("an asset").as_struct().clone();
    assert_eq!((0..4).map(|row| data.is_valid(row)).collect::<Vec<_>>(), [true, false, true, false]);
    let titles = data.column_by_name("title").expect("a member").clone();
    assert_eq!(titles.as_string::<i32>().value(2), "All bands");
    let links = column("links").as_list::<i32>().clone();
    assert_eq!((0..4).map(|row| links.value(row).len()).collect::<Vec<_>>(), [1, 0, 1, 0]);
    let west = column("bbox").as_struct().column_by_name("xmin").expect("a side").clone();
    assert_eq!(west.as_primitive::<arrow_array::types::Float64Type>().value(0), 10.5);
}

#[test]
#[cfg(feature = "parquet")]
fn a_late_asset_is_an_error_of_stac_geoparquet() {
    let mut writer = TableWriter::new(Format::StacGeoParquet, Vec::new());
    // 8192 items without assets.
    let without = scenes().slice(1, 1);
    let first = Datapoints::concat(&vec![without; 8192]).expect("one table");
    writer.write(&first).expect("items");
    let error = writer.write(&scenes()).expect_err("a new asset").to_string();
    assert!(error.contains("the asset `data` is not in the first 8192 items"), "{error}");
    assert!(write(Format::Stac, &[first, scenes()]).len() > 1000);
}
