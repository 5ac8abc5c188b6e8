//! Lines and polygons cut where the map ends (RFC 7946, section 3.1.9).
//!
//! An edge of more than 180 degrees of longitude goes the short way round, across the antimeridian. So longitudes are
//! first unrolled: each is the one nearest to that before it, and the line may leave the map. Then it is cut at every
//! antimeridian, and the parts are moved back onto the map.

/// A position: longitude, latitude, and the height where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) z: Option<f64>,
}

/// A closed ring: the last place is the first again.
type Ring = Vec<Place>;

/// The exterior ring, then the holes.
pub(super) type Polygon = Vec<Ring>;

const HALF: f64 = 180.0;
const WHOLE: f64 = 360.0;

/// The most antimeridians that a line may cross. A line that winds around the globe more often is not cut.
const MAX_CUTS: f64 = 8.0;

/// The parts of a line, each on the map; the line itself where it crosses no antimeridian.
pub(super) fn cut_line(line: Vec<Place>) -> Vec<Vec<Place>> {
    let unrolled = unroll(&line);
    let cuts = match cuts(&unrolled) {
        None => return vec![line],
        Some(cuts) if cuts.is_empty() => return onto_map(vec![unrolled]),
        Some(cuts) => cuts,
    };
    let mut parts = vec![Vec::new()];
    for (index, place) in unrolled.iter().enumerate() {
        if let Some(before) = index.checked_sub(1).and_then(|before| unrolled.get(before)) {
            let mut crossed: Vec<f64> =
                cuts.iter().copied().filter(|cut| (before.x < *cut) != (place.x < *cut)).collect();
            if place.x < before.x {
                crossed.reverse();
            }
            for cut in crossed {
                let at = between(*before, *place, cut);
                if let Some(part) = parts.last_mut() {
                    part.push(at);
                }
                parts.push(vec![at]);
            }
        }
        if let Some(part) = parts.last_mut() {
            part.push(*place);
        }
    }
    parts.iter_mut().for_each(Vec::dedup);
    parts.retain(|part| part.len() > 1);
    parts.into_iter().map(|part| onto_map(vec![part]).into_iter().flatten().collect()).collect()
}

/// The parts of a polygon, each on the map, with the exterior counterclockwise and holes clockwise. A polygon whose rings
/// do not fit together stays whole.
pub(super) fn cut_polygon(polygon: Polygon) -> Vec<Polygon> {
    let Some((exterior, holes)) = polygon.split_first() else { return vec![polygon] };
    let closed = close_around_pole(unroll(exterior));
    let Some(cuts) = cuts(&closed) else { return vec![rewind(polygon)] };
    let holes_beside = holes.iter().map(|hole| nearest_turn(unroll(hole), &closed));
    let unrolled: Polygon = std::iter::once(closed.clone()).chain(holes_beside).collect();
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

/// The same places with longitudes that go on where the map ends. A ring that has no width then, such as the edges of the
/// whole map, stays as it is.
fn unroll(line: &[Place]) -> Vec<Place> {
    let mut turn = 0.0;
    let mut before: Option<f64> = None;
    let mut unrolled = Vec::with_capacity(line.len());
    for place in line {
        let step = before.map_or(0.0, |before| place.x - before);
        if step > HALF {
            turn -= WHOLE;
        } else if step < -HALF {
            turn += WHOLE;
        }
        before = Some(place.x);
        unrolled.push(Place { x: place.x + turn, ..*place });
    }
    match (bounds(&unrolled), bounds(line)) {
        (Some((west, east)), Some((from, to))) if west == east && from != to => line.to_vec(),
        _ => unrolled,
    }
}

/// A ring that ends a turn from where it began goes around a pole: that of the hemisphere it is in.
fn close_around_pole(mut ring: Ring) -> Ring {
    let (Some(first), Some(last)) = (ring.first().copied(), ring.last().copied()) else { return ring };
    if (last.x - first.x).abs() > HALF {
        let north = ring.iter().map(|place| place.y).sum::<f64>() > 0.0;
        let pole = if north { 90.0 } else { -90.0 };
        ring.extend([Place { y: pole, ..last }, Place { y: pole, ..first }, first]);
    }
    ring
}

fn bounds(line: &[Place]) -> Option<(f64, f64)> {
    line.iter().map(|place| place.x).fold(None, |bounds, x| {
        let (west, east) = bounds.unwrap_or((x, x));
        Some((x.min(west), x.max(east)))
    })
}

/// The antimeridians that a line crosses, from west to east; `None` where there are too many.
fn cuts(line: &[Place]) -> Option<Vec<f64>> {
    let Some((west, east)) = bounds(line).filter(|bounds| !is_on_map(*bounds)) else { return Some(Vec::new()) };
    if (east - west) / WHOLE > MAX_CUTS {
        return None;
    }
    let first = ((west - HALF) / WHOLE).floor();
    let all = (0..=MAX_CUTS as i32 + 2).map(|turn| HALF + WHOLE * (first + f64::from(turn)));
    Some(all.filter(|cut| west < *cut && *cut < east).collect())
}

fn is_on_map((west, east): (f64, f64)) -> bool {
    west >= -HALF && east <= HALF
}

/// The point of an edge at a longitude.
fn between(from: Place, to: Place, x: f64) -> Place {
    let share = (x - from.x) / (to.x - from.x);
    let mix = |from: f64, to: f64| from + (to - from) * share;
    Place { x, y: mix(from.y, to.y), z: from.z.zip(to.z).map(|(from, to)| mix(from, to)) }
}

/// The hole moved by whole turns to where it is inside of the exterior ring.
fn nearest_turn(mut hole: Ring, exterior: &Ring) -> Ring {
    if let (Some((west, east)), Some((from, to))) = (bounds(&hole), bounds(exterior)) {
        let turns = (((from + to) - (west + east)) / 2.0 / WHOLE).round();
        hole.iter_mut().for_each(|place| place.x += turns * WHOLE);
    }
    hole
}

/// Moves a part that lies between two antimeridians onto the map.
fn onto_map(mut part: Polygon) -> Polygon {
    let beyond = part.first().and_then(|ring| bounds(ring)).filter(|bounds| !is_on_map(*bounds));
    if let Some((west, east)) = beyond {
        let turn = (((west + east) / 2.0 + HALF) / WHOLE).floor() * WHOLE;
        part.iter_mut().flatten().for_each(|place| place.x -= turn);
    }
    part
}

/// Twice the area inside of a ring, negative for a clockwise one.
fn signed_area(ring: &[Place]) -> f64 {
    // Relative to one of its places, so that a small ring far from zero is exact.
    let Some(origin) = ring.first() else { return 0.0 };
    let relative = ring.iter().map(|place| (place.x - origin.x, place.y - origin.y));
    relative.clone().zip(relative.skip(1)).map(|((ax, ay), (bx, by))| ax * by - bx * ay).sum()
}

/// The exterior ring counterclockwise, holes clockwise (RFC 7946, section 3.1.6).
fn rewind(mut polygon: Polygon) -> Polygon {
    for (index, ring) in polygon.iter_mut().enumerate() {
        let area = signed_area(ring);
        if (index == 0 && area < 0.0) || (index > 0 && area > 0.0) {
            ring.reverse();
        }
    }
    polygon
}

/// A piece of a ring on one side of a cut, from one crossing to another.
struct Chain {
    is_left: bool,
    from: usize,
    to: usize,
    places: Vec<Place>,
}

/// The parts of a polygon west and east of a longitude. Along the cut, the polygon is between each first and second of
/// the crossings by latitude, so each chain goes on with the one that begins at the partner of where it ends.
fn split(polygon: &Polygon, cut: f64) -> Option<(Vec<Polygon>, Vec<Polygon>)> {
    let mut crossings: Vec<Place> = Vec::new();
    let mut chains: Vec<Chain> = Vec::new();
    let mut whole: Vec<(bool, usize, &Ring)> = Vec::new();
    for (index, ring) in polygon.iter().enumerate() {
        let (west, east) = bounds(ring)?;
        if east <= cut || west >= cut {
            whole.push((east <= cut, index, ring));
        } else {
            add_chains(ring, cut, &mut crossings, &mut chains);
        }
    }
    let mut order: Vec<usize> = (0..crossings.len()).collect();
    let latitude = |crossing: usize| crossings.get(crossing).map_or(0.0, |place| place.y);
    order.sort_by(|left, right| latitude(*left).total_cmp(&latitude(*right)));
    let mut partner = vec![0; crossings.len()];
    for pair in order.chunks(2) {
        let [low, high] = pair else { return None };
        *partner.get_mut(*low)? = *high;
        *partner.get_mut(*high)? = *low;
    }
    let mut sides = (connect(&chains, true, &partner)?, connect(&chains, false, &partner)?);
    for (is_left, index, ring) in whole {
        let side = if is_left { &mut sides.0 } else { &mut sides.1 };
        if index == 0 {
            side.push(vec![ring.clone()]);
            continue;
        }
        let place = ring.first()?;
        let around = side.iter().position(|part| part.first().is_some_and(|exterior| contains(exterior, *place)));
        // A hole that touches the exterior may seem to be outside.
        side.get_mut(around.unwrap_or_default())?.push(ring.clone());
    }
    Some(sides)
}

/// Cuts a ring that has places on both sides into chains.
fn add_chains(ring: &Ring, cut: f64, crossings: &mut Vec<Place>, chains: &mut Vec<Chain>) {
    let open = ring.get(..ring.len().saturating_sub(1)).unwrap_or_default();
    let is_left = |place: &Place| place.x < cut;
    let start = open.iter().zip(open.iter().cycle().skip(1)).position(|(place, next)| is_left(place) != is_left(next));
    let Some(start) = start else { return };
    let first = crossings.len();
    let mut chain: Option<Chain> = None;
    let around = open.iter().cycle().skip(start).take(open.len() + 1);
    for (before, place) in around.clone().zip(around.skip(1)) {
        if is_left(before) != is_left(place) {
            let crossing = crossings.len();
            crossings.push(between(*before, *place, cut));
            chains.extend(chain.take().map(|chain| Chain { to: crossing, ..chain }));
            chain = Some(Chain { is_left: is_left(place), from: crossing, to: crossing, places: Vec::new() });
        }
        if let Some(chain) = &mut chain {
            chain.places.push(*place);
        }
    }
    chains.extend(chain.map(|chain| Chain { to: first, ..chain }));
    // What a chain begins and ends with.
    for chain in chains.iter_mut().filter(|chain| chain.from >= first) {
        let end = |crossing: usize| crossings.get(crossing).copied();
        chain.places = end(chain.from).into_iter().chain(chain.places.drain(..)).chain(end(chain.to)).collect();
    }
}

/// The rings that the chains of a side make. `None` where one has no successor, as in a ring that crosses itself.
fn connect(chains: &[Chain], is_left: bool, partner: &[usize]) -> Option<Vec<Polygon>> {
    let mut open: Vec<&Chain> = chains.iter().filter(|chain| chain.is_left == is_left).collect();
    let mut polygons = Vec::new();
    while let Some(first) = open.pop() {
        let mut ring = first.places.clone();
        let mut end = *partner.get(first.to)?;
        while end != first.from {
            let next = open.iter().position(|chain| chain.from == end)?;
            let next = open.swap_remove(next);
            ring.extend(next.places.iter().copied());
            end = *partner.get(next.to)?;
        }
        ring.extend(ring.first().copied());
        ring.dedup();
        if signed_area(&ring) != 0.0 {
            polygons.push(vec![ring]);
        }
    }
    Some(polygons)
}

/// Whether a place is inside of a ring: a ray to the north crosses it an odd number of times.
fn contains(ring: &[Place], place: Place) -> bool {
    let edges = ring.iter().zip(ring.iter().skip(1));
    let crossed =
        edges.filter(|(from, to)| (from.x > place.x) != (to.x > place.x) && between(**from, **to, place.x).y > place.y);
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(places: &[(f64, f64)]) -> Vec<Place> {
        places.iter().map(|(x, y)| Place { x: *x, y: *y, z: None }).collect()
    }

    fn shown(line: &[Place]) -> Vec<(f64, f64)> {
        line.iter().map(|place| (place.x, place.y)).collect()
    }

    fn area(polygons: &[Polygon]) -> f64 {
        polygons.iter().flatten().map(|ring| signed_area(ring)).sum::<f64>() / 2.0
    }

    #[test]
    fn what_stays_on_the_map_is_not_changed() {
        for places in
            [&[(1.0, 2.0), (3.0, 4.0)][..], &[(180.0, 0.0), (180.0, 5.0)], &[(-180.0, 0.0), (0.0, 0.0), (180.0, 0.0)]]
        {
            assert_eq!(cut_line(line(places)), [line(places)]);
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
        assert_eq!(shown(&parts[0][0]), [(179.0, 0.0), (180.0, 0.0), (180.0, 1.0), (179.0, 1.0), (179.0, 0.0)]);
    }

    #[test]
    fn longitudes_beyond_the_map_are_moved_onto_it() {
        assert_eq!(cut_line(line(&[(190.0, 0.0), (200.0, 0.0)])), [line(&[(-170.0, 0.0), (-160.0, 0.0)])]);
        let parts = cut_line(line(&[(170.0, 0.0), (190.0, 2.0)]));
        assert_eq!(parts, [line(&[(170.0, 0.0), (180.0, 1.0)]), line(&[(-180.0, 1.0), (-170.0, 2.0)])]);
    }

    #[test]
    fn a_line_that_comes_back_is_cut_twice() {
        let parts = cut_line(line(&[(179.0, 0.0), (-179.0, 0.0), (179.0, 2.0)]));
        assert_eq!(parts.len(), 3);
        assert_eq!(shown(&parts[2]), [(180.0, 1.0), (179.0, 2.0)]);
    }

    #[test]
    fn a_hole_across_the_antimeridian_is_cut_too() {
        let exterior = line(&[(170.0, 0.0), (-170.0, 0.0), (-170.0, 10.0), (170.0, 10.0), (170.0, 0.0)]);
        let across = line(&[(178.0, 4.0), (-178.0, 4.0), (-178.0, 6.0), (178.0, 6.0), (178.0, 4.0)]);
        let east = line(&[(-176.0, 4.0), (-175.0, 4.0), (-175.0, 6.0), (-176.0, 4.0)]);
        let parts = cut_polygon(vec![exterior, across, east]);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2], "the second part has the hole in the east");
        assert!((area(&parts) - (200.0 - 8.0 - 1.0)).abs() < 1e-9, "{parts:?}");
    }

    #[test]
    fn a_shape_that_crosses_several_times_has_several_parts() {
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
            assert!(parts.iter().flatten().flatten().any(|place| place.y == pole));
        }
    }

    #[test]
    fn a_ring_that_crosses_itself_is_still_written() {
        let bow = line(&[(179.0, 0.0), (-179.0, 1.0), (-179.0, 0.0), (179.0, 1.0), (179.0, 0.0)]);
        assert!(!cut_polygon(vec![bow]).is_empty());
        assert!(!cut_polygon(vec![line(&[(0.0, 0.0)])]).is_empty());
        let far = line(&[(1e300, 0.0), (-1e300, 1.0), (0.0, 1.0), (1e300, 0.0)]);
        assert_eq!(cut_polygon(vec![far]).len(), 1);
    }

    proptest! {
        #[test]
        fn a_cut_polygon_is_the_same_area_on_the_map(
            radii in proptest::collection::vec(0.5_f64..30.0, 3..12),
            hole in proptest::option::of(0.1_f64..0.9),
            center in -360.0_f64..360.0,
            is_clockwise: bool,
        ) {
            // A star around a center, in longitudes as people write them.
            let star = |scale: f64| -> Ring {
                let count = radii.len();
                let places = radii.iter().enumerate().map(|(index, radius)| {
                    let angle = std::f64::consts::TAU * index as f64 / count as f64;
                    let x = center + scale * radius * angle.cos();
                    Place { x: (x + 540.0).rem_euclid(360.0) - 180.0, y: scale * radius * angle.sin(), z: Some(radius * scale) }
                });
                let mut ring: Ring = places.collect();
                ring.push(ring[0]);
                if is_clockwise { ring.reverse(); }
                ring
            };
            let polygon: Polygon = std::iter::once(star(1.0)).chain(hole.map(star)).collect();
            let unrolled: Vec<f64> = polygon.iter().map(|ring| signed_area(&unroll(ring)).abs() / 2.0).collect();
            let expected = unrolled[0] - unrolled.get(1).copied().unwrap_or_default();
            let parts = cut_polygon(polygon);
            prop_assert!((area(&parts) - expected).abs() < 1e-6, "{} instead of {expected}: {parts:?}", area(&parts));
            for part in &parts {
                let (west, east) = bounds(&part[0]).expect("places");
                prop_assert!(west >= -180.0 - 1e-9 && east <= 180.0 + 1e-9 && east - west <= 180.0);
                for (index, ring) in part.iter().enumerate() {
                    prop_assert_eq!(ring.first(), ring.last());
                    prop_assert!(ring.iter().all(|place| place.z.is_some()));
                    prop_assert_eq!(signed_area(ring) > 0.0, index == 0);
                }
            }
        }
    }
}
