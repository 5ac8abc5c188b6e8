//! Positions on the sphere as vectors of length 1, and the shortest ways between them.

use std::f64::consts::PI;

use robust::{Coord3D, orient3d};

use crate::wkb::Position;

pub(super) type Vector = [f64; 3];

/// Positions this close, in radians, are one; less than a micrometre on the ground.
pub(super) const TOLERANCE: f64 = 1e-13;

/// The vector of a position. Positions that are one place have the same vector: the poles at all longitudes, the
/// antimeridian from both sides.
pub(super) fn vector([longitude, latitude]: Position) -> Vector {
    let latitude = latitude.clamp(-90.0, 90.0);
    if latitude.abs() == 90.0 {
        return [0.0, 0.0, latitude.signum()];
    }
    let (sin_longitude, cos_longitude) = longitude.rem_euclid(360.0).to_radians().sin_cos();
    let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
    [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude]
}

/// The vector of a position in the plane of longitude and latitude, laid on the sphere so that straight lines stay
/// straight: as seen from the centre of a sphere through a plane before it.
pub(super) fn planar_vector([longitude, latitude]: Position) -> Vector {
    // The nearer to the middle of the view the better; 360 degrees are still well before the edge.
    const SCALE: f64 = 1.0 / 180.0;
    let [x, y, z] = [1.0, longitude * SCALE, latitude * SCALE];
    let length = x.hypot(y).hypot(z);
    [x / length, y / length, z / length]
}

/// The ways from each vertex to the next; none between vertices at the same place.
pub(super) fn arcs(vertices: &[Vector]) -> Vec<Arc> {
    let arc = |edge: &[Vector]| match edge {
        [from, to] if from != to => Some(Arc([*from, *to])),
        _ => None,
    };
    vertices.windows(2).filter_map(arc).collect()
}

/// The shortest way between two places that are not one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc([Vector; 2]);

impl Arc {
    pub(super) fn ends(&self) -> &[Vector; 2] {
        &self.0
    }

    /// On which side of the great circle through this arc a point is: positive on the left.
    fn side(&self, point: Vector) -> f64 {
        let [from, to] = self.0;
        determinant(from, to, point)
    }

    /// Whether the two cross, each inside of the other.
    pub(super) fn crosses(&self, other: &Self) -> bool {
        let ([from, to], [start, end]) = (self.0, other.0);
        let left = self.side(start) < 0.0 && self.side(end) > 0.0 && other.side(to) < 0.0 && other.side(from) > 0.0;
        let right = self.side(start) > 0.0 && self.side(end) < 0.0 && other.side(to) > 0.0 && other.side(from) < 0.0;
        left || right
    }

    /// Whether a point is on the arc, its ends included.
    pub(super) fn touches(&self, point: Vector) -> bool {
        let [from, to] = self.0;
        if distance(from, point) <= TOLERANCE || distance(to, point) <= TOLERANCE {
            return true;
        }
        let Some(normal) = normalized(cross(from, to)) else { return false };
        dot(normal, point).abs() <= TOLERANCE
            && dot(cross(normal, from), point) >= 0.0
            && distance(from, point) <= distance(from, to)
    }

    /// Whether the great circle's piece crosses from one side of this arc to the other, a vertex on the line counting
    /// as left; so that of two edges that share a vertex there exactly one crosses.
    pub(super) fn passes(&self, edge: &Self) -> bool {
        let [start, end] = edge.0;
        let (start_left, end_left) = (self.side(start) >= 0.0, self.side(end) >= 0.0);
        if start_left == end_left {
            return false;
        }
        let [from, to] = self.0;
        let normal = cross(from, to);
        let crossing = cross(normal, cross(start, end));
        let crossing = if dot(crossing, add(start, end)) < 0.0 { crossing.map(|c| -c) } else { crossing };
        dot(cross(from, crossing), normal) >= 0.0 && dot(cross(crossing, to), normal) > 0.0
    }

    /// The middles of the pieces into which `edges` cut this arc, where they cross it and where they end on it.
    pub(super) fn pieces<'a>(&self, edges: impl Iterator<Item = &'a Self>) -> Vec<Vector> {
        let [from, to] = self.0;
        let mut cuts = vec![0.0, distance(from, to)];
        for edge in edges {
            if self.crosses(edge) {
                let [start, end] = edge.0;
                let crossing = normalized(cross(cross(from, to), cross(start, end)));
                cuts.extend(crossing.map(|crossing| {
                    let along = distance(from, crossing);
                    // The great circles meet at two opposite places.
                    if dot(crossing, add(from, to)) < 0.0 { PI - along } else { along }
                }));
            }
            cuts.extend(edge.0.iter().filter(|end| self.touches(**end)).map(|end| distance(from, *end)));
        }
        cuts.sort_by(f64::total_cmp);
        let pieces = cuts.windows(2).filter_map(|piece| match piece {
            [start, end] if end - start > TOLERANCE => self.at((start + end) / 2.0),
            _ => None,
        });
        pieces.collect()
    }

    /// The point at this angle from the start.
    fn at(&self, angle: f64) -> Option<Vector> {
        let [from, to] = self.0;
        let forward = cross(normalized(cross(from, to))?, from);
        normalized(add(scaled(from, angle.cos()), scaled(forward, angle.sin())))
    }

    /// The point at this angle to the left of a point on the arc.
    pub(super) fn beside(&self, point: Vector, angle: f64) -> Vector {
        let [from, to] = self.0;
        let left = normalized(cross(from, to)).unwrap_or_default();
        normalized(add(point, scaled(left, angle))).unwrap_or(point)
    }

    /// The point in the middle.
    pub(super) fn middle(&self) -> Vector {
        let [from, to] = self.0;
        normalized(add(from, to)).unwrap_or(from)
    }
}

/// With an exact sign, so that geometries with common vertices fit together.
pub(super) fn determinant(a: Vector, b: Vector, c: Vector) -> f64 {
    let coordinates = |[x, y, z]: Vector| Coord3D { x, y, z };
    orient3d(coordinates(a), coordinates(b), coordinates(c), Coord3D { x: 0.0, y: 0.0, z: 0.0 })
}

/// The angle between two vectors.
pub(super) fn distance(a: Vector, b: Vector) -> f64 {
    let normal = cross(a, b);
    dot(normal, normal).sqrt().atan2(dot(a, b))
}

pub(super) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(super) fn scaled(a: Vector, by: f64) -> Vector {
    a.map(|component| component * by)
}

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// `None` for a vector of no length.
pub(super) fn normalized(a: Vector) -> Option<Vector> {
    let length = dot(a, a).sqrt();
    (length > f64::MIN_POSITIVE).then(|| scaled(a, 1.0 / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(from: Position, to: Position) -> Arc {
        Arc([vector(from), vector(to)])
    }

    #[test]
    fn left_of_the_equator_eastwards_is_north() {
        assert!(arc([0.0, 0.0], [10.0, 0.0]).side(vector([5.0, 1.0])) > 0.0);
        assert!(determinant([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]) > 0.0);
    }

    #[test]
    fn arcs_cross_on_this_side_of_the_globe_only() {
        let equator = arc([-10.0, 0.0], [10.0, 0.0]);
        assert!(equator.crosses(&arc([0.0, -5.0], [0.0, 5.0])));
        assert!(!equator.crosses(&arc([180.0, -5.0], [180.0, 5.0])));
        assert!(!equator.crosses(&arc([11.0, -5.0], [11.0, 5.0])));
        assert!(!equator.crosses(&arc([0.0, 0.0], [0.0, 5.0])), "it only touches");
        assert!(equator.touches(vector([0.0, 0.0])) && equator.touches(vector([10.0, 0.0])));
        assert!(!equator.touches(vector([10.1, 0.0])) && !equator.touches(vector([180.0, 0.0])));
        assert!(!equator.touches(vector([0.0, 0.000_001])));
    }

    #[test]
    fn an_arc_is_cut_where_others_cross_it_or_end() {
        let equator = arc([0.0, 0.0], [10.0, 0.0]);
        let (crossing, ending) = (arc([2.0, -1.0], [2.0, 1.0]), arc([6.0, 0.0], [6.0, 1.0]));
        let middles: Vec<_> = equator
            .pieces([&crossing, &ending].into_iter())
            .iter()
            .map(|m| m[1].atan2(m[0]).to_degrees().round())
            .collect();
        assert_eq!(middles, [1.0, 4.0, 8.0]);
    }

    #[test]
    fn one_place_has_one_vector() {
        assert_eq!(vector([180.0, 5.0]), vector([-180.0, 5.0]));
        assert_eq!(vector([-170.0, 5.0]), vector([190.0, 5.0]));
        assert_eq!(vector([12.0, 90.0]), vector([-77.0, 90.0]));
    }
}
