//! Lines at the antimeridian, whose longitude is both 180 and -180.

use crate::wkb::{Position, Shape};

/// In degrees of longitude.
const WORLD: f64 = 360.0;

/// Whether a single line or ring goes all the way around the world. Parts on both sides of the antimeridian do not, and
/// neither does a line that names it by both of its longitudes.
pub(crate) fn spans_world(shape: &Shape) -> bool {
    shape.lines.iter().chain(shape.polygons.iter().flatten()).any(|line| goes_around(line))
}

/// The shape with one longitude for the antimeridian in each line and ring that lies on one side of it.
pub(crate) fn with_one_antimeridian(mut shape: Shape) -> Shape {
    for line in shape.lines.iter_mut().chain(shape.polygons.iter_mut().flatten()) {
        let names = |longitude: f64| line.iter().any(|position| position[0] == longitude);
        if !(names(180.0) && names(-180.0)) || goes_around(line) {
            continue;
        }
        let longitudes = along(line);
        let sides = [0.0, WORLD, -WORLD].into_iter();
        let on_one_side = |turn: &f64| longitudes.iter().all(|longitude| (longitude + turn).abs() <= 180.0);
        if let Some(turn) = { sides }.find(on_one_side) {
            line.iter_mut().zip(&longitudes).for_each(|(position, longitude)| position[0] = longitude + turn);
        }
    }
    shape
}

/// Whether a line or ring goes all the way around the world, and is not a ring around a pole.
pub(crate) fn goes_around(line: &[Position]) -> bool {
    let width = |longitudes: &[f64]| {
        let (west, east) = longitudes.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(west, east), longitude| {
            (west.min(*longitude), east.max(*longitude))
        });
        east - west
    };
    let raw: Vec<f64> = line.iter().map(|position| position[0]).collect();
    if width(&raw) < WORLD {
        return false;
    }
    let along = along(line);
    let is_ring = line.len() > 3 && line.first() == line.last();
    let returns = along.first() == along.last();
    // An edge from -180 to 180 on one latitude goes around where nothing else remains of the line.
    let edge_around =
        |edge: &[Position]| matches!(edge, [from, to] if (to[0] - from[0]).abs() == WORLD && from[1] == to[1]);
    let has_edge_around = line.windows(2).any(edge_around);
    match width(&along) {
        0.0 => has_edge_around,
        _ if is_ring && !returns => has_edge_around && bounds_area(line),
        width => width >= WORLD,
    }
}

/// The longitudes without the jump at the antimeridian: the shorter way is meant, and between -180 and 180 there is none.
fn along(line: &[Position]) -> Vec<f64> {
    let mut longitudes: Vec<f64> = line.iter().take(1).map(|position| position[0]).collect();
    for edge in line.windows(2) {
        let ([from, to], Some(last)) = (edge, longitudes.last().copied()) else { continue };
        let step = to[0] - from[0];
        let shorter = if step.abs() <= 180.0 { step } else { step - WORLD * (step / WORLD).round() };
        longitudes.push(last + shorter);
    }
    longitudes
}

/// Whether a ring bounds anything in the plane, with the edges that go around.
fn bounds_area(ring: &[Position]) -> bool {
    let cross = |edge: &[Position]| match edge {
        [from, to] => from[0] * to[1] - to[0] * from[1],
        _ => 0.0,
    };
    ring.windows(2).map(cross).sum::<f64>().abs() > 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[Position]) -> Vec<Position> {
        points.iter().chain(points.first()).copied().collect()
    }

    #[test]
    fn the_edge_of_the_world_goes_around_it() {
        for points in [
            &[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]][..],
            &[[-180.0, -60.0], [180.0, -60.0], [180.0, 60.0], [-180.0, 60.0]],
            &[[-180.0, -60.0], [0.0, -60.0], [180.0, -60.0], [180.0, 60.0], [0.0, 60.0], [-180.0, 60.0]],
            &[[-180.0, -60.0], [0.0, -60.0], [180.0, -60.0], [180.0, 60.0], [-180.0, 60.0]],
        ] {
            assert!(goes_around(&ring(points)), "{points:?}");
        }
        assert!(goes_around(&[[-180.0, 5.0], [180.0, 5.0]]));
    }

    #[test]
    fn a_ring_with_both_longitudes_of_the_antimeridian_does_not_go_around() {
        for points in [
            &[[170.0, 0.0], [180.0, 0.0], [-180.0, 10.0], [170.0, 10.0]][..],
            &[[-170.0, 0.0], [-180.0, 0.0], [180.0, 10.0], [-170.0, 10.0]],
            &[[170.0, 0.0], [180.0, 0.0], [175.0, 5.0], [-180.0, 10.0], [170.0, 10.0]],
            // Over the antimeridian, with a corner on either side of it.
            &[
                [175.0, 0.0],
                [180.0, 0.0],
                [-180.0, 0.0],
                [-175.0, 0.0],
                [-175.0, 5.0],
                [-180.0, 5.0],
                [180.0, 5.0],
                [175.0, 5.0],
            ],
            // Around a pole.
            &[[-180.0, 80.0], [-90.0, 80.0], [0.0, 80.0], [90.0, 80.0], [180.0, 80.0]],
        ] {
            assert!(!goes_around(&ring(points)), "{points:?}");
        }
    }

    #[test]
    fn a_shape_on_one_side_gets_one_longitude() {
        let corners = |points: &[Position]| {
            let shape = Shape { polygons: vec![vec![ring(points)]], ..Shape::default() };
            with_one_antimeridian(shape).polygons[0][0].iter().map(|position| position[0]).collect::<Vec<_>>()
        };
        assert_eq!(
            corners(&[[170.0, 0.0], [180.0, 0.0], [-180.0, 10.0], [170.0, 10.0]]),
            [170.0, 180.0, 180.0, 170.0, 170.0]
        );
        assert_eq!(corners(&[[-180.0, 0.0], [-170.0, 0.0], [180.0, 10.0]]), [-180.0, -170.0, -180.0, -180.0]);
        assert_eq!(corners(&[[180.0, 0.0], [-170.0, 0.0], [-180.0, 10.0]]), [-180.0, -170.0, -180.0, -180.0]);
        let over = [[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0]];
        assert_eq!(corners(&over), [179.0, -179.0, -179.0, 179.0]);
    }
}
