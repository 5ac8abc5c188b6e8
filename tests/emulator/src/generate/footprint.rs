//! The outline of a tile as extended well-known binary.

use bytes::BufMut;

use super::orbit::Place;
use super::scatter;
use crate::wkb::Position;

/// Half a side of a tile of 109.8 km, in degrees of latitude.
const HALF_SIDE: f64 = 0.4936;
/// A tile at the edge of the swath is cut along it; the cut has this many corners between its ends at least.
const FEWEST_CORNERS_OF_CUT: u64 = 4;

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;
const POINT: u32 = 1;
const SRID_FLAG: u32 = 0x2000_0000;
const WGS_84: u32 = 4326;
const LITTLE_ENDIAN: u8 = 1;

/// The outline of a tile: a ring counter-clockwise, or two where it crosses the antimeridian, one for each side.
pub(super) fn rings(place: &Place, random: u64) -> Vec<Vec<Position>> {
    let ring = ring(place, random);
    let west = ring.iter().map(|position| position[0]).fold(f64::INFINITY, f64::min);
    let east = ring.iter().map(|position| position[0]).fold(f64::NEG_INFINITY, f64::max);
    let limit = if west < -180.0 {
        -180.0
    } else if east > 180.0 {
        180.0
    } else {
        return vec![ring];
    };
    let shift = |ring: Vec<Position>, by: f64| ring.into_iter().map(|[x, y]| [x + by, y]).collect();
    let (inside, outside) = (clip(&ring, limit, limit > 0.0), clip(&ring, limit, limit < 0.0));
    vec![inside, shift(outside, -2.0 * limit)]
}

/// From the north-west corner round to it again. Longitudes may go beyond 180 degrees.
fn ring(place: &Place, random: u64) -> Vec<Position> {
    let [longitude, latitude] = place.centre;
    let half_width = HALF_SIDE / latitude.to_radians().cos().max(0.05);
    let (west, east) = (longitude - half_width, longitude + half_width);
    let (south, north) = (latitude - HALF_SIDE, latitude + HALF_SIDE);
    let corners = FEWEST_CORNERS_OF_CUT + random % 6;
    // How much of the width the cut takes away at the north end; at the south end it takes nothing. The track runs to
    // the south-west.
    let taken = half_width * (0.2 + (random >> 8 & 0xff) as f64 / 255.0);
    let cut = |index: u64| {
        let share = index as f64 / (corners + 1) as f64;
        let roughness = (scatter(random ^ index) % 1000) as f64 / 1000.0 * 0.02 * half_width;
        (share, (taken * (1.0 - share) - roughness).max(0.0))
    };
    let mut ring = Vec::with_capacity(5 + corners as usize);
    match place.side {
        -1 => {
            ring.push([west + taken, north]);
            ring.extend((1..=corners).map(cut).map(|(share, inset)| [west + inset, north - share * 2.0 * HALF_SIDE]));
            ring.extend([[west, south], [east, south], [east, north]]);
        }
        1 => {
            ring.extend([[west, north], [west, south], [east - taken, south]]);
            ring.extend((1..=corners).map(cut).map(|(share, inset)| [east - inset, south + share * 2.0 * HALF_SIDE]));
            ring.push([east, north]);
        }
        _ => ring.extend([[west, north], [west, south], [east, south], [east, north]]),
    }
    ring.extend(ring.first().copied());
    ring
}

/// What of a ring lies on one side of a meridian.
fn clip(ring: &[Position], meridian: f64, keep_west: bool) -> Vec<Position> {
    let keeps = |position: &Position| if keep_west { position[0] <= meridian } else { position[0] >= meridian };
    let mut clipped: Vec<Position> = Vec::with_capacity(ring.len() + 2);
    for edge in ring.windows(2) {
        let [from, to] = edge else { continue };
        if keeps(from) {
            clipped.push(*from);
        }
        if keeps(from) != keeps(to) {
            let share = (meridian - from[0]) / (to[0] - from[0]);
            clipped.push([meridian, from[1] + share * (to[1] - from[1])]);
        }
    }
    clipped.extend(clipped.first().copied());
    clipped
}

/// Writes a polygon, or a polygon for each ring together.
pub(super) fn write(rings: &[Vec<Position>], to: &mut Vec<u8>) {
    to.put_u8(LITTLE_ENDIAN);
    match rings {
        [ring] => {
            to.put_u32_le(POLYGON | SRID_FLAG);
            to.put_u32_le(WGS_84);
            write_ring(ring, to);
        }
        rings => {
            to.put_u32_le(MULTI_POLYGON | SRID_FLAG);
            to.put_u32_le(WGS_84);
            to.put_u32_le(rings.len() as u32);
            for ring in rings {
                to.put_u8(LITTLE_ENDIAN);
                to.put_u32_le(POLYGON);
                write_ring(ring, to);
            }
        }
    }
}

/// Writes the body of a polygon of one ring.
fn write_ring(ring: &[Position], to: &mut Vec<u8>) {
    to.put_u32_le(1);
    to.put_u32_le(ring.len() as u32);
    for [longitude, latitude] in ring {
        to.put_f64_le(*longitude);
        to.put_f64_le(*latitude);
    }
}

/// A point as plain well-known binary, which is how recorded centroids are.
pub(super) fn point([longitude, latitude]: Position) -> [u8; 21] {
    let mut wkb = [0; 21];
    let mut to = wkb.as_mut_slice();
    to.put_u8(LITTLE_ENDIAN);
    to.put_u32_le(POINT);
    to.put_f64_le(longitude);
    to.put_f64_le(latitude);
    wkb
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wkb;

    fn area(ring: &[Position]) -> f64 {
        ring.windows(2).map(|edge| edge[0][0] * edge[1][1] - edge[1][0] * edge[0][1]).sum::<f64>() / 2.0
    }

    #[test]
    fn rings_are_closed_counter_clockwise_and_within_the_world() {
        for longitude in [-180.0, -179.9, -90.0, 0.0, 179.8, 179.99] {
            for side in [-1, 0, 1] {
                for random in 0..20 {
                    let place = Place { centre: [longitude, 52.0], side, number: 0 };
                    let rings = rings(&place, scatter(random));
                    assert_eq!(rings.len(), if f64::abs(longitude) > 179.0 { 2 } else { 1 });
                    for ring in &rings {
                        assert!(area(ring) > 0.0, "{ring:?}");
                        assert_eq!(ring.first(), ring.last());
                        assert!(ring.iter().all(|[x, _]| (-180.0..=180.0).contains(x)), "{ring:?}");
                    }
                    let mut written = Vec::new();
                    write(&rings, &mut written);
                    assert_eq!(wkb::lines(&written).as_ref(), Some(&rings));
                }
            }
        }
    }
}
