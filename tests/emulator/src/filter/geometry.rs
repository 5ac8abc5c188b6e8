//! Geometries and their relations, on the sphere and in the plane.
//!
//! Edges are great-circle arcs, so that the antimeridian and the poles are not special. The plane is mapped to one
//! hemisphere by the gnomonic projection, which keeps straight lines straight. One comparison therefore serves both, and
//! also handles self-intersecting geometries.
//!
//! The inside of a ring is its smaller side, regardless of its direction. Boundaries are part of geometries.

mod arc;
mod ring;

use crate::wkb::{Position, Shape};
use arc::{Arc, TOLERANCE, Vector};
use ring::Ring;

/// The distance from an edge at which its sides are probed, in radians: some millimetres on the ground.
const PROBE_OFFSET: f64 = 1e-9;

/// A geometry as points, arcs and polygons on a sphere.
pub(super) struct Geometry {
    points: Vec<Vector>,
    /// The edges of lines.
    lines: Vec<Arc>,
    polygons: Vec<Polygon>,
    cap: Cap,
}

struct Polygon {
    exterior: Ring,
    holes: Vec<Ring>,
}

impl Geometry {
    /// Places a shape on the globe.
    pub(super) fn on_sphere(shape: &Shape) -> Self {
        Self::of(shape, arc::vector)
    }

    /// Places a shape in the plane of longitude and latitude, in which longitudes 179 and -179 are far apart.
    pub(super) fn in_plane(shape: &Shape) -> Self {
        Self::of(shape, arc::planar_vector)
    }

    fn of(shape: &Shape, vector: fn(Position) -> Vector) -> Self {
        let vectors = |line: &[Position]| line.iter().map(|position| vector(*position)).collect::<Vec<_>>();
        let mut lines = Vec::new();
        let mut points = vectors(&shape.points);
        for line in &shape.lines {
            let vertices = vectors(line);
            // A line without length is a point.
            points.extend(vertices.first().filter(|first| vertices.iter().all(|vertex| vertex == *first)));
            lines.extend(arc::arcs(&vertices));
        }
        let polygons = shape.polygons.iter().filter_map(|rings| {
            let mut rings = rings.iter().map(|ring| Ring::of(&vectors(ring)));
            let exterior = rings.next()?;
            Some(Polygon { exterior, holes: rings.collect() })
        });
        let mut geometry = Self { points, lines, polygons: polygons.collect(), cap: Cap::SPHERE };
        geometry.cap = Cap::around(&geometry.vertices().copied().collect::<Vec<_>>());
        geometry
    }

    /// Returns whether the geometries share a point.
    pub(super) fn intersects(&self, other: &Self) -> bool {
        if !self.cap.may_meet(&other.cap) {
            return false;
        }
        self.edges().any(|edge| other.edges().any(|other| edge.crosses(other)))
            || self.vertices().any(|vertex| other.contains(*vertex))
            || other.vertices().any(|vertex| self.contains(*vertex))
    }

    /// Returns whether no point of the other geometry is outside this one.
    ///
    /// Between two intersections, an edge is either inside or outside. So the midpoint of each piece decides: for the
    /// other's edges, the midpoint itself; for the other's inside, both sides of the midpoints of this geometry's edges.
    /// The latter handles areas in parts, such as a footprint that is split at the antimeridian.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if !self.cap.may_meet(&other.cap) || !other.vertices().all(|vertex| self.contains(*vertex)) {
            return false;
        }
        let own: Vec<_> = self.edges().collect();
        let others: Vec<_> = other.edges().collect();
        let is_inside =
            |edge: &&Arc| edge.midpoints_of_pieces(own.iter().copied()).into_iter().all(|m| self.contains(m));
        if !others.iter().all(is_inside) {
            return false;
        }
        other.polygons.is_empty()
            || own.iter().all(|edge| {
                let midpoints = edge.midpoints_of_pieces(others.iter().chain(&own).copied());
                midpoints.into_iter().filter(|midpoint| other.strictly_contains(*midpoint)).all(|midpoint| {
                    let sides = [PROBE_OFFSET, -PROBE_OFFSET];
                    sides.into_iter().all(|angle| self.contains(edge.left_of(midpoint, angle)))
                })
            })
    }

    fn contains(&self, point: Vector) -> bool {
        self.polygons.iter().any(|polygon| polygon.contains(point))
            || self.lines.iter().any(|edge| edge.touches(point))
            || self.points.iter().any(|own| arc::distance(*own, point) <= TOLERANCE)
    }

    fn strictly_contains(&self, point: Vector) -> bool {
        self.polygons.iter().any(|polygon| polygon.contains(point) && !polygon.edges().any(|edge| edge.touches(point)))
    }

    fn edges(&self) -> impl Iterator<Item = &Arc> {
        self.lines.iter().chain(self.polygons.iter().flat_map(Polygon::edges))
    }

    fn vertices(&self) -> impl Iterator<Item = &Vector> {
        let rings = self.polygons.iter().flat_map(|polygon| polygon.rings().flat_map(Ring::vertices));
        let lines = self.lines.iter().flat_map(Arc::ends);
        self.points.iter().chain(lines).chain(rings)
    }
}

impl Polygon {
    fn contains(&self, point: Vector) -> bool {
        self.exterior.contains(point)
            && !self
                .holes
                .iter()
                .any(|hole| hole.contains(point) && !hole.edges().iter().any(|edge| edge.touches(point)))
    }

    fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.exterior).chain(&self.holes)
    }

    fn edges(&self) -> impl Iterator<Item = &Arc> {
        self.rings().flat_map(|ring| ring.edges())
    }
}

/// A spherical cap around a geometry, by which distant geometries are told apart quickly.
struct Cap {
    centre: Vector,
    /// The angle from the centre to the edge, in radians.
    radius: f64,
}

impl Cap {
    const SPHERE: Self = Self { centre: [0.0, 0.0, 1.0], radius: std::f64::consts::PI };

    fn around(vertices: &[Vector]) -> Self {
        let sum = vertices.iter().fold([0.0; 3], |sum, vertex| arc::add(sum, *vertex));
        let Some(centre) = arc::normalized(sum) else { return Self::SPHERE };
        let radius = vertices.iter().map(|vertex| arc::distance(centre, *vertex)).fold(0.0, f64::max);
        // Beyond a hemisphere, edges and insides can leave the cap.
        if radius < 1.5 { Self { centre, radius: radius + 2.0 * PROBE_OFFSET } } else { Self::SPHERE }
    }

    fn may_meet(&self, other: &Self) -> bool {
        arc::distance(self.centre, other.centre) <= self.radius + other.radius
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(rings: &[&[Position]]) -> Shape {
        let rings = rings.iter().map(|ring| [ring, &ring[..1]].concat()).collect();
        Shape { polygons: vec![rings], ..Shape::default() }
    }

    fn polygon(ring: &[Position]) -> Geometry {
        Geometry::on_sphere(&shape(&[ring]))
    }

    fn point(longitude: f64, latitude: f64) -> Geometry {
        Geometry::on_sphere(&Shape { points: vec![[longitude, latitude]], ..Shape::default() })
    }

    fn square(x: f64, y: f64, side: f64) -> Geometry {
        polygon(&[[x, y], [x + side, y], [x + side, y + side], [x, y + side]])
    }

    #[test]
    fn polygons_cross_the_antimeridian() {
        for across in [
            polygon(&[[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0]]),
            polygon(&[[179.0, 0.0], [181.0, 0.0], [181.0, 1.0], [179.0, 1.0]]),
            polygon(&[[179.0, 1.0], [-179.0, 1.0], [-179.0, 0.0], [179.0, 0.0]]),
        ] {
            for inside in [point(180.0, 0.5), point(-180.0, 0.5), point(-179.5, 0.5), point(179.5, 0.5)] {
                assert!(across.intersects(&inside) && across.covers(&inside));
            }
            for outside in [point(0.0, 0.5), point(178.0, 0.5), point(-178.0, 0.5)] {
                assert!(!across.intersects(&outside) && !across.covers(&outside));
            }
            assert!(across.intersects(&square(-179.5, 0.5, 3.0)));
            assert!(across.covers(&square(179.5, 0.2, 0.7)));
            assert!(!across.covers(&square(179.5, 0.2, 3.0)));
        }
    }

    #[test]
    fn a_ring_around_a_pole_contains_the_pole() {
        let ring = |latitude: f64| polygon(&[[0.0, latitude], [90.0, latitude], [180.0, latitude], [-90.0, latitude]]);
        for (cap, side) in [(ring(70.0), 1.0), (ring(-70.0), -1.0)] {
            assert!(cap.covers(&point(12.0, side * 90.0)));
            assert!(cap.covers(&point(-160.0, side * 85.0)));
            assert!(!cap.intersects(&point(0.0, side * 60.0)));
            assert!(!cap.intersects(&point(0.0, side * -90.0)));
            assert!(cap.covers(&square(10.0, side * 86.0 - 0.5, 1.0)));
            assert!(cap.intersects(&square(10.0, side * 70.5 - 2.5, 5.0)));
            assert!(ring(side * 60.0).covers(&cap));
        }
        let with_corner_at_the_pole = polygon(&[[0.0, 80.0], [20.0, 80.0], [20.0, 90.0], [0.0, 90.0]]);
        assert!(with_corner_at_the_pole.covers(&point(10.0, 85.0)));
        assert!(!with_corner_at_the_pole.intersects(&point(30.0, 85.0)));
        assert!(with_corner_at_the_pole.covers(&point(77.0, 90.0)));
    }

    #[test]
    fn edges_are_great_circle_arcs() {
        let wide = polygon(&[[0.0, 50.0], [60.0, 50.0], [60.0, 60.0], [0.0, 60.0]]);
        assert!(!wide.intersects(&point(30.0, 51.0)), "the southern edge bends to the north");
        assert!(wide.covers(&point(30.0, 62.0)), "the northern edge bends to the north");
    }

    #[test]
    fn holes_are_outside_but_their_edges_are_inside() {
        let outside: &[Position] = &[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        let hole: &[Position] = &[[4.0, 4.0], [4.0, 6.0], [6.0, 6.0], [6.0, 4.0]];
        let holed = Geometry::on_sphere(&shape(&[outside, hole]));
        assert!(!holed.intersects(&point(5.0, 5.0)));
        assert!(holed.covers(&point(4.0, 4.0)));
        assert!(!holed.covers(&square(3.0, 3.0, 4.0)), "the square contains the hole");
        assert!(holed.intersects(&square(3.0, 3.0, 4.0)));
        assert!(!holed.intersects(&square(4.5, 4.5, 1.0)), "the square is inside the hole");
        assert!(holed.covers(&square(1.0, 1.0, 2.0)));
        assert!(holed.covers(&holed));
        assert!(polygon(outside).covers(&holed) && !holed.covers(&polygon(outside)));
    }

    #[test]
    fn an_area_in_two_parts_covers_their_common_edge() {
        let west: Vec<Position> = vec![[170.0, 0.0], [180.0, 0.0], [180.0, 10.0], [170.0, 10.0], [170.0, 0.0]];
        let east: Vec<Position> = vec![[-180.0, 0.0], [-170.0, 0.0], [-170.0, 10.0], [-180.0, 10.0], [-180.0, 0.0]];
        let both = Geometry::on_sphere(&Shape { polygons: vec![vec![west], vec![east]], ..Shape::default() });
        let across = polygon(&[[179.0, 4.0], [-179.0, 4.0], [-179.0, 5.0], [179.0, 5.0]]);
        assert!(both.covers(&across) && both.intersects(&across));
        assert!(!across.covers(&both));
        let beyond = polygon(&[[179.0, 4.0], [-165.0, 4.0], [-165.0, 5.0], [179.0, 5.0]]);
        assert!(!both.covers(&beyond) && both.intersects(&beyond));
    }

    #[test]
    fn lines_and_points_have_relations() {
        let line = Geometry::on_sphere(&Shape { lines: vec![vec![[-5.0, 0.0], [5.0, 0.0]]], ..Shape::default() });
        assert!(line.intersects(&square(0.0, -1.0, 2.0)));
        assert!(!line.intersects(&square(0.0, 1.0, 2.0)));
        assert!(square(-6.0, -6.0, 12.0).covers(&line) && !square(-6.0, -6.0, 8.0).covers(&line));
        assert!(line.covers(&point(1.0, 0.0)) && !line.covers(&point(1.0, 1.0)));
        assert!(!line.covers(&square(0.0, 0.0, 1.0)));
        assert!(point(1.0, 2.0).covers(&point(1.0, 2.0)) && !point(1.0, 2.0).intersects(&point(1.0, 3.0)));
    }

    fn flat_square(x: f64, y: f64, side: f64) -> Geometry {
        let corners = [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
        Geometry::in_plane(&shape(&[&corners]))
    }

    #[test]
    fn the_plane_ends_at_the_antimeridian() {
        assert!(!flat_square(178.5, 0.0, 1.0).intersects(&flat_square(-179.5, 0.0, 1.0)));
        // A ring that jumps over the antimeridian spans the plane.
        let jump = Geometry::in_plane(&shape(&[&[[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0]]]));
        assert!(jump.covers(&flat_square(0.0, 0.0, 1.0)));
        let wide = Geometry::in_plane(&shape(&[&[[0.0, 50.0], [60.0, 50.0], [60.0, 60.0], [0.0, 60.0]]]));
        assert!(wide.covers(&flat_square(30.0, 50.0, 10.0)));
        assert!(!wide.intersects(&flat_square(30.0, 60.001, 1.0)));
    }

    #[test]
    fn boundaries_in_the_plane_are_inside() {
        let unit = flat_square(0.0, 0.0, 1.0);
        assert!(unit.intersects(&flat_square(1.0, 0.0, 1.0)), "a common edge");
        assert!(unit.intersects(&flat_square(1.0, 1.0, 1.0)), "a common corner");
        assert!(!unit.intersects(&flat_square(1.1, 1.1, 1.0)));
        assert!(unit.covers(&unit) && unit.covers(&flat_square(0.0, 0.0, 0.5)));
        assert!(!flat_square(0.0, 0.0, 0.5).covers(&unit));
    }

    #[test]
    fn the_outline_of_the_map_covers_the_plane() {
        let world = Geometry::in_plane(&shape(&[&[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]]]));
        for position in [[-180.0, -90.0], [180.0, 90.0], [0.0, 0.0], [180.0, 0.0], [-120.5, 89.9]] {
            assert!(world.covers(&flat_square(position[0], position[1], 0.0)), "{position:?}");
        }
        assert!(!world.intersects(&flat_square(181.0, 0.0, 1.0)));
    }

    /// Returns corners around a centre.
    fn star(centre: [f64; 2], radii: &[f64]) -> Vec<[f64; 2]> {
        let corner = |(index, radius): (usize, &f64)| {
            let angle = index as f64 / radii.len() as f64 * std::f64::consts::TAU;
            [centre[0] + radius * angle.cos(), centre[1] + radius * angle.sin()]
        };
        radii.iter().enumerate().map(corner).collect()
    }

    /// Projects corners from a plane at longitude and latitude 0 to the globe (gnomonic projection).
    fn on_globe(corners: &[[f64; 2]]) -> Geometry {
        let place = |[y, z]: &[f64; 2]| [y.atan().to_degrees(), (z / (1.0 + y * y).sqrt()).atan().to_degrees()];
        polygon(&corners.iter().map(place).collect::<Vec<_>>())
    }

    /// Returns the polygon of another implementation.
    fn oracle(corners: &[[f64; 2]]) -> geo::Polygon {
        geo::Polygon::new(corners.iter().map(|[x, y]| geo::Coord { x: *x, y: *y }).collect(), Vec::new())
    }

    proptest! {
        #[test]
        fn relations_match_another_implementation(
            first in prop::collection::vec(0.1..1.0_f64, 3..9),
            second in prop::collection::vec(0.02..0.6_f64, 3..9),
            offset in prop::array::uniform2(-1.0..1.0_f64),
        ) {
            use geo::Relate;
            let (first, second) = (star([0.0, 0.0], &first), star(offset, &second));
            let expected = oracle(&first).relate(&oracle(&second));
            let in_plane = (Geometry::in_plane(&shape(&[&first])), Geometry::in_plane(&shape(&[&second])));
            for (figure, other) in [in_plane, (on_globe(&first), on_globe(&second))] {
                prop_assert_eq!(figure.intersects(&other), expected.is_intersects());
                prop_assert_eq!(figure.covers(&other), expected.is_covers());
                prop_assert_eq!(other.covers(&figure), expected.is_coveredby());
            }
        }
    }
}
