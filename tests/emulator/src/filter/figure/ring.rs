//! A closed line on the sphere and what is inside of it.

use std::f64::consts::{PI, TAU};

use super::ASIDE;
use super::arc::{self, Arc, Vector, arcs, cross, determinant, dot, normalized};

/// A closed line whose inside is its smaller side.
pub(super) struct Ring {
    vertices: Vec<Vector>,
    edges: Vec<Arc>,
    /// A place outside; none when the ring has no area at all.
    outside: Option<Vector>,
}

impl Ring {
    /// A ring of these vertices; the last one may repeat the first.
    pub(super) fn of(vertices: &[Vector]) -> Self {
        let mut vertices = vertices.to_vec();
        vertices.dedup();
        if vertices.first() != vertices.last() {
            vertices.extend(vertices.first().copied());
        }
        let edges = arcs(&vertices);
        // Beside the longest edge there is most room to be outside and not inside again.
        let length = |edge: &&Arc| arc::distance(edge.ends()[0], edge.ends()[1]);
        let longest = edges.iter().max_by(|a, b| length(a).total_cmp(&length(b)));
        let inside_is_left = area_on_the_left(&vertices) <= TAU;
        let aside = if inside_is_left { -ASIDE } else { ASIDE };
        let outside = longest.filter(|_| edges.len() > 2).map(|edge| edge.beside(edge.middle(), aside));
        Self { vertices, edges, outside }
    }

    pub(super) fn vertices(&self) -> &[Vector] {
        &self.vertices
    }

    pub(super) fn edges(&self) -> &[Arc] {
        &self.edges
    }

    /// Whether a point is inside or on the line.
    pub(super) fn contains(&self, point: Vector) -> bool {
        if self.edges.iter().any(|edge| edge.touches(point)) {
            return true;
        }
        let Some(outside) = self.outside else { return false };
        // The way to the outside crosses the line once more than back. A way must be shorter than half the globe.
        let way = if dot(point, outside) > -0.5 {
            vec![point, outside]
        } else {
            let [x, y, z] = point;
            let elsewhere = if x.abs() < 0.7 { [1.0, 0.0, 0.0] } else { [0.0, y.abs().max(z.abs()).max(0.1), 1.0] };
            vec![point, normalized(cross(point, elsewhere)).unwrap_or(outside), outside]
        };
        let ways = arcs(&way);
        ways.iter().map(|way| self.edges.iter().filter(|edge| way.passes(edge)).count()).sum::<usize>() % 2 == 1
    }
}

/// The area to the left of a closed line, between nothing and that of the whole sphere, which is 4 pi.
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
    fn the_area_of_an_octant_is_an_eighth_of_the_sphere() {
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
    fn a_ring_without_area_holds_its_line_alone() {
        let there_and_back = Ring::of(&[[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]].map(vector));
        assert!(there_and_back.contains(vector([5.0, 0.0])));
        assert!(!there_and_back.contains(vector([5.0, 1.0])));
        assert!(!Ring::of(&[]).contains(vector([0.0, 0.0])));
    }
}
