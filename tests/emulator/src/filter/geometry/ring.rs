//! Closed lines on the sphere, and their insides.

use std::f64::consts::{PI, TAU};

use super::PROBE_OFFSET;
use super::arc::{self, Arc, Vector, arcs, cross, determinant, dot, normalized};

/// A closed line. Its inside is the smaller side.
pub(super) struct Ring {
    vertices: Vec<Vector>,
    edges: Vec<Arc>,
    /// A point outside; `None` if the ring has no area.
    outside: Option<Vector>,
}

impl Ring {
    /// Creates a ring. The last vertex may repeat the first.
    pub(super) fn of(vertices: &[Vector]) -> Self {
        let mut vertices = vertices.to_vec();
        vertices.dedup();
        if vertices.first() != vertices.last() {
            vertices.extend(vertices.first().copied());
        }
        let edges = arcs(&vertices);
        // Next to the longest edge, a point outside is least likely to be inside again.
        let length = |edge: &&Arc| arc::distance(edge.ends()[0], edge.ends()[1]);
        let longest = edges.iter().max_by(|a, b| length(a).total_cmp(&length(b)));
        let inside_is_left = area_on_the_left(&vertices) <= TAU;
        let angle = if inside_is_left { -PROBE_OFFSET } else { PROBE_OFFSET };
        let outside = longest.filter(|_| edges.len() > 2).map(|edge| edge.left_of(edge.midpoint(), angle));
        Self { vertices, edges, outside }
    }

    pub(super) fn vertices(&self) -> &[Vector] {
        &self.vertices
    }

    pub(super) fn edges(&self) -> &[Arc] {
        &self.edges
    }

    /// Returns whether a point is inside or on the line.
    pub(super) fn contains(&self, point: Vector) -> bool {
        if self.edges.iter().any(|edge| edge.touches(point)) {
            return true;
        }
        let Some(outside) = self.outside else { return false };
        // A path from an inside point to an outside point crosses the ring an odd number of times. An arc must be shorter
        // than half a great circle, so a long path takes a detour.
        let path = if dot(point, outside) > -0.5 {
            vec![point, outside]
        } else {
            let [x, y, z] = point;
            let other = if x.abs() < 0.7 { [1.0, 0.0, 0.0] } else { [0.0, y.abs().max(z.abs()).max(0.1), 1.0] };
            vec![point, normalized(cross(point, other)).unwrap_or(outside), outside]
        };
        let crossings = |arc: &Arc| self.edges.iter().filter(|edge| arc.is_crossed_by(edge)).count();
        arcs(&path).iter().map(crossings).sum::<usize>() % 2 == 1
    }
}

/// Returns the area to the left of a closed line, from 0 to 4 pi, the area of the sphere.
fn area_on_the_left(vertices: &[Vector]) -> f64 {
    let Some(first) = vertices.first() else { return 0.0 };
    let signed = |edge: &[Vector]| match edge {
        [a, b] => {
            // The solid angle of a triangle (van Oosterom and Strackee).
            let scale = 1.0 + dot(*first, *a) + dot(*a, *b) + dot(*b, *first);
            2.0 * determinant(*first, *a, *b).atan2(scale)
        }
        _ => 0.0,
    };
    vertices.windows(2).map(signed).sum::<f64>().rem_euclid(4.0 * PI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arc::vector;

    #[test]
    fn an_octant_has_an_eighth_of_the_area_of_the_sphere() {
        let octant = [[0.0, 0.0], [90.0, 0.0], [0.0, 90.0], [0.0, 0.0]].map(vector);
        assert!((area_on_the_left(&octant) - PI / 2.0).abs() < 1e-12);
        let mut reversed = octant;
        reversed.reverse();
        assert!((area_on_the_left(&reversed) - 3.5 * PI).abs() < 1e-12);
        for ring in [Ring::of(&octant), Ring::of(&reversed)] {
            assert!(ring.contains(vector([45.0, 45.0])));
            assert!(!ring.contains(vector([-135.0, -45.0])), "the antipode");
            assert!(!ring.contains(vector([45.0, -1.0])));
        }
    }

    #[test]
    fn a_ring_without_area_contains_only_its_line() {
        let there_and_back = Ring::of(&[[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]].map(vector));
        assert!(there_and_back.contains(vector([5.0, 0.0])));
        assert!(!there_and_back.contains(vector([5.0, 1.0])));
        assert!(!Ring::of(&[]).contains(vector([0.0, 0.0])));
    }
}
