use geo_types::{Coord, Geometry, Line, LineString, MultiPolygon, Point, Polygon, Rect, polygon};
use proptest::prelude::*;

use super::*;
use crate::schema::geometry::{check_rings, parse_wkb, parse_wkt};

fn square() -> Polygon {
    polygon![(x: 12.0, y: 45.0), (x: 13.0, y: 45.0), (x: 13.0, y: 46.0), (x: 12.0, y: 46.0), (x: 12.0, y: 45.0)]
}

fn filter(area: impl IntoSpatialFilter) -> SpatialFilter {
    SpatialFilter::new(area).expect("an area")
}

fn refused(area: impl IntoSpatialFilter) -> String {
    SpatialFilter::new(area).expect_err("an invalid area").to_string()
}

fn bytes(filter: &SpatialFilter) -> Vec<u8> {
    filter.to_wire().geometry.expect("a geometry").wkb.to_vec()
}

#[test]
fn areas_are_sent_as_little_endian_wkb_without_an_srid() {
    let expected = [&[1, 1, 0, 0, 0][..], &12.5f64.to_le_bytes(), &(-45.5f64).to_le_bytes()].concat();
    assert_eq!(bytes(&filter(Point::new(12.5, -45.5))), expected);
    let polygon = bytes(&filter(square()));
    assert_eq!(polygon[..13], [1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(polygon.len(), 13 + 5 * 16);
}

#[test]
fn each_form_of_an_area_gives_the_same_filter() {
    let expected = filter(square());
    let wkt = "POLYGON ((12 45, 13 45, 13 46, 12 46, 12 45))";
    assert_eq!(filter(wkt), expected);
    assert_eq!(filter(format!("SRID=4326;{wkt}")), expected);
    assert_eq!(filter("POLYGON Z ((12 45 7, 13 45 7, 13 46 7, 12 46 7, 12 45 7))"), expected);
    let geometry = r#"{"type": "Polygon", "coordinates": [[[12, 45], [13, 45], [13, 46], [12, 46], [12, 45]]]}"#;
    let feature = format!(r#"{{"type": "Feature", "properties": null, "geometry": {geometry}}}"#);
    let collection = format!(r#"{{"type": "FeatureCollection", "features": [{feature}]}}"#);
    for text in [geometry, &feature, &collection] {
        assert_eq!(filter(text), expected);
    }
    assert_eq!(filter(bytes(&expected)), expected);
    assert_eq!(filter(Geometry::from(square())), expected);
    assert_eq!(filter(&expected), expected);
}

#[test]
fn ewkb_and_big_endian_wkb_are_parsed() {
    let ewkb = |srid: u32| {
        let mut bytes = vec![0, 0x20, 0, 0, 1];
        bytes.extend(srid.to_be_bytes());
        bytes.extend([12.5f64.to_be_bytes(), 45.5f64.to_be_bytes()].concat());
        bytes
    };
    assert_eq!(filter(ewkb(4326)), filter(Point::new(12.5, 45.5)));
    assert_eq!(filter(ewkb(0)), filter(Point::new(12.5, 45.5)));
    assert!(refused(ewkb(32632)).contains("its reference system is 32632; transform it to longitude and latitude"));
}

#[test]
fn rectangles_and_lines_become_what_the_protocol_has() {
    let rectangle = Rect::new(Coord { x: 12.0, y: 45.0 }, Coord { x: 13.0, y: 46.0 });
    assert!(filter(rectangle).to_string().starts_with("POLYGON(("));
    let line = Line::new(Coord { x: 0.0, y: 0.0 }, Coord { x: 1.0, y: 1.0 });
    assert_eq!(filter(line).to_string(), "LINESTRING(0 0,1 1)");
}

#[test]
fn mode_and_coordinate_system_are_sent() {
    let sent = |filter: SpatialFilter| {
        let message = filter.to_wire();
        (message.mode(), message.coordinate_system())
    };
    let (intersects, unspecified) = (wire::SpatialFilterMode::Intersects, wire::SpatialCoordinateSystem::Unspecified);
    assert_eq!(sent(filter(square())), (intersects, unspecified));
    let inside = filter(square()).with_mode(SpatialMode::FilterContainsGeometry);
    assert_eq!(sent(inside.clone()), (wire::SpatialFilterMode::FilterContainsGeometry, unspecified));
    let around =
        inside.with_mode(SpatialMode::GeometryContainsFilter).with_coordinate_system(CoordinateSystem::Spherical);
    let expected = (wire::SpatialFilterMode::GeometryContainsFilter, wire::SpatialCoordinateSystem::Spherical);
    assert_eq!(sent(around.clone()), expected);
    let planar = around.with_coordinate_system(CoordinateSystem::Cartesian);
    assert_eq!(sent(planar).1, wire::SpatialCoordinateSystem::Cartesian);
}

#[test]
fn an_empty_area_is_an_error_in_each_form() {
    let empty: Polygon = Polygon::new(LineString::new(vec![]), vec![]);
    let with_an_empty_part = MultiPolygon::new(vec![square(), empty.clone()]);
    for error in [
        refused(empty),
        refused(MultiPolygon::new(vec![])),
        refused(with_an_empty_part),
        refused("POLYGON EMPTY"),
        refused("POINT EMPTY"),
        refused("MULTIPOLYGON EMPTY"),
        refused(r#"{"type": "Polygon", "coordinates": []}"#),
        refused(r#"{"type": "Feature", "properties": null, "geometry": null}"#),
        refused(r#"{"type": "FeatureCollection", "features": []}"#),
        refused(vec![1, 3, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        assert!(error.contains(": it is empty; leave the spatial extent out"), "{error}");
    }
}

#[test]
fn a_ring_that_is_not_closed_is_an_error() {
    let open = "a ring begins at (12 45) and ends at (13 46); close it";
    assert!(refused("POLYGON ((12 45, 13 45, 13 46))").contains(open));
    let json = r#"{"type": "MultiPolygon", "coordinates": [[[[12, 45], [13, 45], [13, 46]]]]}"#;
    assert!(refused(json).contains(open));
    let mut bytes = bytes(&filter(square()));
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&45.5f64.to_le_bytes());
    assert!(refused(bytes).contains("ends at (12 45.5)"));
    assert!(refused("POLYGON ((12 45, 13 45, 12 45))").contains("a ring has 3 points"));
}

#[test]
fn coordinates_out_of_range_are_errors() {
    assert!(refused(Point::new(f64::NAN, 1.0)).contains("expects finite coordinates, got ("));
    assert!(refused(Point::new(1.0, f64::INFINITY)).contains("expects finite coordinates, got ("));
    assert!(refused("POINT (45.0 120.0)").contains("the longitude comes first"));
    assert!(refused("POINT (500000 5000000)").contains("use degrees"));
    assert!(refused("POINT (181 0)").contains("two polygons for an area across the antimeridian"));
    assert!(SpatialFilter::new("POINT (-180 90)").is_ok());
}

#[test]
fn errors_name_invalid_text_and_collections() {
    for (area, reason) in [
        ("", "not valid WKT"),
        ("Berlin", "not valid WKT"),
        ("{", "not valid GeoJSON"),
        (r#"{"type": "Polygon", "coordinates": [[[1]]]}"#, "not valid GeoJSON"),
        ("GEOMETRYCOLLECTION (POINT (1 2))", "a collection of geometries that are not all polygons"),
        (r#"{"type": "GeometryCollection", "geometries": []}"#, "it is empty"),
        ("SRID=3857;POINT (1 2)", "its reference system is 3857"),
        ("SRID=;POINT (1 2)", "its reference system is not a number"),
    ] {
        let error = refused(area);
        assert!(error.contains(reason) && !error.contains('\n'), "{error}");
    }
    let features = r#"{"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}"#;
    assert!(refused(features).contains("geometries that are not all polygons; use one geometry, or only polygons"));
    assert!(refused(&b"\x01\x03"[..]).contains("not valid WKB"));
}

#[test]
fn text_after_an_area_is_refused() {
    for (text, rest) in [
        ("POLYGON ((0 0, 1 0, 1 1, 0 0)) POLYGON ((5 5, 6 5, 6 6, 5 5))", "POLYGON ((5 5, 6 5, 6 6, 5 5))"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 0)), POLYGON ((5 5, 6 5, 6 6, 5 5))", ", POLYGON ((5 5, 6 5, 6 6, 5 5))"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5))", ", ((5 5, 6 5, 6 6, 5 5))"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 0)) garbage", "garbage"),
        ("POINT (1 2) (3 4)", "(3 4)"),
        ("POINT (1 2); POINT (3 4)", "; POINT (3 4)"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 0)))", ")"),
        ("POINT(1 2)\nPOINT(3 4)", "POINT(3 4)"),
        ("POINT EMPTY (1 2)", "(1 2)"),
    ] {
        let error = refused(text);
        assert!(error.contains(&format!("`{rest}` follows the geometry; write one geometry")), "{error}");
    }
    assert!(refused("POINT (1 2)\0(3 4)").contains("not valid WKT"));
    assert!(refused("POINT (+-1 2)").contains("not valid WKT"));
    let geometry = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#;
    assert!(refused(format!("{geometry} {geometry}")).contains("not valid GeoJSON"));
    let point = bytes(&filter(Point::new(1.0, 2.0)));
    assert!(refused([point.as_slice(), &[7]].concat()).contains("not valid WKB: 1 bytes follow the geometry"));
}

#[test]
fn common_forms_of_wkt_are_parsed() {
    let point = filter(Point::new(1.0, 2.0));
    for text in [
        "point(1 2)",
        "POINT(1\t2)",
        "POINT ( 1 2 )",
        "POINTZ(1 2 3)",
        "POINT Z(1 2 3)",
        "POINT ZM (1 2 3 4)",
        "POINT(1e0 2E0)",
        "POINT(1. +2.)",
        "srid=4326; POINT(1 2)",
    ] {
        assert_eq!(filter(text), point, "{text}");
    }
    assert_eq!(filter("MULTIPOINT(1 2, 3 4)"), filter("MULTIPOINT((1 2), (3 4))"));
    for text in ["POINT(inf 2)", "POINT(0x1 2)", "ENVELOPE(1,2,3,4)", "CURVEPOLYGON((0 0,1 0,1 1,0 0))"] {
        assert!(refused(text).contains("not valid WKT"), "{text}");
    }
}

/// Text that programs or people write, with the parsed area; `None` for an error.
#[test]
fn unusual_areas_are_parsed_or_refused() {
    let polygon = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#;
    let trailing = format!(r#"{polygon} {{"type":"Point","coordinates":[1,2]}}"#);
    for (text, expected) in [
        (polygon, Some("POLYGON((0 0,1 0,1 1,0 0))")),
        (&*trailing, None),
        (r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}"#, Some("POINT(1 2)")),
        (
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{},"bbox":[1,2,1,2]}"#,
            Some("POINT(1 2)"),
        ),
        (r#"{"type":"Point","coordinates":["1","2"]}"#, None),
        (r#"{"type":"Point","coordinates":[1,2,3,4]}"#, Some("POINT(1 2)")),
        (r#"{"type":"Point","coordinates":[1e400,2]}"#, None),
        (r#"{"type":"MultiPoint","coordinates":[]}"#, None),
        (r#"{"bbox":[1,2,3,4]}"#, None),
        ("[1,2,3,4]", None),
        ("MULTIPOINT(1 2, 3 4)", Some("MULTIPOINT((1 2),(3 4))")),
        ("MULTIPOINT((1 2), (3 4))", Some("MULTIPOINT((1 2),(3 4))")),
        ("MULTIPOINT EMPTY", None),
        ("MULTIPOINT(EMPTY)", None),
        ("MULTIPOINT((1 2), EMPTY)", None),
        ("MULTIPOLYGON(EMPTY, ((0 0, 1 0, 1 1, 0 0)))", None),
        ("POLYGON((0 0, 1 0, 1 1, 0 0), EMPTY)", None),
        ("POINT(.5 -.5)", Some("POINT(0.5 -0.5)")),
        ("BBOX(1,2,3,4)", None),
        ("LINEARRING(0 0,1 0,1 1,0 0)", Some("LINESTRING(0 0,1 0,1 1,0 0)")),
        ("TRIANGLE((0 0,1 0,1 1,0 0))", None),
    ] {
        let area = SpatialFilter::new(text).map(|filter| filter.to_string());
        match (&area, expected) {
            (Ok(shown), Some(expected)) => assert!(shown.contains(expected), "{text}: {shown}"),
            (Err(error), None) => assert!(!error.advice().is_empty() && !error.to_string().contains('\n'), "{error}"),
            _ => panic!("{text}: {area:?}"),
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped_and_utf_16_is_named() {
    let json = r#"{"type":"Polygon","coordinates":[[[10,46],[12,46],[12,47],[10,47],[10,46]]]}"#;
    let wkt = "POLYGON((10 46, 12 46, 12 47, 10 47, 10 46))";
    assert_eq!(filter(format!("\u{feff}{json}")), filter(json));
    assert_eq!(filter(format!(" \u{feff} {wkt}")), filter(json));
    for little_endian in [true, false] {
        for mark in ["\u{feff}", ""] {
            let units = mark.encode_utf16().chain(json.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit| if little_endian { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
            let error = refused(bytes);
            assert!(
                error.contains("not valid WKB but text in UTF-16 (") && error.ends_with("save it as UTF-8"),
                "{error}"
            );
        }
    }
    assert!(refused(wkt.as_bytes()).ends_with("not valid WKB but text; pass it as text, not as bytes"));
}

#[test]
fn other_reference_systems_are_refused_in_each_form() {
    let polygon = r#""type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]"#;
    let crs = |name: &str| format!(r#""crs":{{"type":"name","properties":{{"name":"{name}"}}}}"#);
    for name in ["urn:ogc:def:crs:EPSG::3857", "EPSG:32632", "http://www.opengis.net/def/crs/EPSG/0/3857", ""] {
        let crs = crs(name);
        let feature = format!(r#"{{"type":"Feature","properties":{{}},"geometry":{{{polygon},{crs}}}}}"#);
        for json in [
            format!("{{{polygon},{crs}}}"),
            feature.clone(),
            format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#),
            format!(r#"{{"type":"FeatureCollection",{crs},"features":[]}}"#),
            format!(r#"{{"type":"GeometryCollection","geometries":[{{{polygon},{crs}}}]}}"#),
        ] {
            let error = refused(json);
            assert!(error.contains(&format!("its reference system is {name}; transform it")), "{error}");
        }
    }
    let expected = filter("POLYGON ((0 0, 1 0, 1 1, 0 0))");
    for name in ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326", "OGC:CRS84", "WGS 84"] {
        assert_eq!(filter(format!("{{{polygon},{}}}", crs(name))), expected, "{name}");
    }
    assert_eq!(filter(format!(r#"{{{polygon},"crs":null}}"#)), expected);
    let feature = format!(r#"{{"type":"Feature","properties":{{"crs":"EPSG:3857"}},"geometry":{{{polygon}}}}}"#);
    assert_eq!(filter(feature), expected, "a property is not a reference system");
}

#[test]
fn a_collection_of_polygons_is_their_union() {
    let (one, two) = ("((0 0, 1 0, 1 1, 0 0))", "((5 5, 6 5, 6 6, 5 5))");
    let expected = filter(format!("MULTIPOLYGON ({one}, {two})"));
    assert_eq!(filter(format!("GEOMETRYCOLLECTION (POLYGON {one}, MULTIPOLYGON ({two}))")), expected);
    let [one, two] = [[0, 1], [5, 6]].map(|[low, high]| {
        format!(r#"{{"type":"Polygon","coordinates":[[[{low},{low}],[{high},{low}],[{high},{high}],[{low},{low}]]]}}"#)
    });
    assert_eq!(filter(format!(r#"{{"type":"GeometryCollection","geometries":[{one},{two}]}}"#)), expected);
    let feature = |geometry: &str| format!(r#"{{"type":"Feature","properties":null,"geometry":{geometry}}}"#);
    let features = [feature(&one), feature("null"), feature(&two)].join(",");
    assert_eq!(filter(format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)), expected);
    let features = [feature("null"), feature(r#"{"type":"Point","coordinates":[1,2]}"#)].join(",");
    let point = filter(format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#));
    assert_eq!(point, filter("POINT (1 2)"), "the only feature with a geometry");
}

#[test]
fn a_crossing_is_reported_with_its_coordinates() {
    let crossing = "its boundary crosses itself at (0.5 0.5); order the points";
    let bow_tie = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 1.0), (x: 1.0, y: 0.0), (x: 0.0, y: 1.0), (x: 0.0, y: 0.0)];
    assert!(refused(&bow_tie).contains(crossing));
    assert!(refused(MultiPolygon::new(vec![square(), bow_tie])).contains(crossing));
    assert!(refused("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))").contains(crossing));
    assert!(refused(r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}"#).contains(crossing));
}

#[test]
fn wkb_with_parts_of_a_wrong_type_is_refused() {
    let line = [&[1, 2, 0, 0, 0, 2, 0, 0, 0][..], &[0; 32]].concat();
    let point = [&[1, 1, 0, 0, 0][..], &[0; 16]].concat();
    for (number, part) in [(4, &line), (5, &point), (6, &line), (6, &point)] {
        let bytes = [&[1, number, 0, 0, 0, 1, 0, 0, 0][..], part].concat();
        assert!(refused(bytes.clone()).contains("not valid WKB"), "{number}");
        let inside = [&[1, 7, 0, 0, 0, 1, 0, 0, 0][..], &bytes].concat();
        assert!(refused(inside).contains("not valid WKB"), "{number}");
    }
}

#[test]
fn hostile_text_does_not_exhaust_the_stack() {
    assert!(refused("GEOMETRYCOLLECTION(".repeat(100_000)).len() < 500);
    assert!(refused("(".repeat(1_000_000)).contains("nest deeper"));
    assert!(refused(format!("{}{}", "{\"geometry\":".repeat(100_000), "}".repeat(100_000))).len() < 500);
}

proptest! {
    #[test]
    fn arbitrary_bytes_and_text_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        text in "(POINT|POLYGON|SRID=4326;|\\{)?[ (){}\\[\\]\"a-z0-9.,;-]{0,40}|.{0,20}",
    ) {
        let _ = SpatialFilter::new(bytes.as_slice());
        let _ = SpatialFilter::new(text.as_str());
        let start = [&[1, 3, 0, 0, 0], bytes.as_slice()].concat();
        let _ = SpatialFilter::new(start);
    }

    #[test]
    fn damaged_wkb_never_panics(
        text in prop::sample::select(&[
            "MULTIPOINT((1 2), (3 4))",
            "MULTILINESTRING((0 0, 1 1), (2 2, 3 3))",
            "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
            "GEOMETRYCOLLECTION(POINT(1 2), POLYGON((0 0, 1 0, 1 1, 0 0)), MULTIPOINT((1 2)))",
            "MULTIPOINT Z((1 2 3), (4 5 6))",
        ]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0x80_u8), 0..8_u8, any::<u8>()]), 1..4),
    ) {
        let mut bytes = Vec::new();
        wkb::writer::write_geometry(&mut bytes, &parse_wkt(text).expect(text), &Default::default()).expect("WKB");
        for (place, byte) in damage {
            *place.get_mut(&mut bytes) = byte;
        }
        let _ = SpatialFilter::new(bytes.as_slice());
        let _ = parse_wkb(&bytes).and_then(|geometry| check_rings(&geometry));
    }

    #[test]
    fn sent_areas_parse_back(radii in prop::collection::vec(0.1..40.0, 3..20), x in -60.0..60.0, y in -40.0..40.0) {
        let count = radii.len() as f64;
        let angle = |index: usize| index as f64 / count * std::f64::consts::TAU;
        let corner = |(index, radius): (usize, &f64)| (x + radius * angle(index).cos(), y + radius * angle(index).sin());
        let line: LineString = radii.iter().enumerate().map(corner).collect::<Vec<_>>().into();
        let polygon = Polygon::new(line, vec![]);
        let filter = SpatialFilter::new(&polygon).expect("an area");
        prop_assert_eq!(SpatialFilter::new(bytes(&filter)).expect("its own bytes"), filter.clone());
        prop_assert_eq!(SpatialFilter::new(filter.to_string()).expect("its own text"), filter);
    }
}

#[test]
fn a_union_joins_areas_of_one_kind() {
    let (west, east) =
        ("POLYGON((0 0, 1 0, 1 1, 0 0))", "MULTIPOLYGON(((5 5, 6 5, 6 6, 5 5)), ((7 7, 8 7, 8 8, 7 7)))");
    let union = SpatialFilter::union([west, east]).expect("an area");
    let parts = "((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)),((7 7,8 7,8 8,7 7))";
    assert_eq!(union.to_string(), format!("MULTIPOLYGON({parts})"));
    assert_eq!(SpatialFilter::union([west]).expect("an area"), SpatialFilter::new(west).expect("an area"));
    // The same area twice overlaps itself.
    assert!(SpatialFilter::union([west, west]).is_ok());
    assert_eq!(
        SpatialFilter::union(["POINT(1 2)", "MULTIPOINT(3 4)"]).expect("points").to_string(),
        "MULTIPOINT((1 2),(3 4))"
    );
    let lines = SpatialFilter::union(["LINESTRING(0 0, 1 1)", "LINESTRING(2 2, 3 3)"]).expect("lines").to_string();
    assert_eq!(lines, "MULTILINESTRING((0 0,1 1),(2 2,3 3))");
    let inside = |area: &str| SpatialFilter::new(area).expect("an area").with_mode(SpatialMode::FilterContainsGeometry);
    let union = SpatialFilter::union([inside(west), inside(east)]).expect("an area");
    assert_eq!(union.to_wire().mode, i32::from(wire::SpatialFilterMode::FilterContainsGeometry));
}

#[test]
fn a_union_without_a_meaning_is_an_error() {
    let refused = |areas: Vec<SpatialFilter>| SpatialFilter::union(areas).expect_err("no union").to_string();
    let area = |text: &str| SpatialFilter::new(text).expect("an area");
    let polygon = || area("POLYGON((0 0, 1 0, 1 1, 0 0))");
    for (areas, reason) in [
        (vec![], "the union of 0 areas as the spatial extent: there is no area"),
        (vec![polygon(), area("POINT(1 2)")], "of different kinds; use only polygons, only points, or only lines"),
        (vec![polygon(), polygon().with_mode(SpatialMode::FilterContainsGeometry)], "they differ in mode"),
        (
            vec![polygon(), polygon().with_coordinate_system(CoordinateSystem::Cartesian)],
            "they differ in coordinate system",
        ),
    ] {
        let error = refused(areas);
        assert!(error.contains(reason), "{error}");
    }
    let error = SpatialFilter::union(["POINT(1 2)", "POINT(200 2)"]).expect_err("an invalid area").to_string();
    assert!(error.contains("`POINT(200 2)`"), "{error}");
}
