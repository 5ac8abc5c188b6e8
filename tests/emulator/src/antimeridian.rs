//! Lines at the antimeridian, which has two longitudes: 180 and -180.

use crate::wkb::{Position, Shape};

/// The circumference of the globe in degrees of longitude.
const CIRCUMFERENCE: f64 = 360.0;

/// Returns whether a single line or ring spans the globe. Parts on both sides of the antimeridian do not, and neither
/// does a line that writes the antimeridian with both longitudes.
pub(crate) fn spans_globe(shape: &Shape) -> bool {
    shape.lines.iter().chain(shape.polygons.iter().flatten()).any(|line| line_spans_globe(line))
}

/// Unifies the longitude of the antimeridian in each line and ring on one side of it.
pub(crate) fn with_unified_antimeridian(mut shape: Shape) -> Shape {
    for line in shape.lines.iter_mut().chain(shape.polygons.iter_mut().flatten()) {
        let has = |longitude: f64| line.iter().any(|position| position[0] == longitude);
        if !(has(180.0) && has(-180.0)) || line_spans_globe(line) {
            continue;
        }
        let longitudes = unwrapped_longitudes(line);
        let is_in_range = |turn: &f64| longitudes.iter().all(|longitude| (longitude + turn).abs() <= 180.0);
        if let Some(turn) = [0.0, CIRCUMFERENCE, -CIRCUMFERENCE].into_iter().find(is_in_range) {
            line.iter_mut().zip(&longitudes).for_each(|(position, longitude)| position[0] = longitude + turn);
        }
    }
    shape
}

/// Returns whether a line or ring spans the globe and is not a ring around a pole.
pub(crate) fn line_spans_globe(line: &[Position]) -> bool {
    let width = |longitudes: &[f64]| {
        let (west, east) = longitudes.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(west, east), longitude| {
            (west.min(*longitude), east.max(*longitude))
        });
        east - west
    };
    let raw: Vec<f64> = line.iter().map(|position| position[0]).collect();
    if width(&raw) < CIRCUMFERENCE {
        return false;
    }
    let unwrapped = unwrapped_longitudes(line);
    let is_ring = line.len() > 3 && line.first() == line.last();
    let returns = unwrapped.first() == unwrapped.last();
    // An edge from -180 to 180 on one latitude unwraps to a point, but spans the globe if the line has no other extent.
    let spans =
        |edge: &[Position]| matches!(edge, [from, to] if (to[0] - from[0]).abs() == CIRCUMFERENCE && from[1] == to[1]);
    let has_spanning_edge = line.windows(2).any(spans);
    match width(&unwrapped) {
        0.0 => has_spanning_edge,
        _ if is_ring && !returns => has_spanning_edge && has_area(line),
        width => width >= CIRCUMFERENCE,
    }
}

/// Returns the longitudes without the jump at the antimeridian. Each edge takes the shorter way; from -180 to 180 it has
/// no length.
fn unwrapped_longitudes(line: &[Position]) -> Vec<f64> {
    let mut longitudes: Vec<f64> = line.iter().take(1).map(|position| position[0]).collect();
    for edge in line.windows(2) {
        let ([from, to], Some(last)) = (edge, longitudes.last().copied()) else { continue };
        let step = to[0] - from[0];
        let shorter = if step.abs() <= 180.0 { step } else { step - CIRCUMFERENCE * (step / CIRCUMFERENCE).round() };
        longitudes.push(last + shorter);
    }
    longitudes
}

/// Returns whether a ring has an area in the plane, in which an edge may span the globe.
fn has_area(ring: &[Position]) -> bool {
    let cross = |edge: &[Position]| match edge {
        [from, to] => from[0] * to[1] - to[0] * from[1],
        _ => 0.0,
    };
    ring.windows(2).map(cross).sum::<f64>().abs() > 1e-9
}

/// A ring across the antimeridian, with a corner on either side of it.
#[cfg(test)]
pub(crate) const ACROSS_ANTIMERIDIAN: [Position; 8] = [
    [175.0, 0.0],
    [180.0, 0.0],
    [-180.0, 0.0],
    [-175.0, 0.0],
    [-175.0, 5.0],
    [-180.0, 5.0],
    [180.0, 5.0],
    [175.0, 5.0],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[Position]) -> Vec<Position> {
        points.iter().chain(points.first()).copied().collect()
    }

    #[test]
    fn the_outline_of_the_map_spans_the_globe() {
        for points in [
            &[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]][..],
            &[[-180.0, -60.0], [180.0, -60.0], [180.0, 60.0], [-180.0, 60.0]],
            &[[-180.0, -60.0], [0.0, -60.0], [180.0, -60.0], [180.0, 60.0], [0.0, 60.0], [-180.0, 60.0]],
            &[[-180.0, -60.0], [0.0, -60.0], [180.0, -60.0], [180.0, 60.0], [-180.0, 60.0]],
        ] {
            assert!(line_spans_globe(&ring(points)), "{points:?}");
        }
        assert!(line_spans_globe(&[[-180.0, 5.0], [180.0, 5.0]]));
    }

    #[test]
    fn a_ring_with_both_antimeridian_longitudes_is_narrow() {
        for points in [
            &[[170.0, 0.0], [180.0, 0.0], [-180.0, 10.0], [170.0, 10.0]][..],
            &[[-170.0, 0.0], [-180.0, 0.0], [180.0, 10.0], [-170.0, 10.0]],
            &[[170.0, 0.0], [180.0, 0.0], [175.0, 5.0], [-180.0, 10.0], [170.0, 10.0]],
            &ACROSS_ANTIMERIDIAN,
            // Around a pole.
            &[[-180.0, 80.0], [-90.0, 80.0], [0.0, 80.0], [90.0, 80.0], [180.0, 80.0]],
        ] {
            assert!(!line_spans_globe(&ring(points)), "{points:?}");
        }
    }

    #[test]
    fn a_shape_on_one_side_gets_one_antimeridian_longitude() {
        let corners = |points: &[Position]| {
            let shape = Shape { polygons: vec![vec![ring(points)]], ..Shape::default() };
            with_unified_antimeridian(shape).polygons[0][0].iter().map(|position| position[0]).collect::<Vec<_>>()
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
