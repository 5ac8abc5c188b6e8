//! The names of tiles in the military grid: zone, band and square. They are approximate.

use crate::wkb::Position;

const BANDS: &[u8; 20] = b"CDEFGHJKLMNPQRSTUVWX";
/// The letters of squares, without I and O: columns in three sets by zone, rows in a cycle.
const COLUMNS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const ROWS: &[u8; 20] = b"ABCDEFGHJKLMNPQRSTUV";
const KILOMETRES_PER_DEGREE: f64 = 111.32;

/// Returns the name of the tile at a position, such as `T32TMT`.
pub(super) fn tile_name([longitude, latitude]: Position) -> String {
    let zone = (((longitude + 180.0) / 6.0).floor() as usize).min(59);
    let band = (((latitude + 80.0) / 8.0).floor().max(0.0) as usize).min(BANDS.len() - 1);
    let meridian = zone as f64 * 6.0 - 177.0;
    let easting = 500.0 + (longitude - meridian) * KILOMETRES_PER_DEGREE * latitude.to_radians().cos();
    let northing = (latitude * KILOMETRES_PER_DEGREE).rem_euclid(2000.0);
    let column = (zone % 3) * 8 + ((easting / 100.0).floor().clamp(1.0, 8.0) as usize - 1);
    // The rows of every second zone begin at F.
    let row = ((northing / 100.0).floor() as usize + if zone % 2 == 1 { 5 } else { 0 }) % ROWS.len();
    let letter = |letters: &[u8], index: usize| char::from(letters.get(index).copied().unwrap_or(b'A'));
    format!("T{:02}{}{}{}", zone + 1, letter(BANDS, band), letter(COLUMNS, column), letter(ROWS, row))
}

#[cfg(test)]
mod tests {
    use super::tile_name;

    #[test]
    fn known_positions_have_known_tiles() {
        assert_eq!(tile_name([8.55, 47.37]), "T32TMT", "Zurich");
        assert_eq!(tile_name([16.37, 48.20]), "T33UXP", "Vienna");
        for edge in [[-180.0, -90.0], [180.0, 90.0]] {
            assert_eq!(tile_name(edge).len(), 6);
        }
    }
}
