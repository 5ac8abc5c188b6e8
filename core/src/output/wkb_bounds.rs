//! Bounding boxes of geometries, for readers that skip rows by them.

use geo_traits::{
    CoordTrait, GeometryCollectionTrait as _, GeometryTrait, GeometryType, LineStringTrait, MultiLineStringTrait as _,
    MultiPointTrait as _, MultiPolygonTrait as _, PointTrait as _, PolygonTrait,
};
use wkb::reader::Wkb;

use super::bounds::{Bounds, of_positions, union};
use super::geometry::{convert, positions_of};

/// Returns the smallest box that contains every finite coordinate of a geometry, or `None` without one.
///
/// If a geometry crosses the antimeridian or leaves the map, the box also contains its parts on the map, as of the cut
/// geometry. Then it spans all longitudes and reaches an enclosed pole: a reader that skips rows by this box finds the
/// geometry, whether it treats edges as lines on the plane or as the shorter way.
pub(super) fn bounds_of(geometry: &Wkb<'_>) -> Option<Bounds> {
    let mut scan = Scan::default();
    scan.geometry(geometry);
    let on_map =
        if scan.leaves_map { convert(geometry).and_then(|cut| of_positions(positions_of(&cut))) } else { None };
    union(scan.bounds, on_map)
}

/// The coordinates of a geometry as they are written.
#[derive(Default)]
struct Scan {
    bounds: Option<Bounds>,
    /// Whether a longitude is beyond 180 degrees, or an edge spans more than 180 degrees.
    leaves_map: bool,
}

impl Scan {
    fn geometry(&mut self, geometry: &impl GeometryTrait<T = f64>) {
        match geometry.as_type() {
            GeometryType::Point(point) => self.coordinates(point.coord()),
            GeometryType::LineString(line) => self.coordinates(line.coords()),
            GeometryType::Polygon(polygon) => self.polygon(polygon),
            GeometryType::MultiPoint(points) => {
                points.points().for_each(|point| self.coordinates(point.coord()));
            }
            GeometryType::MultiLineString(lines) => {
                lines.line_strings().for_each(|line| self.coordinates(line.coords()));
            }
            GeometryType::MultiPolygon(polygons) => polygons.polygons().for_each(|polygon| self.polygon(&polygon)),
            GeometryType::GeometryCollection(parts) => parts.geometries().for_each(|part| self.geometry(&part)),
            // WKB has no other types.
            _ => {}
        }
    }

    fn polygon(&mut self, polygon: &impl PolygonTrait<T = f64>) {
        // Holes lie inside.
        if let Some(exterior) = polygon.exterior() {
            self.coordinates(exterior.coords());
        }
    }

    /// Adds the coordinates of one line.
    fn coordinates<C: CoordTrait<T = f64>>(&mut self, line: impl IntoIterator<Item = C>) {
        let mut before: Option<f64> = None;
        for coordinate in line {
            let x = coordinate.x();
            self.bounds = union(self.bounds, Bounds::of_coordinate(x, coordinate.y()));
            self.leaves_map |= x.abs() > 180.0 || before.is_some_and(|before| (x - before).abs() > 180.0);
            before = Some(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::geometry::from_text;
    use crate::schema::wkb::read;

    fn bounds(text: &str) -> Option<[f64; 4]> {
        let wkb = from_text(text).expect("WKT");
        bounds_of(&read(&wkb).expect("WKB")).map(Bounds::to_array)
    }

    #[test]
    fn bounds_contain_geometries_of_every_type() {
        for (text, expected) in [
            ("POINT(1 2)", Some([1.0, 2.0, 1.0, 2.0])),
            ("POINT ZM(1 2 300 400)", Some([1.0, 2.0, 1.0, 2.0])),
            ("MULTIPOINT(3 4, 1 2)", Some([1.0, 2.0, 3.0, 4.0])),
            ("LINESTRING M(0 5 100, 1 1 200)", Some([0.0, 1.0, 1.0, 5.0])),
            ("MULTILINESTRING((0 0, 1 1), (-5 7, 2 2))", Some([-5.0, 0.0, 2.0, 7.0])),
            ("POLYGON Z((0 0 9, 4 0 9, 4 4 9, 0 0 9), (1 1 9, 2 1 9, 2 2 9, 1 1 9))", Some([0.0, 0.0, 4.0, 4.0])),
            ("MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))", Some([0.0, 0.0, 6.0, 6.0])),
            ("GEOMETRYCOLLECTION(POINT(-180 3), GEOMETRYCOLLECTION(POINT(1 2)))", Some([-180.0, 2.0, 1.0, 3.0])),
            ("POINT EMPTY", None),
            ("MULTIPOLYGON EMPTY", None),
            ("GEOMETRYCOLLECTION(POINT EMPTY)", None),
            // The edges of the whole map cross nothing.
            (
                "POLYGON((-180 -90, 0 -90, 180 -90, 180 90, 0 90, -180 90, -180 -90))",
                Some([-180.0, -90.0, 180.0, 90.0]),
            ),
        ] {
            assert_eq!(bounds(text), expected, "{text}");
        }
    }

    #[test]
    fn bounds_across_the_antimeridian_span_all_longitudes() {
        for (text, expected) in [
            ("POLYGON((179 0, -179 0, -179 1, 179 1, 179 0))", [-180.0, 0.0, 180.0, 1.0]),
            ("LINESTRING(179 0, -179 2)", [-180.0, 0.0, 180.0, 2.0]),
            ("POLYGON((170 0, 190 0, 190 1, 170 1, 170 0))", [-180.0, 0.0, 190.0, 1.0]),
            // On the map at -170 to -160.
            ("LINESTRING(190 0, 200 0)", [-170.0, 0.0, 200.0, 0.0]),
            ("POLYGON((0 80, 120 80, -120 80, 0 80))", [-180.0, 80.0, 180.0, 90.0]),
        ] {
            assert_eq!(bounds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_coordinate_that_is_not_finite_has_no_bounds() {
        let mut line = from_text("LINESTRING(1 2, 3 4)").expect("WKT");
        let end = line.len();
        line[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
        assert_eq!(bounds_of(&read(&line).expect("WKB")).map(Bounds::to_array), Some([1.0, 2.0, 1.0, 2.0]));
    }

    proptest! {
        #[test]
        fn bounds_contain_each_coordinate_and_each_cut_part(
            line in prop::collection::vec((-400.0_f64..400.0, -90.0_f64..90.0), 2..8),
        ) {
            let text: Vec<_> = line.iter().map(|(x, y)| format!("{x} {y}")).collect();
            let wkb = from_text(&format!("LINESTRING({})", text.join(", "))).expect("WKT");
            let geometry = read(&wkb).expect("WKB");
            let bounds = bounds_of(&geometry).expect("coordinates");
            let cut = convert(&geometry).and_then(|cut| of_positions(positions_of(&cut))).expect("coordinates");
            prop_assert_eq!(union(Some(bounds), Some(cut)), Some(bounds));
            for (x, y) in line {
                prop_assert_eq!(union(Some(bounds), Bounds::of_coordinate(x, y)), Some(bounds));
            }
        }
    }
}
