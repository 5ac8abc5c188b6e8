//! The faces of the S2 cube that a geometry touches, as the top six bits of the hash part of a datapoint id.
//!
//! Six planes of a cube around the globe: face 0 looks along longitude 0, face 1 along 90, face 2 to the north pole,
//! face 3 along 180, face 4 along -90 and face 5 to the south pole.

use crate::wkb::Position;

/// The distance between samples of an edge, in degrees. The server's rule at the border of two faces is not known.
const STEP: f64 = 0.02;

/// Returns a bit set of the faces that `lines` touch: bit 0 for face 0, up to bit 5 for face 5. Edges are straight in
/// longitude and latitude.
pub(crate) fn touched(lines: &[Vec<Position>]) -> u8 {
    let mut faces = 0;
    for line in lines {
        for position in line {
            faces |= 1 << face_and_margin(*position).0;
        }
        for edge in line.windows(2) {
            if let [from, to] = edge {
                faces |= touched_by_edge(*from, *to);
            }
        }
    }
    faces
}

fn touched_by_edge(from: Position, to: Position) -> u8 {
    let extent = (to[0] - from[0]).abs().max((to[1] - from[1]).abs());
    let (face, margin) = face_and_margin(from);
    // The difference of two components of the direction shrinks by at most twice the angle, so a short edge deep inside
    // a face does not leave it.
    let angle = (to[0] - from[0]).hypot(to[1] - from[1]).to_radians();
    if margin > 2.0 * angle {
        return 1 << face;
    }
    let steps = (extent / STEP).ceil().clamp(1.0, 50_000.0);
    let mut faces = 0;
    let mut step = 0.0;
    while step <= steps {
        let share = step / steps;
        let position = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
        faces |= 1 << face_and_margin(position).0;
        step += 1.0;
    }
    faces
}

/// Returns the face of a position, and the margin by which its axis exceeds the second largest.
fn face_and_margin([longitude, latitude]: Position) -> (u8, f64) {
    let (sin_longitude, cos_longitude) = longitude.to_radians().sin_cos();
    let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
    let direction = [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude];
    let [x, y, z] = direction.map(f64::abs);
    let (axis, largest, next) = if x >= y && x >= z {
        (0, x, y.max(z))
    } else if y >= z {
        (1, y, x.max(z))
    } else {
        (2, z, x.max(y))
    };
    let negative = direction.get(usize::from(axis)).is_some_and(|component| *component < 0.0);
    (if negative { axis + 3 } else { axis }, largest - next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_axis_has_a_face() {
        let positions = [[0.0, 0.0], [90.0, 0.0], [10.0, 89.0], [180.0, 0.0], [-90.0, 0.0], [10.0, -89.0]];
        for (face, position) in positions.into_iter().enumerate() {
            assert_eq!(touched(&[vec![position]]), 1 << face);
        }
    }

    #[test]
    fn an_edge_touches_all_faces_on_its_way() {
        let across_two_faces = vec![[40.0, 34.0], [50.0, 34.0]];
        assert_eq!(touched(&[across_two_faces]), 0b00_0011);
        let across_three_faces = vec![[44.0, 34.0], [45.5, 36.5], [46.0, 34.0]];
        assert_eq!(touched(&[across_three_faces]), 0b00_0111);
    }
}
