//! The footprint of a tile as extended well-known binary.

use bytes::BufMut;

use super::orbit::Tile;
use super::splitmix64;
use crate::wkb::Position;

/// Half the side of a tile of 109.8 km, in degrees of latitude.
const HALF_SIDE: f64 = 0.4936;
/// The smallest number of corners between the ends of the edge where the swath cuts a tile.
const MINIMUM_CUT_CORNERS: u64 = 4;

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;
const POINT: u32 = 1;
const SRID_FLAG: u32 = 0x2000_0000;
const WGS_84: u32 = 4326;
const LITTLE_ENDIAN: u8 = 1;

/// Returns the counter-clockwise outline of a tile, in two rings if it crosses the antimeridian.
pub(super) fn rings(tile: &Tile, random: u64) -> Vec<Vec<Position>> {
    let ring = ring(tile, random);
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

/// Returns the closed outline from the north-west corner. Longitudes can exceed 180 degrees.
fn ring(tile: &Tile, random: u64) -> Vec<Position> {
    let [longitude, latitude] = tile.centre;
    let half_width = HALF_SIDE / latitude.to_radians().cos().max(0.05);
    let (west, east) = (longitude - half_width, longitude + half_width);
    let (south, north) = (latitude - HALF_SIDE, latitude + HALF_SIDE);
    let corners = MINIMUM_CUT_CORNERS + random % 6;
    // The cut is widest at the north end and zero at the south end, because the track runs to the south-west.
    let cut_width = half_width * (0.2 + (random >> 8 & 0xff) as f64 / 255.0);
    let cut = |index: u64| {
        let share = index as f64 / (corners + 1) as f64;
        let roughness = (splitmix64(random ^ index) % 1000) as f64 / 1000.0 * 0.02 * half_width;
        (share, (cut_width * (1.0 - share) - roughness).max(0.0))
    };
    let mut ring = Vec::with_capacity(5 + corners as usize);
    match tile.side {
        -1 => {
            ring.push([west + cut_width, north]);
            ring.extend((1..=corners).map(cut).map(|(share, inset)| [west + inset, north - share * 2.0 * HALF_SIDE]));
            ring.extend([[west, south], [east, south], [east, north]]);
        }
        1 => {
            ring.extend([[west, north], [west, south], [east - cut_width, south]]);
            ring.extend((1..=corners).map(cut).map(|(share, inset)| [east - inset, south + share * 2.0 * HALF_SIDE]));
            ring.push([east, north]);
        }
        _ => ring.extend([[west, north], [west, south], [east, south], [east, north]]),
    }
    ring.extend(ring.first().copied());
    ring
}

/// Returns the part of a ring on one side of a meridian.
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

/// Writes one ring as a polygon, several rings as a multi-polygon.
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

/// Writes the body of a polygon with one ring.
fn write_ring(ring: &[Position], to: &mut Vec<u8>) {
    to.put_u32_le(1);
    to.put_u32_le(ring.len() as u32);
    for [longitude, latitude] in ring {
        to.put_f64_le(*longitude);
        to.put_f64_le(*latitude);
    }
}

/// Returns a point as plain well-known binary, like recorded centroids.
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
    fn rings_are_closed_and_counter_clockwise() {
        for longitude in [-180.0, -179.9, -90.0, 0.0, 179.8, 179.99] {
            for side in [-1, 0, 1] {
                for random in 0..20 {
                    let tile = Tile { centre: [longitude, 52.0], side, number: 0 };
                    let rings = rings(&tile, splitmix64(random));
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
