//! Lines and polygons cut at the antimeridian (RFC 7946, section 3.1.9).
//!
//! An edge of more than 180 degrees of longitude goes the shorter way, across the antimeridian. Longitudes are first
//! unrolled: each is moved by whole turns to the one nearest to its predecessor, so that the line may leave the map. Then
//! the line is cut at every antimeridian, and its parts are moved back onto the map.

mod split;

use split::split;

/// Longitude and latitude in degrees, and an optional height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coordinate {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) z: Option<f64>,
}

/// A closed ring: the last coordinate equals the first.
type Ring = Vec<Coordinate>;

/// The exterior ring, then the holes.
pub(super) type Polygon = Vec<Ring>;

/// Half a turn, in degrees: the longitude of the antimeridian.
const HALF_TURN: f64 = 180.0;
/// A whole turn, in degrees.
const TURN: f64 = 360.0;

/// Maximum number of turns of a line around the globe. A longer line is not cut.
const MAX_TURNS: f64 = 8.0;

/// Cuts a line at the antimeridian into parts on the map. A line that does not cross it stays whole.
pub(super) fn cut_line(line: Vec<Coordinate>) -> Vec<Vec<Coordinate>> {
    let unrolled = unroll(&line);
    let cuts = match cuts(&unrolled) {
        None => return vec![line],
        Some(cuts) if cuts.is_empty() => return onto_map(vec![unrolled]),
        Some(cuts) => cuts,
    };
    let mut parts = vec![Vec::new()];
    for (index, coordinate) in unrolled.iter().enumerate() {
        if let Some(before) = index.checked_sub(1).and_then(|before| unrolled.get(before)) {
            let mut crossed: Vec<f64> =
                cuts.iter().copied().filter(|cut| (before.x < *cut) != (coordinate.x < *cut)).collect();
            if coordinate.x < before.x {
                crossed.reverse();
            }
            for cut in crossed {
                let at = between(*before, *coordinate, cut);
                if let Some(part) = parts.last_mut() {
                    part.push(at);
                }
                parts.push(vec![at]);
            }
        }
        if let Some(part) = parts.last_mut() {
            part.push(*coordinate);
        }
    }
    parts.iter_mut().for_each(Vec::dedup);
    parts.retain(|part| part.len() > 1);
    parts.into_iter().map(|part| onto_map(vec![part]).into_iter().flatten().collect()).collect()
}

/// Cuts a polygon at the antimeridian into parts on the map, with counterclockwise exterior rings and clockwise holes. A
/// polygon with inconsistent rings stays whole.
pub(super) fn cut_polygon(polygon: Polygon) -> Vec<Polygon> {
    let Some((exterior, holes)) = polygon.split_first() else { return vec![polygon] };
    let closed = close_around_pole(unroll(exterior));
    let Some(cuts) = cuts(&closed) else { return vec![rewind(polygon)] };
    let moved_holes = holes.iter().map(|hole| move_into(unroll(hole), &closed));
    let unrolled: Polygon = std::iter::once(closed.clone()).chain(moved_holes).collect();
    let mut rest = vec![rewind(unrolled)];
    let mut parts = Vec::new();
    for cut in cuts {
        let mut after = Vec::new();
        for polygon in rest {
            let Some((left, right)) = split(&polygon, cut) else { return vec![rewind(polygon)] };
            parts.extend(left);
            after.extend(right);
        }
        rest = after;
    }
    parts.extend(rest);
    parts.into_iter().map(|part| rewind(onto_map(part))).collect()
}

/// Continues longitudes beyond the edges of the map. A ring that loses its width, such as the edges of the whole map, stays
/// as it is.
fn unroll(line: &[Coordinate]) -> Vec<Coordinate> {
    let mut turn = 0.0;
    let mut before: Option<f64> = None;
    let mut unrolled = Vec::with_capacity(line.len());
    for coordinate in line {
        let step = before.map_or(0.0, |before| coordinate.x - before);
        if step > HALF_TURN {
            turn -= TURN;
        } else if step < -HALF_TURN {
            turn += TURN;
        }
        before = Some(coordinate.x);
        unrolled.push(Coordinate { x: coordinate.x + turn, ..*coordinate });
    }
    match (bounds(&unrolled), bounds(line)) {
        (Some((west, east)), Some((from, to))) if west == east && from != to => line.to_vec(),
        _ => unrolled,
    }
}

/// Closes a ring that ends a turn away from its start around the pole of its hemisphere.
fn close_around_pole(mut ring: Ring) -> Ring {
    let (Some(first), Some(last)) = (ring.first().copied(), ring.last().copied()) else { return ring };
    if (last.x - first.x).abs() > HALF_TURN {
        let north = ring.iter().map(|coordinate| coordinate.y).sum::<f64>() > 0.0;
        let pole = if north { 90.0 } else { -90.0 };
        ring.extend([Coordinate { y: pole, ..last }, Coordinate { y: pole, ..first }, first]);
    }
    ring
}

/// Returns the least and greatest longitude.
fn bounds(line: &[Coordinate]) -> Option<(f64, f64)> {
    line.iter().map(|coordinate| coordinate.x).fold(None, |bounds, x| {
        let (west, east) = bounds.unwrap_or((x, x));
        Some((x.min(west), x.max(east)))
    })
}

/// Returns the antimeridians that a line crosses, from west to east, or `None` if it exceeds [`MAX_TURNS`].
fn cuts(line: &[Coordinate]) -> Option<Vec<f64>> {
    let Some((west, east)) = bounds(line).filter(|bounds| !is_on_map(*bounds)) else { return Some(Vec::new()) };
    if (east - west) / TURN > MAX_TURNS {
        return None;
    }
    let first = ((west - HALF_TURN) / TURN).floor();
    let all = (0..=MAX_TURNS as i32 + 2).map(|turn| HALF_TURN + TURN * (first + f64::from(turn)));
    Some(all.filter(|cut| west < *cut && *cut < east).collect())
}

fn is_on_map((west, east): (f64, f64)) -> bool {
    west >= -HALF_TURN && east <= HALF_TURN
}

/// Interpolates an edge at a longitude.
fn between(from: Coordinate, to: Coordinate, x: f64) -> Coordinate {
    let share = (x - from.x) / (to.x - from.x);
    let mix = |from: f64, to: f64| from + (to - from) * share;
    Coordinate { x, y: mix(from.y, to.y), z: from.z.zip(to.z).map(|(from, to)| mix(from, to)) }
}

/// Moves a hole by whole turns into its exterior ring.
fn move_into(mut hole: Ring, exterior: &Ring) -> Ring {
    if let (Some((west, east)), Some((from, to))) = (bounds(&hole), bounds(exterior)) {
        let turns = (((from + to) - (west + east)) / 2.0 / TURN).round();
        hole.iter_mut().for_each(|coordinate| coordinate.x += turns * TURN);
    }
    hole
}

/// Moves a part that lies between two antimeridians onto the map.
fn onto_map(mut part: Polygon) -> Polygon {
    let beyond = part.first().and_then(|ring| bounds(ring)).filter(|bounds| !is_on_map(*bounds));
    if let Some((west, east)) = beyond {
        let turn = (((west + east) / 2.0 + HALF_TURN) / TURN).floor() * TURN;
        part.iter_mut().flatten().for_each(|coordinate| coordinate.x -= turn);
    }
    part
}

/// Returns twice the area of a ring, negative if it is clockwise.
fn signed_area(ring: &[Coordinate]) -> f64 {
    // Relative to the first coordinate, so that a small ring far from zero is exact.
    let Some(origin) = ring.first() else { return 0.0 };
    let relative = ring.iter().map(|coordinate| (coordinate.x - origin.x, coordinate.y - origin.y));
    relative.clone().zip(relative.skip(1)).map(|((ax, ay), (bx, by))| ax * by - bx * ay).sum()
}

/// Orients the exterior ring counterclockwise and holes clockwise (RFC 7946, section 3.1.6).
fn rewind(mut polygon: Polygon) -> Polygon {
    for (index, ring) in polygon.iter_mut().enumerate() {
        let area = signed_area(ring);
        if (index == 0 && area < 0.0) || (index > 0 && area > 0.0) {
            ring.reverse();
        }
    }
    polygon
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(coordinates: &[(f64, f64)]) -> Vec<Coordinate> {
        coordinates.iter().map(|(x, y)| Coordinate { x: *x, y: *y, z: None }).collect()
    }

    fn positions(line: &[Coordinate]) -> Vec<(f64, f64)> {
        line.iter().map(|coordinate| (coordinate.x, coordinate.y)).collect()
    }

    fn area(polygons: &[Polygon]) -> f64 {
        polygons.iter().flatten().map(|ring| signed_area(ring)).sum::<f64>() / 2.0
    }

    #[test]
    fn geometries_on_the_map_are_unchanged() {
        for coordinates in
            [&[(1.0, 2.0), (3.0, 4.0)][..], &[(180.0, 0.0), (180.0, 5.0)], &[(-180.0, 0.0), (0.0, 0.0), (180.0, 0.0)]]
        {
            assert_eq!(cut_line(line(coordinates)), [line(coordinates)]);
        }
        let world = line(&[(-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0)]);
        assert_eq!(cut_polygon(vec![world.clone()]), [vec![world]]);
        assert_eq!(cut_polygon(Vec::new()), [Polygon::new()]);
    }

    #[test]
    fn an_edge_along_the_antimeridian_is_not_cut() {
        let west = line(&[(179.0, 0.0), (180.0, 0.0), (-180.0, 1.0), (179.0, 1.0), (179.0, 0.0)]);
        let parts = cut_polygon(vec![west]);
        assert_eq!(parts.len(), 1);
        assert_eq!(positions(&parts[0][0]), [(179.0, 0.0), (180.0, 0.0), (180.0, 1.0), (179.0, 1.0), (179.0, 0.0)]);
    }

    #[test]
    fn longitudes_beyond_the_map_are_moved_onto_it() {
        assert_eq!(cut_line(line(&[(190.0, 0.0), (200.0, 0.0)])), [line(&[(-170.0, 0.0), (-160.0, 0.0)])]);
        let parts = cut_line(line(&[(170.0, 0.0), (190.0, 2.0)]));
        assert_eq!(parts, [line(&[(170.0, 0.0), (180.0, 1.0)]), line(&[(-180.0, 1.0), (-170.0, 2.0)])]);
    }

    #[test]
    fn a_line_across_and_back_is_cut_twice() {
        let parts = cut_line(line(&[(179.0, 0.0), (-179.0, 0.0), (179.0, 2.0)]));
        assert_eq!(parts.len(), 3);
        assert_eq!(positions(&parts[2]), [(180.0, 1.0), (179.0, 2.0)]);
    }

    #[test]
    fn a_hole_across_the_antimeridian_is_cut_too() {
        let exterior = line(&[(170.0, 0.0), (-170.0, 0.0), (-170.0, 10.0), (170.0, 10.0), (170.0, 0.0)]);
        let across = line(&[(178.0, 4.0), (-178.0, 4.0), (-178.0, 6.0), (178.0, 6.0), (178.0, 4.0)]);
        let east = line(&[(-176.0, 4.0), (-175.0, 4.0), (-175.0, 6.0), (-176.0, 4.0)]);
        let parts = cut_polygon(vec![exterior, across, east]);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2], "the second part contains the eastern hole");
        assert!((area(&parts) - (200.0 - 8.0 - 1.0)).abs() < 1e-9, "{parts:?}");
    }

    #[test]
    fn a_polygon_with_several_crossings_has_several_parts() {
        // A comb with its back in the west and two teeth in the east.
        let comb = line(&[
            (170.0, 0.0),
            (-175.0, 0.0),
            (-175.0, 1.0),
            (175.0, 1.0),
            (175.0, 2.0),
            (-175.0, 2.0),
            (-175.0, 3.0),
            (170.0, 3.0),
            (170.0, 0.0),
        ]);
        let parts = cut_polygon(vec![comb]);
        assert_eq!(parts.len(), 3);
        assert!((area(&parts) - 35.0).abs() < 1e-9, "{parts:?}");
    }

    #[test]
    fn a_ring_around_a_pole_reaches_the_pole() {
        for (latitude, pole) in [(80.0, 90.0), (-80.0, -90.0)] {
            let ring = line(&[(0.0, latitude), (120.0, latitude), (-120.0, latitude), (0.0, latitude)]);
            let parts = cut_polygon(vec![ring]);
            assert!((area(&parts) - 3600.0).abs() < 1e-6, "{parts:?}");
            assert!(parts.iter().flatten().flatten().any(|coordinate| coordinate.y == pole));
        }
    }

    #[test]
    fn a_self_intersecting_ring_is_kept() {
        let bow = line(&[(179.0, 0.0), (-179.0, 1.0), (-179.0, 0.0), (179.0, 1.0), (179.0, 0.0)]);
        assert!(!cut_polygon(vec![bow]).is_empty());
        assert!(!cut_polygon(vec![line(&[(0.0, 0.0)])]).is_empty());
        let far = line(&[(1e300, 0.0), (-1e300, 1.0), (0.0, 1.0), (1e300, 0.0)]);
        assert_eq!(cut_polygon(vec![far]).len(), 1);
    }

    proptest! {
        #[test]
        fn a_cut_polygon_keeps_its_area(
            radii in proptest::collection::vec(0.5_f64..30.0, 3..12),
            hole in proptest::option::of(0.1_f64..0.9),
            center in -360.0_f64..360.0,
            is_clockwise: bool,
        ) {
            // A star around a center, with longitudes from -180 to 180.
            let star = |scale: f64| -> Ring {
                let count = radii.len();
                let coordinates = radii.iter().enumerate().map(|(index, radius)| {
                    let angle = std::f64::consts::TAU * index as f64 / count as f64;
                    let x = center + scale * radius * angle.cos();
                    Coordinate { x: (x + 540.0).rem_euclid(360.0) - 180.0, y: scale * radius * angle.sin(), z: Some(radius * scale) }
                });
                let mut ring: Ring = coordinates.collect();
                ring.push(ring[0]);
                if is_clockwise { ring.reverse(); }
                ring
            };
            let polygon: Polygon = std::iter::once(star(1.0)).chain(hole.map(star)).collect();
            let unrolled: Vec<f64> = polygon.iter().map(|ring| signed_area(&unroll(ring)).abs() / 2.0).collect();
            let expected = unrolled[0] - unrolled.get(1).copied().unwrap_or_default();
            let parts = cut_polygon(polygon);
            prop_assert!((area(&parts) - expected).abs() < 1e-6, "expects {expected}, got {}: {parts:?}", area(&parts));
            for part in &parts {
                let (west, east) = bounds(&part[0]).expect("coordinates");
                prop_assert!(west >= -180.0 - 1e-9 && east <= 180.0 + 1e-9 && east - west <= 180.0);
                for (index, ring) in part.iter().enumerate() {
                    prop_assert_eq!(ring.first(), ring.last());
                    prop_assert!(ring.iter().all(|coordinate| coordinate.z.is_some()));
                    prop_assert_eq!(signed_area(ring) > 0.0, index == 0);
                }
            }
        }
    }
}
