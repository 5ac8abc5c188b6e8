//! Finds the place where the boundary of a polygon crosses itself.
//!
//! The edges of an area are straight on a map or shortest paths on the globe, as the query or the server decides. So a
//! crossing must exist in both: in the plane, by the exact signs of `robust`, and on the sphere. Boundaries that touch
//! themselves do not cross, and neither do edges that overlap.

use geo_types::Coord;
use robust::{Coord3D, orient2d, orient3d};

/// The maximum pairs of edges that are compared, which takes some seconds. The server checks geometries with more.
const MAX_PAIRS: usize = 20_000_000;
/// The maximum width of an edge in degrees of longitude. The shortest path of a wider one crosses the antimeridian.
const MAX_WIDTH: f64 = 180.0;
/// The inverse precision of the place in an error, in degrees: some metres.
const PRECISION: f64 = 1e4;

/// Returns a place where the rings of a polygon cross themselves or each other, if there is one. The last point of a ring
/// repeats the first. All coordinates must be finite.
pub(super) fn crossing(rings: &[Vec<Coord>]) -> Option<Coord> {
    let rings: Vec<_> = rings.iter().map(|ring| Ring::of(ring)).collect();
    let mut edges: Vec<Edge> = rings.iter().flat_map(Ring::edges).collect();
    edges.sort_by(|one, other| one.west().total_cmp(&other.west()));
    // Edges that overlap the longitudes of the current edge.
    let mut active: Vec<Edge> = Vec::new();
    let mut pairs = 0;
    for edge in edges {
        active.retain(|other| other.east() >= edge.west());
        pairs += active.len();
        if pairs > MAX_PAIRS {
            return None;
        }
        let place = active.iter().filter(|other| other.shares_latitude(&edge)).find_map(|other| other.crosses(&edge));
        if place.is_some() {
            return place.map(|Coord { x, y }| Coord { x: rounded(x), y: rounded(y) });
        }
        active.push(edge);
    }
    None
}

fn rounded(degrees: f64) -> f64 {
    // Adding zero turns a negative zero into zero.
    (degrees * PRECISION).round() / PRECISION + 0.0
}

/// A ring without repeated points.
struct Ring(Vec<Coord>);

impl Ring {
    fn of(ring: &[Coord]) -> Self {
        let mut points = ring.to_vec();
        points.dedup();
        if points.first() == points.last() {
            points.pop();
        }
        Self(points)
    }

    fn edges(&self) -> impl Iterator<Item = Edge> {
        let points = &self.0;
        // Two points make one edge, passed twice.
        let count = if points.len() > 2 { points.len() } else { 0 };
        (0..count).filter_map(move |index| {
            let point = |step: usize| points.get((index + step) % count).copied();
            Some(Edge { before: point(count - 1)?, from: point(0)?, to: point(1)? })
        })
    }
}

/// An edge, and the point before it on its ring.
#[derive(Clone, Copy)]
struct Edge {
    before: Coord,
    from: Coord,
    to: Coord,
}

/// A side of a line.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
    On,
}

impl Edge {
    fn west(&self) -> f64 {
        self.from.x.min(self.to.x)
    }

    fn east(&self) -> f64 {
        self.from.x.max(self.to.x)
    }

    fn shares_latitude(&self, other: &Self) -> bool {
        let low = |edge: &Self| edge.from.y.min(edge.to.y);
        let high = |edge: &Self| edge.from.y.max(edge.to.y);
        low(self) <= high(other) && low(other) <= high(self)
    }

    fn jumps(&self) -> bool {
        (self.to.x - self.from.x).abs() > MAX_WIDTH
    }

    fn crosses(&self, other: &Self) -> Option<Coord> {
        let [start, end] = [other.from, other.to].map(|point| side(self.from, self.to, point));
        let [from, to] = [self.from, self.to].map(|point| side(other.from, other.to, point));
        let opposite = |one: Side, other: Side| one != Side::On && other != Side::On && one != other;
        if opposite(start, end) && opposite(from, to) {
            return self.crosses_on_sphere(other).then(|| self.intersection(other));
        }
        if self.jumps() || other.jumps() {
            return None;
        }
        self.is_crossed_at_corner(other).or_else(|| other.is_crossed_at_corner(self))
    }

    /// Returns the start of the other edge, if it lies on this edge and its ring crosses this edge there.
    fn is_crossed_at_corner(&self, other: &Self) -> Option<Coord> {
        let Edge { before, from: corner, to: after } = *other;
        let sides = if corner == self.from {
            // A corner of both rings, or of a ring that returns to it.
            [self.before, self.to].map(|point| side_of_path(before, corner, after, point))
        } else if self.contains(corner) {
            let passes = sphere_side(self, before) * sphere_side(self, after) < 0.0;
            [before, after].map(|point| if passes { side(self.from, self.to, point) } else { Side::On })
        } else {
            return None;
        };
        matches!(sides, [Side::Left, Side::Right] | [Side::Right, Side::Left]).then_some(corner)
    }

    /// Returns whether a point is on the edge, but not one of its ends.
    fn contains(&self, point: Coord) -> bool {
        let between = |from: f64, to: f64, value: f64| (from.min(to)..=from.max(to)).contains(&value);
        point != self.from
            && point != self.to
            && between(self.from.x, self.to.x, point.x)
            && between(self.from.y, self.to.y, point.y)
            && side(self.from, self.to, point) == Side::On
    }

    fn crosses_on_sphere(&self, other: &Self) -> bool {
        let opposite = |edge: &Self, one: Coord, two: Coord| sphere_side(edge, one) * sphere_side(edge, two) < 0.0;
        // Great circles meet twice: for an edge on the other hemisphere the sides are reversed.
        opposite(self, other.from, other.to)
            && opposite(other, self.from, self.to)
            && (sphere_side(self, other.to) > 0.0) == (sphere_side(other, self.from) > 0.0)
    }

    /// Returns the intersection of two crossing edges.
    fn intersection(&self, other: &Self) -> Coord {
        if self.jumps() || other.jumps() {
            let normal = |edge: &Self| cross(vector(edge.from), vector(edge.to));
            let point = cross(normal(self), normal(other));
            let middle = [vector(self.from), vector(self.to)];
            let ahead = (0..3).map(|axis| point[axis] * (middle[0][axis] + middle[1][axis])).sum::<f64>();
            let [x, y, z] = if ahead < 0.0 { point.map(|part| -part) } else { point };
            return Coord { x: y.atan2(x).to_degrees(), y: z.atan2(x.hypot(y)).to_degrees() };
        }
        let [along, across] = [self, other].map(|edge| [edge.to.x - edge.from.x, edge.to.y - edge.from.y]);
        let gap = [other.from.x - self.from.x, other.from.y - self.from.y];
        let part = (gap[0] * across[1] - gap[1] * across[0]) / (along[0] * across[1] - along[1] * across[0]);
        Coord { x: self.from.x + part * along[0], y: self.from.y + part * along[1] }
    }
}

/// Returns the side of a point relative to the line through two points, exactly.
fn side(from: Coord, to: Coord, point: Coord) -> Side {
    let exact = |Coord { x, y }: Coord| robust::Coord { x, y };
    match orient2d(exact(from), exact(to), exact(point)) {
        turn if turn > 0.0 => Side::Left,
        turn if turn < 0.0 => Side::Right,
        _ => Side::On,
    }
}

/// Returns the side of a point relative to the path over a corner: `On` for points of the path, and for a path that turns
/// back.
fn side_of_path(before: Coord, corner: Coord, after: Coord, point: Coord) -> Side {
    let ahead = |to: Coord| (to.x - corner.x) * (point.x - corner.x) + (to.y - corner.y) * (point.y - corner.y) > 0.0;
    let (first, second) = (side(before, corner, point), side(corner, after, point));
    if (first == Side::On && ahead(before)) || (second == Side::On && ahead(after)) {
        return Side::On;
    }
    let left = |side: Side| side == Side::Left;
    let is_left = match side(before, corner, after) {
        Side::Left => left(first) && left(second),
        Side::Right => left(first) || left(second),
        Side::On if first == Side::On || second == Side::On => return Side::On,
        Side::On if first != second => return Side::On,
        Side::On => left(first),
    };
    if is_left { Side::Left } else { Side::Right }
}

/// Returns a positive number for a point left of the great circle through an edge.
fn sphere_side(edge: &Edge, point: Coord) -> f64 {
    let [from, to, point] = [edge.from, edge.to, point].map(|point| {
        let [x, y, z] = vector(point);
        Coord3D { x, y, z }
    });
    orient3d(from, to, point, Coord3D { x: 0.0, y: 0.0, z: 0.0 })
}

/// Converts a place to a vector on the unit sphere. Both sides of the antimeridian are the same.
fn vector(Coord { x, y }: Coord) -> [f64; 3] {
    let (sin_longitude, cos_longitude) = x.rem_euclid(360.0).to_radians().sin_cos();
    let (sin_latitude, cos_latitude) = y.to_radians().sin_cos();
    [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(points: &[(f64, f64)]) -> Vec<Coord> {
        let points = points.iter().map(|(x, y)| Coord { x: *x, y: *y });
        points.clone().chain(points.take(1)).collect()
    }

    fn found(points: &[(f64, f64)]) -> Option<(f64, f64)> {
        crossing(&[ring(points)]).map(|place| place.x_y())
    }

    #[test]
    fn a_bow_tie_crosses_itself_in_its_middle() {
        assert_eq!(found(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]), Some((0.5, 0.5)));
        assert_eq!(found(&[(10.0, 46.0), (12.0, 47.0), (12.0, 46.0), (10.0, 47.0)]), Some((11.0, 46.5)));
    }

    #[test]
    fn a_corner_may_cross_or_touch() {
        let (a, b, c, d, middle) = ((0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0), (1.0, 1.0));
        assert_eq!(found(&[a, middle, b, c, middle, d]), Some(middle), "corners on both ways");
        assert_eq!(found(&[a, middle, b, c, d]), Some(middle), "a corner on one way");
        assert_eq!(found(&[a, middle, d, b, middle, c]), None, "two triangles that touch");
        assert_eq!(found(&[(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 0.0), (0.0, 2.0)]), None, "a corner on an edge");
    }

    #[test]
    fn simple_polygons_do_not_cross() {
        let comb: Vec<_> = (0..50).flat_map(|x| [(f64::from(x), 0.0), (f64::from(x) + 0.5, 9.0)]).collect();
        let comb = [comb, vec![(60.0, 20.0), (-10.0, 20.0)]].concat();
        assert_eq!(found(&comb), None);
        // The path returns on the same edge.
        assert_eq!(found(&[(0.0, 0.0), (2.0, 0.0), (5.0, 0.0), (2.0, 0.0), (2.0, 2.0)]), None);
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[(0.0, 0.0), (1.0, 1.0)]), None);
    }

    #[test]
    fn a_crossing_on_the_map_alone_does_not_count() {
        let pole = [(0.0, 80.0), (90.0, 75.0), (180.0, 80.0), (-90.0, 75.0)];
        assert_eq!(found(&pole), None, "a ring around a pole");
        assert_eq!(found(&[(0.0, 80.0), (90.0, 80.0), (180.0, 80.0), (-90.0, 80.0)]), None);
        let below = [(0.0, 50.0), (60.0, 50.0), (60.0, 40.0), (30.0, 51.0), (0.0, 40.0)];
        assert_eq!(found(&below), None, "the northern edge bends to the north on the globe");
        let over = [(179.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (179.0, 1.0)];
        assert_eq!(found(&over), None, "a box over the antimeridian");
        assert_eq!(found(&[(170.0, 0.0), (180.0, 0.0), (-180.0, 10.0), (170.0, 10.0)]), None);
    }

    #[test]
    fn a_bow_tie_over_the_antimeridian_crosses_on_it() {
        let (x, y) = found(&[(179.0, 0.0), (-179.0, 1.0), (-179.0, 0.0), (179.0, 1.0)]).expect("a crossing");
        assert!((x.abs() - 180.0).abs() < 1e-3 && (y - 0.5).abs() < 1e-3, "{x} {y}");
    }

    #[test]
    fn a_hole_leaving_its_polygon_crosses_it() {
        let around = ring(&[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]);
        let leaving = ring(&[(3.0, 1.0), (5.0, 1.0), (5.0, 2.0), (3.0, 2.0)]);
        let inside = ring(&[(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)]);
        assert!(crossing(&[around.clone(), leaving]).is_some_and(|place| place.x == 4.0));
        assert_eq!(crossing(&[around, inside]), None);
    }

    #[test]
    fn a_hundred_thousand_edges_are_compared_in_time() {
        let circle: Vec<_> = (0..100_000).map(|step| f64::from(step) / 1e5 * std::f64::consts::TAU).collect();
        let circle: Vec<_> = circle.iter().map(|angle| (angle.cos(), angle.sin())).collect();
        assert_eq!(found(&circle), None);
        // Every edge overlaps every other: too many pairs to compare.
        let slants: Vec<_> = (0..20_000).map(|step| (f64::from(step % 2), f64::from(step) / 1e3)).collect();
        let _ = found(&slants);
    }

    proptest! {
        /// Corners around a centre at growing angles never cross.
        #[test]
        fn a_star_does_not_cross_itself(radii in prop::collection::vec(0.1..5.0_f64, 3..40)) {
            let count = radii.len() as f64;
            let angle = |index: usize| index as f64 / count * std::f64::consts::TAU;
            let star: Vec<_> = radii.iter().enumerate().map(|(index, radius)| {
                (10.0 + radius * angle(index).cos(), 5.0 + radius * angle(index).sin())
            }).collect();
            prop_assert_eq!(found(&star), None);
        }

        /// The first edge and the direction of a ring do not matter.
        #[test]
        fn a_crossing_does_not_depend_on_the_order(
            points in prop::collection::vec((0..6_u8, 0..6_u8), 3..9), turn in 0..9_usize,
        ) {
            let points: Vec<_> = points.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
            let mut other = points.clone();
            other.rotate_left(turn % points.len());
            prop_assert_eq!(found(&points).is_some(), found(&other).is_some());
            other.reverse();
            prop_assert_eq!(found(&points).is_some(), found(&other).is_some());
        }
    }
}
