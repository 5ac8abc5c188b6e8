//! Positions on the sphere as unit vectors, and the great-circle arcs between them.

use std::f64::consts::PI;

use robust::{Coord3D, orient3d};

use crate::wkb::Position;

pub(super) type Vector = [f64; 3];

/// The distance below which positions are equal, in radians: less than a micrometre on the ground.
pub(super) const TOLERANCE: f64 = 1e-13;

/// Returns the vector of a position. Different coordinates of one place have the same vector: a pole at all longitudes,
/// the antimeridian with both longitudes.
pub(super) fn vector([longitude, latitude]: Position) -> Vector {
    let latitude = latitude.clamp(-90.0, 90.0);
    if latitude.abs() == 90.0 {
        return [0.0, 0.0, latitude.signum()];
    }
    let (sin_longitude, cos_longitude) = longitude.rem_euclid(360.0).to_radians().sin_cos();
    let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
    [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude]
}

/// Returns the vector of a position in the plane of longitude and latitude (gnomonic projection).
pub(super) fn planar_vector([longitude, latitude]: Position) -> Vector {
    // Precision is best near the centre of the projection; 360 degrees are still far from its edge.
    const SCALE: f64 = 1.0 / 180.0;
    let [x, y, z] = [1.0, longitude * SCALE, latitude * SCALE];
    let length = x.hypot(y).hypot(z);
    [x / length, y / length, z / length]
}

/// Returns the arcs from each vertex to the next, without those between equal vertices.
pub(super) fn arcs(vertices: &[Vector]) -> Vec<Arc> {
    let arc = |edge: &[Vector]| match edge {
        [from, to] if from != to => Some(Arc([*from, *to])),
        _ => None,
    };
    vertices.windows(2).filter_map(arc).collect()
}

/// A great-circle arc between two different positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc([Vector; 2]);

impl Arc {
    pub(super) fn ends(&self) -> &[Vector; 2] {
        &self.0
    }

    /// Returns the side of the great circle on which a point is: positive on the left.
    fn side(&self, point: Vector) -> f64 {
        let [from, to] = self.0;
        determinant(from, to, point)
    }

    /// Returns whether the arcs cross at interior points of both.
    pub(super) fn crosses(&self, other: &Self) -> bool {
        let ([from, to], [start, end]) = (self.0, other.0);
        let left = self.side(start) < 0.0 && self.side(end) > 0.0 && other.side(to) < 0.0 && other.side(from) > 0.0;
        let right = self.side(start) > 0.0 && self.side(end) < 0.0 && other.side(to) > 0.0 && other.side(from) < 0.0;
        left || right
    }

    /// Returns whether a point is on the arc or its ends.
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

    /// Returns whether `edge` crosses from one side of this arc to the other. A vertex on the arc counts as left, so that
    /// of two edges that share such a vertex, at most one crosses.
    pub(super) fn is_crossed_by(&self, edge: &Self) -> bool {
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

    /// Returns the midpoints of the pieces into which `edges` divide this arc by crossing it or ending on it.
    pub(super) fn midpoints_of_pieces<'a>(&self, edges: impl Iterator<Item = &'a Self>) -> Vec<Vector> {
        let [from, to] = self.0;
        let mut cuts = vec![0.0, distance(from, to)];
        for edge in edges {
            if self.crosses(edge) {
                let [start, end] = edge.0;
                let crossing = normalized(cross(cross(from, to), cross(start, end)));
                cuts.extend(crossing.map(|crossing| {
                    let along = distance(from, crossing);
                    // Two great circles intersect at two antipodes.
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

    /// Returns the point at this angle from the start.
    fn at(&self, angle: f64) -> Option<Vector> {
        let [from, to] = self.0;
        let forward = cross(normalized(cross(from, to))?, from);
        normalized(add(scaled(from, angle.cos()), scaled(forward, angle.sin())))
    }

    /// Returns the point at this angle to the left of a point on the arc.
    pub(super) fn left_of(&self, point: Vector, angle: f64) -> Vector {
        let [from, to] = self.0;
        let left = normalized(cross(from, to)).unwrap_or_default();
        normalized(add(point, scaled(left, angle))).unwrap_or(point)
    }

    /// Returns the midpoint.
    pub(super) fn midpoint(&self) -> Vector {
        let [from, to] = self.0;
        normalized(add(from, to)).unwrap_or(from)
    }
}

/// Returns the determinant with an exact sign, so that geometries with common vertices have consistent relations.
pub(super) fn determinant(a: Vector, b: Vector, c: Vector) -> f64 {
    let coordinates = |[x, y, z]: Vector| Coord3D { x, y, z };
    orient3d(coordinates(a), coordinates(b), coordinates(c), Coord3D { x: 0.0, y: 0.0, z: 0.0 })
}

/// Returns the angle between two vectors, in radians.
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

/// Scales a vector to length 1. Returns `None` for a vector without length.
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
    fn north_is_left_of_an_eastward_arc() {
        assert!(arc([0.0, 0.0], [10.0, 0.0]).side(vector([5.0, 1.0])) > 0.0);
        assert!(determinant([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]) > 0.0);
    }

    #[test]
    fn arcs_do_not_cross_at_antipodes() {
        let equator = arc([-10.0, 0.0], [10.0, 0.0]);
        assert!(equator.crosses(&arc([0.0, -5.0], [0.0, 5.0])));
        assert!(!equator.crosses(&arc([180.0, -5.0], [180.0, 5.0])));
        assert!(!equator.crosses(&arc([11.0, -5.0], [11.0, 5.0])));
        assert!(!equator.crosses(&arc([0.0, 0.0], [0.0, 5.0])), "the arcs only touch");
        assert!(equator.touches(vector([0.0, 0.0])) && equator.touches(vector([10.0, 0.0])));
        assert!(!equator.touches(vector([10.1, 0.0])) && !equator.touches(vector([180.0, 0.0])));
        assert!(!equator.touches(vector([0.0, 0.000_001])));
    }

    #[test]
    fn crossings_and_ends_divide_an_arc() {
        let equator = arc([0.0, 0.0], [10.0, 0.0]);
        let (crossing, ending) = (arc([2.0, -1.0], [2.0, 1.0]), arc([6.0, 0.0], [6.0, 1.0]));
        let midpoints: Vec<_> = equator
            .midpoints_of_pieces([&crossing, &ending].into_iter())
            .iter()
            .map(|m| m[1].atan2(m[0]).to_degrees().round())
            .collect();
        assert_eq!(midpoints, [1.0, 4.0, 8.0]);
    }

    #[test]
    fn different_coordinates_of_a_place_have_one_vector() {
        assert_eq!(vector([180.0, 5.0]), vector([-180.0, 5.0]));
        assert_eq!(vector([-170.0, 5.0]), vector([190.0, 5.0]));
        assert_eq!(vector([12.0, 90.0]), vector([-77.0, 90.0]));
    }
}
