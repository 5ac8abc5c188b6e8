//! Splits a polygon at a longitude.

use super::{Coordinate, Polygon, Ring, between, bounds, signed_area};

/// A piece of a ring on one side of a cut, between two crossings.
struct Chain {
    is_left: bool,
    /// Index of the first crossing.
    from: usize,
    /// Index of the last crossing.
    to: usize,
    coordinates: Vec<Coordinate>,
}

/// Splits a polygon at a longitude into its western and eastern parts. In the order of latitudes, the polygon covers the
/// cut between each odd and the following even crossing. These two are partners: a chain that ends at one of them is
/// followed by the chain that begins at the other.
pub(super) fn split(polygon: &Polygon, cut: f64) -> Option<(Vec<Polygon>, Vec<Polygon>)> {
    let mut crossings: Vec<Coordinate> = Vec::new();
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
    let latitude = |crossing: usize| crossings.get(crossing).map_or(0.0, |coordinate| coordinate.y);
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
        let coordinate = ring.first()?;
        let around = side.iter().position(|part| part.first().is_some_and(|exterior| contains(exterior, *coordinate)));
        // A hole that touches the exterior may appear to be outside; it goes to the first part.
        side.get_mut(around.unwrap_or_default())?.push(ring.clone());
    }
    Some(sides)
}

/// Cuts a ring with coordinates on both sides into chains.
fn add_chains(ring: &Ring, cut: f64, crossings: &mut Vec<Coordinate>, chains: &mut Vec<Chain>) {
    let open = ring.get(..ring.len().saturating_sub(1)).unwrap_or_default();
    let is_left = |coordinate: &Coordinate| coordinate.x < cut;
    let start = open
        .iter()
        .zip(open.iter().cycle().skip(1))
        .position(|(coordinate, next)| is_left(coordinate) != is_left(next));
    let Some(start) = start else { return };
    let first = crossings.len();
    let mut chain: Option<Chain> = None;
    let around = open.iter().cycle().skip(start).take(open.len() + 1);
    for (before, coordinate) in around.clone().zip(around.skip(1)) {
        if is_left(before) != is_left(coordinate) {
            let crossing = crossings.len();
            crossings.push(between(*before, *coordinate, cut));
            chains.extend(chain.take().map(|chain| Chain { to: crossing, ..chain }));
            chain = Some(Chain { is_left: is_left(coordinate), from: crossing, to: crossing, coordinates: Vec::new() });
        }
        if let Some(chain) = &mut chain {
            chain.coordinates.push(*coordinate);
        }
    }
    chains.extend(chain.map(|chain| Chain { to: first, ..chain }));
    // Add the crossings to the ends of each chain.
    for chain in chains.iter_mut().filter(|chain| chain.from >= first) {
        let end = |crossing: usize| crossings.get(crossing).copied();
        chain.coordinates =
            end(chain.from).into_iter().chain(chain.coordinates.drain(..)).chain(end(chain.to)).collect();
    }
}

/// Connects the chains of a side to rings. Returns `None` if a chain has no successor, as in a self-intersecting ring.
fn connect(chains: &[Chain], is_left: bool, partner: &[usize]) -> Option<Vec<Polygon>> {
    let mut open: Vec<&Chain> = chains.iter().filter(|chain| chain.is_left == is_left).collect();
    let mut polygons = Vec::new();
    while let Some(first) = open.pop() {
        let mut ring = first.coordinates.clone();
        let mut end = *partner.get(first.to)?;
        while end != first.from {
            let next = open.iter().position(|chain| chain.from == end)?;
            let next = open.swap_remove(next);
            ring.extend(next.coordinates.iter().copied());
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

/// Returns whether a coordinate lies inside a ring: a ray to the north crosses it an odd number of times.
fn contains(ring: &[Coordinate], coordinate: Coordinate) -> bool {
    let edges = ring.iter().zip(ring.iter().skip(1));
    let crossed = edges.filter(|(from, to)| {
        (from.x > coordinate.x) != (to.x > coordinate.x) && between(**from, **to, coordinate.x).y > coordinate.y
    });
    crossed.count() % 2 == 1
}
