use geo_types::{Coord, Geometry, Line, LineString, MultiPolygon, Point, Polygon, Rect, polygon};
use proptest::prelude::*;

use super::*;

fn square() -> Polygon {
    polygon![(x: 12.0, y: 45.0), (x: 13.0, y: 45.0), (x: 13.0, y: 46.0), (x: 12.0, y: 46.0), (x: 12.0, y: 45.0)]
}

fn filter(area: impl IntoSpatialFilter) -> SpatialFilter {
    SpatialFilter::new(area).expect("an area")
}

fn refused(area: impl IntoSpatialFilter) -> String {
    SpatialFilter::new(area).expect_err("no area").to_string()
}

fn bytes(filter: &SpatialFilter) -> Vec<u8> {
    filter.to_wire().geometry.expect("a geometry").wkb.to_vec()
}

#[test]
fn what_is_sent_is_little_endian_wkb_without_an_srid() {
    let expected = [&[1, 1, 0, 0, 0][..], &12.5f64.to_le_bytes(), &(-45.5f64).to_le_bytes()].concat();
    assert_eq!(bytes(&filter(Point::new(12.5, -45.5))), expected);
    let polygon = bytes(&filter(square()));
    assert_eq!(polygon[..13], [1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(polygon.len(), 13 + 5 * 16);
}

#[test]
fn the_same_area_in_every_form_is_the_same_filter() {
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
fn extended_and_big_endian_wkb_are_read() {
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
fn modes_and_systems_are_sent_as_they_are_set() {
    let sent = |filter: SpatialFilter| {
        let message = filter.to_wire();
        (message.mode(), message.coordinate_system())
    };
    let (intersects, unspecified) = (wire::SpatialFilterMode::Intersects, wire::SpatialCoordinateSystem::Unspecified);
    assert_eq!(sent(filter(square())), (intersects, unspecified));
    let inside = filter(square()).mode(SpatialMode::FilterContainsGeometry);
    assert_eq!(sent(inside.clone()), (wire::SpatialFilterMode::FilterContainsGeometry, unspecified));
    let around = inside.mode(SpatialMode::GeometryContainsFilter).coordinate_system(CoordinateSystem::Spherical);
    let expected = (wire::SpatialFilterMode::GeometryContainsFilter, wire::SpatialCoordinateSystem::Spherical);
    assert_eq!(sent(around.clone()), expected);
    let planar = around.coordinate_system(CoordinateSystem::Cartesian);
    assert_eq!(sent(planar).1, wire::SpatialCoordinateSystem::Cartesian);
}

#[test]
fn an_empty_area_is_an_error_in_every_form() {
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
fn coordinates_that_are_none_are_errors() {
    assert!(refused(Point::new(f64::NAN, 1.0)).contains("is not finite"));
    assert!(refused(Point::new(1.0, f64::INFINITY)).contains("is not finite"));
    assert!(refused("POINT (45.0 120.0)").contains("the longitude comes first"));
    assert!(refused("POINT (500000 5000000)").contains("use degrees"));
    assert!(refused("POINT (181 0)").contains("two polygons for an area across the antimeridian"));
    assert!(SpatialFilter::new("POINT (-180 90)").is_ok());
}

#[test]
fn what_is_no_single_geometry_says_so() {
    for (area, reason) in [
        ("", "it is not WKT"),
        ("Berlin", "it is not WKT"),
        ("{", "it is not GeoJSON"),
        (r#"{"type": "Polygon", "coordinates": [[[1]]]}"#, "it is not GeoJSON"),
        ("GEOMETRYCOLLECTION (POINT (1 2))", "a collection of geometries"),
        (r#"{"type": "GeometryCollection", "geometries": []}"#, "a collection of geometries"),
        ("SRID=3857;POINT (1 2)", "its reference system is 3857"),
        ("SRID=;POINT (1 2)", "its reference system is no number"),
    ] {
        let error = refused(area);
        assert!(error.contains(reason) && !error.contains('\n'), "{error}");
    }
    let features = r#"{"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}"#;
    assert!(refused(features).contains("it is a collection of 2 features; pass one feature"));
    assert!(refused(&b"\x01\x03"[..]).contains("it is not WKB"));
}

#[test]
fn hostile_text_does_not_exhaust_the_stack() {
    assert!(refused("GEOMETRYCOLLECTION(".repeat(100_000)).len() < 500);
    assert!(refused("(".repeat(1_000_000)).contains("nest deeper"));
    assert!(refused(format!("{}{}", "{\"geometry\":".repeat(100_000), "}".repeat(100_000))).len() < 500);
}

proptest! {
    #[test]
    fn no_bytes_and_no_text_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        text in "(POINT|POLYGON|SRID=4326;|\\{)?[ (){}\\[\\]\"a-z0-9.,;-]{0,40}|.{0,20}",
    ) {
        let _ = SpatialFilter::new(bytes.as_slice());
        let _ = SpatialFilter::new(text.as_str());
        let start = [&[1, 3, 0, 0, 0], bytes.as_slice()].concat();
        let _ = SpatialFilter::new(start);
    }

    #[test]
    fn what_is_sent_reads_back(points in prop::collection::vec((-180.0..=180.0, -90.0..=90.0), 3..20)) {
        let line: LineString = points.into();
        let polygon = Polygon::new(line, vec![]);
        let filter = SpatialFilter::new(&polygon).expect("an area");
        prop_assert_eq!(SpatialFilter::new(bytes(&filter)).expect("its own bytes"), filter.clone());
        prop_assert_eq!(SpatialFilter::new(filter.to_string()).expect("its own text"), filter);
    }
}
