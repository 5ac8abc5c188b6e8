//! Geometries in the plane of longitude and latitude, which ends at the antimeridian and at the poles: longitudes 179
//! and -179 are far apart.

use geo::relate::PreparedGeometry;
use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, Relate,
};

use crate::wkb::{Position, Shape};

/// A geometry, prepared to be compared with many others.
pub(super) struct PlanarShape(PreparedGeometry<'static, Geometry>);

impl PlanarShape {
    pub(super) fn of(shape: &Shape) -> Self {
        let points = MultiPoint::new(shape.points.iter().map(|[x, y]| Point::new(*x, *y)).collect());
        let lines = MultiLineString::new(shape.lines.iter().map(|line| line_string(line)).collect());
        let polygons = shape.polygons.iter().map(|rings| {
            let mut rings = rings.iter().map(|ring| line_string(ring));
            Polygon::new(rings.next().unwrap_or_else(|| LineString::new(Vec::new())), rings.collect())
        });
        let polygons = MultiPolygon::new(polygons.collect());
        let geometry: Geometry = match (points.0.is_empty(), lines.0.is_empty(), polygons.0.is_empty()) {
            (true, true, _) => polygons.into(),
            (true, false, true) => lines.into(),
            (false, true, true) => points.into(),
            _ => Geometry::GeometryCollection(GeometryCollection::new_from(vec![
                points.into(),
                lines.into(),
                polygons.into(),
            ])),
        };
        Self(PreparedGeometry::from(geometry))
    }

    /// Whether the two share a point.
    pub(super) fn intersects(&self, other: &Self) -> bool {
        self.0.relate(&other.0).is_intersects()
    }

    /// Whether no point of the other is outside.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.0.relate(&other.0).is_covers()
    }
}

fn line_string(line: &[Position]) -> LineString {
    LineString::new(line.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(ring: &[Position]) -> PlanarShape {
        PlanarShape::of(&Shape { polygons: vec![vec![ring.to_vec()]], ..Shape::default() })
    }

    fn square(x: f64, y: f64, side: f64) -> PlanarShape {
        polygon(&[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]])
    }

    #[test]
    fn boundaries_belong_to_geometries() {
        let unit = square(0.0, 0.0, 1.0);
        assert!(unit.intersects(&square(1.0, 0.0, 1.0)), "a common edge");
        assert!(unit.intersects(&square(1.0, 1.0, 1.0)), "a common corner");
        assert!(!unit.intersects(&square(1.1, 1.1, 1.0)));
        assert!(unit.covers(&unit));
        assert!(unit.covers(&square(0.0, 0.0, 0.5)));
        assert!(!square(0.0, 0.0, 0.5).covers(&unit));
        let corner = PlanarShape::of(&Shape { points: vec![[1.0, 1.0]], ..Shape::default() });
        assert!(unit.covers(&corner));
    }

    #[test]
    fn the_plane_ends_at_the_antimeridian() {
        let (east, west) = (square(178.5, 0.0, 1.0), square(-179.5, 0.0, 1.0));
        assert!(!east.intersects(&west));
        // An outline that jumps over it goes all the way round.
        let jump = polygon(&[[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0], [179.0, 0.0]]);
        assert!(jump.intersects(&square(0.0, 0.0, 1.0)));
    }
}
