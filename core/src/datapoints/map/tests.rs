//! Maps of footprints, from columns to drawings.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryViewArray, Float64Array, ListArray, RecordBatch, StringViewArray};
use arrow_schema::{Field, Schema};

use super::{DEFAULT_LIMIT, FootprintMap};
use crate::datapoints::Datapoints;
use crate::datapoints::samples::{self, assert_well_formed, geometry_field};
use crate::error::ErrorKind;
use crate::schema;

fn wkb(wkt: &str) -> Vec<u8> {
    schema::geometry::from_text(wkt).expect("WKT")
}

fn geometry(name: &str, geometries: &[Option<Vec<u8>>]) -> (Field, ArrayRef) {
    (geometry_field(name), Arc::new(BinaryViewArray::from_iter(geometries.iter().map(Option::as_ref))))
}

fn column(name: &str, values: impl arrow_array::Array + 'static) -> (Field, ArrayRef) {
    (Field::new(name, values.data_type().clone(), true), Arc::new(values))
}

fn datapoints(columns: Vec<(Field, ArrayRef)>) -> Datapoints {
    let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch").into()
}

/// Returns adjacent squares of one degree, the first at 10°E 45°N.
fn squares(count: usize) -> Vec<Option<Vec<u8>>> {
    let square = |number: usize| {
        let (x, y) = (10 + number % 20, 45 + number / 20 % 20);
        Some(wkb(&format!("POLYGON(({x} {y}, {0} {y}, {0} {1}, {x} {1}, {x} {y}))", x + 1, y + 1)))
    };
    (0..count).map(square).collect()
}

fn clouds(values: Vec<Option<f64>>) -> Datapoints {
    datapoints(vec![
        column("cloud_cover", Float64Array::from(values.clone())),
        geometry("geometry", &squares(values.len())),
    ])
}

fn draw(map: &FootprintMap) -> String {
    let svg = map.to_svg();
    assert_well_formed(&svg);
    for path in svg.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(!path.contains("NaN") && !path.contains("inf"), "{path}");
    }
    svg
}

fn drawn(svg: &str) -> usize {
    svg.matches("<g class=\"footprint\"").count()
}

#[test]
fn a_map_has_footprints_lines_and_a_legend() {
    let map = clouds(vec![Some(0.0), Some(50.0), Some(100.0)]).footprint_map().expect("a map");
    let map = map.coloured_by("cloud_cover").expect("a column");
    let svg = draw(&map);
    assert_eq!(drawn(&svg), 3);
    for expected in [
        "fill=\"#440154\"",
        "fill=\"#fde725\"",
        "<title>cloud_cover: 50.0</title>",
        ">11.0°E</text>",
        ">45.2°N</text>",
        ">cloud_cover</text>",
        ">100</text>",
        ">3 footprints</text>",
    ] {
        assert!(svg.contains(expected), "{expected} is missing:\n{svg}");
    }
    assert!(!svg.contains("no value"), "{svg}");
    let text = map.to_string();
    assert!(text.starts_with("map of 3 footprints, from 9."), "{text}");
    assert!(text.ends_with("coloured by cloud_cover: 0 to 100 (`to_svg` draws it)"), "{text}");
}

#[test]
fn footprints_without_a_value_are_grey_and_lie_below() {
    let svg = draw(
        &clouds(vec![Some(1.0), None, Some(f64::NAN)])
            .footprint_map()
            .expect("a map")
            .coloured_by("cloud_cover")
            .expect("a column"),
    );
    let colours: Vec<_> =
        svg.split("<g class=\"footprint\" fill=\"").skip(1).filter_map(|part| part.get(..7)).collect();
    assert_eq!(colours, ["#969696", "#969696", "#23908c"], "{svg}");
    assert!(svg.contains(">no value</text>"), "{svg}");
    let svg =
        draw(&clouds(vec![None, None]).footprint_map().expect("a map").coloured_by("cloud_cover").expect("a column"));
    assert_eq!((drawn(&svg), svg.matches("#969696").count()), (2, 5), "{svg}");
}

#[test]
fn datapoints_without_a_geometry_are_counted() {
    let geometries = vec![Some(wkb("POINT(1 2)")), None, Some(b"nothing".to_vec()), Some(wkb("POINT(1.5 2)"))];
    let map = datapoints(vec![geometry("geometry", &geometries)]).footprint_map().expect("a map");
    let svg = draw(&map);
    assert_eq!(drawn(&svg), 2);
    assert!(svg.contains(">2 footprints, 2 datapoints without a geometry</text>"), "{svg}");
    let missing = datapoints(vec![geometry("geometry", &[None])]).footprint_map().expect("a map");
    assert!(draw(&missing).contains(">0 footprints, 1 datapoint without a geometry</text>"));
    let none = datapoints(vec![geometry("geometry", &[])]).footprint_map().expect("a map");
    assert!(draw(&none).contains(">0 footprints</text>"));
    assert!(none.to_string().starts_with("map of 0 footprints, from 180.0° to 180.0° and 90.0°S to 90.0°N"), "{none}");
}

#[test]
fn footprints_beyond_the_limit_are_omitted_evenly() {
    let map = clouds((0..2_500).map(|number| Some(f64::from(number))).collect()).footprint_map().expect("a map");
    let svg = draw(&map);
    assert_eq!(drawn(&svg), DEFAULT_LIMIT);
    assert!(svg.contains(">1000 of 2500 footprints</text>"), "{svg}");
    for value in ["0.0", "5.0", "2497.0"] {
        assert!(svg.contains(&format!("<title>cloud_cover: {value}</title>")), "{value}");
    }
    assert_eq!(drawn(&draw(&map.clone().with_limit(2))), 2);
    assert_eq!(drawn(&draw(&map.with_limit(0))), 0);
}

#[test]
fn every_type_of_geometry_is_drawn_anywhere_on_the_globe() {
    for wkt in [
        "POINT(0 0)",
        "MULTIPOINT((0 0), (170 80))",
        "LINESTRING(170 0, -170 10, -160 20)",
        "POLYGON((179 10, -179 10, -179 12, 179 12, 179 10))",
        "MULTIPOLYGON(((179 10, 180 10, 180 12, 179 10)), ((-180 10, -179 10, -180 12, -180 10)))",
        "POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))",
        "POLYGON((0 80, 90 80, 180 80, -90 80, 0 80))",
        "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(3 4, 5 6))",
        "POLYGON EMPTY",
        "POINT(1e300 -1e300)",
    ] {
        let map =
            datapoints(vec![geometry("geometry", &[Some(wkb(wkt))])]).footprint_map().expect("a map").with_width(300);
        let svg = draw(&map);
        assert_eq!((drawn(&svg), svg.contains("<path d=\"M")), (1, true), "{wkt}:\n{svg}");
    }
}

#[test]
fn footprints_across_the_antimeridian_are_drawn_in_one_piece() {
    let over = wkb("POLYGON((179 10, -179 10, -179 12, 179 12, 179 10))");
    let svg = draw(&datapoints(vec![geometry("geometry", &[Some(over)])]).footprint_map().expect("a map"));
    let footprint = svg.split("<g class=\"footprint\"").nth(1).expect("a footprint");
    assert_eq!(footprint.matches('M').count(), 1, "{footprint}");
    assert!(svg.contains(">180.0°</text>") || svg.contains(">180°</text>"), "{svg}");
}

#[test]
fn text_of_the_server_is_escaped_in_svg() {
    let evil = "</title><script>alert(1)</script>";
    let columns = vec![column(evil, StringViewArray::from(vec![evil, "b"])), geometry("geometry", &squares(2))];
    let svg = draw(&datapoints(columns).footprint_map().expect("a map").coloured_by(evil).expect("a column"));
    assert!(!svg.contains("<script") && svg.contains("&lt;/title&gt;&lt;script"), "{svg}");
}

#[test]
fn unusable_columns_of_a_map_are_errors_with_advice() {
    let lists = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([Some([Some(1)])]);
    let columns = vec![
        column("cloud_cover", Float64Array::from(vec![1.0])),
        column("lists", lists),
        geometry("area", &squares(1)),
        geometry("centre", &[Some(wkb("POINT(1 2)"))]),
    ];
    let map = datapoints(columns).footprint_map().expect("a map");
    let message = |result: crate::Result<FootprintMap>| {
        let error = result.expect_err("no such map");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.to_string()
    };
    let error = message(map.clone().coloured_by("cloud_cove"));
    assert!(error.contains("did you mean `cloud_cover`?"), "{error}");
    let error = message(map.clone().coloured_by("lists"));
    assert!(error.contains("`lists`") && error.contains("use a column of numbers"), "{error}");
    let error = message(map.clone().with_geometry("cloud_cover"));
    assert!(error.ends_with("geometry columns are area, centre"), "{error}");
    let centre = draw(&map.with_geometry("centre").expect("a geometry column"));
    assert!(centre.contains("a3.5 3.5"), "{centre}");
    let batch = samples::batch(1).project(&[0, 1]).expect("columns");
    let error = message(Datapoints::new(batch).footprint_map());
    assert!(error.starts_with("cannot draw a map of datapoints: they have no geometry column"), "{error}");
}
