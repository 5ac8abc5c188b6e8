//! The circular sun-synchronous orbit of a satellite, and the datatakes on it.

use std::f64::consts::TAU;

use super::splitmix64;
use crate::wkb::Position;

/// The inclination of the orbit against the equator, in degrees.
const INCLINATION: f64 = 98.62;
/// The orbits in a cycle of ten days, after which the ground track repeats.
pub(super) const ORBITS_PER_CYCLE: u64 = 143;
const PERIOD_SECONDS: f64 = 10.0 * 86_400.0 / ORBITS_PER_CYCLE as f64;
/// The local mean time at the descending node, in hours. It is constant, because the orbit is sun-synchronous.
const LOCAL_TIME_OF_DESCENDING_NODE: f64 = 10.5;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// The distance between rows of tiles, in degrees of a great circle: about 100 km.
const TILE_SPACING: f64 = 0.9;
/// The offsets of tiles across the swath of 290 km, in degrees of a great circle.
const TILES_ACROSS: [f64; 3] = [-0.86, 0.0, 0.86];
/// The sunlit rows of tiles, counted from the ascending node: from 81 degrees north to 56 degrees south.
const ROWS: std::ops::Range<u32> = 102..262;

/// The size of imaged and skipped cells, in degrees. They imitate land and sea.
const CELL: f64 = 8.0;
const IMAGED_CELLS_OF_64: u64 = 36;
/// The largest number of rows in a datatake.
const MAXIMUM_DATATAKE_ROWS: usize = 40;

/// A satellite of the constellation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Satellite {
    S2A,
    S2B,
    S2C,
}

impl Satellite {
    /// Returns the name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::S2A => "S2A",
            Self::S2B => "S2B",
            Self::S2C => "S2C",
        }
    }

    /// Returns the position on the orbit at the start of the catalogue, from 0 to 1.
    fn phase(self) -> f64 {
        match self {
            Self::S2A => 0.0,
            Self::S2B => 0.5,
            Self::S2C => 0.25,
        }
    }

    /// Returns the number of orbits from the launch to the start of the catalogue.
    fn first_orbit(self) -> u64 {
        match self {
            Self::S2A => 49_774,
            Self::S2B => 40_854,
            Self::S2C => 1_686,
        }
    }
}

/// A tile of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    pub(super) centre: Position,
    /// -1 at the left edge of the swath, 1 at the right edge, 0 between.
    pub(super) side: i8,
    /// The row of the orbit and the column of the swath as one number, unique within an orbit.
    pub(super) number: u32,
}

/// A continuous acquisition. All its granules have its start as their time.
#[derive(Clone, Debug)]
pub(super) struct Datatake {
    pub(super) satellite: Satellite,
    /// The orbit, counted since launch.
    pub(super) orbit: u64,
    /// The start in seconds since 1970.
    pub(super) second: i64,
    pub(super) tiles: Vec<Tile>,
}

impl Datatake {
    /// Returns the infinite sequence of datatakes from `start` on.
    pub(super) fn all(satellite: Satellite, start: i64, seed: u64) -> impl Iterator<Item = Self> {
        (0_u64..).flat_map(move |orbit| Self::of_orbit(satellite, start, orbit, seed))
    }

    /// Returns the datatakes of an orbit, counted from the first one after `start`.
    fn of_orbit(satellite: Satellite, start: i64, orbit: u64, seed: u64) -> Vec<Self> {
        let mut datatakes: Vec<Self> = Vec::new();
        let mut rows_of_current = 0;
        let mut previous_row = None;
        for row in ROWS {
            let angle = f64::from(row) * TILE_SPACING;
            let elapsed = (orbit as f64 + satellite.phase() + angle / 360.0) * PERIOD_SECONDS;
            if !is_imaged(position(angle, 0.0, start, elapsed), seed) {
                continue;
            }
            let continues = row.checked_sub(1) == previous_row && rows_of_current < MAXIMUM_DATATAKE_ROWS;
            previous_row = Some(row);
            if !continues {
                rows_of_current = 0;
                let orbit = satellite.first_orbit() + orbit;
                datatakes.push(Self { satellite, orbit, second: start + elapsed as i64, tiles: Vec::new() });
            }
            rows_of_current += 1;
            if let Some(current) = datatakes.last_mut() {
                let tiles = TILES_ACROSS.iter().zip([(1_i8, 2), (0, 1), (-1, 0)]).map(|(across, (side, column))| {
                    Tile { centre: position(angle, *across, start, elapsed), side, number: row * 3 + column }
                });
                current.tiles.extend(tiles);
            }
        }
        datatakes
    }

    /// Returns the number of the orbit within the cycle, from 1.
    pub(super) fn relative_orbit(&self) -> u64 {
        self.orbit % ORBITS_PER_CYCLE + 1
    }
}

fn is_imaged([longitude, latitude]: Position, seed: u64) -> bool {
    let column = ((longitude + 180.0) / CELL).floor() as u64;
    let row = ((latitude + 90.0) / CELL).floor() as u64;
    splitmix64(seed ^ (row * 64 + column)) % 64 < IMAGED_CELLS_OF_64
}

/// Returns the ground position at `angle` degrees past the ascending node and `across` degrees to the side, `elapsed`
/// seconds after `start`.
fn position(angle: f64, across: f64, start: i64, elapsed: f64) -> Position {
    let (sin_angle, cos_angle) = angle.to_radians().sin_cos();
    let (sin_across, cos_across) = across.to_radians().sin_cos();
    let (sin_inclination, cos_inclination) = INCLINATION.to_radians().sin_cos();
    // The node is on the x axis. The last summand points to the pole of the orbit, across the track.
    let x = cos_across * cos_angle;
    let y = cos_across * sin_angle * cos_inclination - sin_across * sin_inclination;
    let z = cos_across * sin_angle * sin_inclination + sin_across * cos_inclination;

    let hours = ((start as f64 + elapsed) % SECONDS_PER_DAY) / 3600.0;
    let descending_node = (LOCAL_TIME_OF_DESCENDING_NODE - hours) * 15.0;
    let longitude = y.atan2(x) * 360.0 / TAU + descending_node - 180.0;
    let latitude = z.clamp(-1.0, 1.0).asin().to_degrees();
    [(longitude + 180.0).rem_euclid(360.0) - 180.0, latitude]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_taken_in_the_morning_on_a_descending_orbit() {
        for datatake in Datatake::all(Satellite::S2A, 1_735_689_600, 0).take(50) {
            let latitudes: Vec<_> = datatake.tiles.iter().filter(|t| t.side == 0).map(|t| t.centre[1]).collect();
            assert!(latitudes.is_sorted_by(|before, after| before >= after));
            for tile in datatake.tiles.iter().filter(|tile| tile.centre[1].abs() < 10.0) {
                let local = (datatake.second as f64 / 3600.0 + tile.centre[0] / 15.0).rem_euclid(24.0);
                assert!((10.0..11.5).contains(&local), "{local}");
            }
        }
    }

    #[test]
    fn datatakes_are_ordered_by_time() {
        let times: Vec<_> = Datatake::all(Satellite::S2B, 0, 3).take(200).map(|datatake| datatake.second).collect();
        assert!(times.is_sorted());
    }
}
