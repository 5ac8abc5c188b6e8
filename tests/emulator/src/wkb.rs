//! Reads as much of well-known binary as is needed to see where a geometry lies: its points, line by line.
//!
//! Takes plain WKB and EWKB, both byte orders, and skips Z and M.

/// Longitude and latitude in degrees.
pub(crate) type Position = [f64; 2];

/// Geometries in collections deeper than this are refused, so that input cannot exhaust the stack.
const MAXIMUM_DEPTH: u8 = 16;

const Z_FLAG: u32 = 0x8000_0000;
const M_FLAG: u32 = 0x4000_0000;
const SRID_FLAG: u32 = 0x2000_0000;

/// The lines of a geometry: each ring of each polygon, each line, each point as a line of one position.
///
/// `None` when `wkb` is not a geometry.
pub(crate) fn lines(wkb: &[u8]) -> Option<Vec<Vec<Position>>> {
    let mut lines = Vec::new();
    let mut reader = Reader { rest: wkb, little_endian: true };
    reader.geometry(&mut lines, 0)?;
    reader.rest.is_empty().then_some(lines)
}

struct Reader<'a> {
    rest: &'a [u8],
    little_endian: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take()?;
        Some(if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn coordinate(&mut self) -> Option<f64> {
        let bytes = self.take()?;
        Some(if self.little_endian { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn geometry(&mut self, lines: &mut Vec<Vec<Position>>, depth: u8) -> Option<()> {
        if depth > MAXIMUM_DEPTH {
            return None;
        }
        let [order] = self.take()?;
        self.little_endian = match order {
            0 => false,
            1 => true,
            _ => return None,
        };
        let code = self.number()?;
        if code & SRID_FLAG != 0 {
            self.number()?;
        }
        // ISO writes the dimensions as thousands, EWKB as flags.
        let plain = code & !(Z_FLAG | M_FLAG | SRID_FLAG);
        let further = match plain / 1000 {
            0 => usize::from(code & Z_FLAG != 0) + usize::from(code & M_FLAG != 0),
            1 | 2 => 1,
            3 => 2,
            _ => return None,
        };
        match plain % 1000 {
            1 => {
                let point = self.position(further)?;
                // An empty point is written as one of NaNs.
                if point.iter().all(|coordinate| coordinate.is_finite()) {
                    lines.push(vec![point]);
                }
            }
            2 => lines.push(self.line(further)?),
            3 => {
                for _ in 0..self.number()? {
                    lines.push(self.line(further)?);
                }
            }
            4..=7 => {
                for _ in 0..self.number()? {
                    self.geometry(lines, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn line(&mut self, further: usize) -> Option<Vec<Position>> {
        let count = self.number()?;
        // No capacity from the count: it is not to be trusted before the positions are there.
        let mut line = Vec::new();
        for _ in 0..count {
            let position = self.position(further)?;
            if !position.iter().all(|coordinate| coordinate.is_finite()) {
                return None;
            }
            line.push(position);
        }
        Some(line)
    }

    fn position(&mut self, further: usize) -> Option<Position> {
        let position = [self.coordinate()?, self.coordinate()?];
        for _ in 0..further {
            self.coordinate()?;
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_with_height_and_srid_is_read_in_both_byte_orders() {
        let mut little = vec![1];
        little.extend((1 | Z_FLAG | SRID_FLAG).to_le_bytes());
        little.extend(4326_u32.to_le_bytes());
        let mut big = vec![0];
        big.extend((1 | Z_FLAG | SRID_FLAG).to_be_bytes());
        big.extend(4326_u32.to_be_bytes());
        for coordinate in [10.5_f64, -3.25, 100.0] {
            little.extend(coordinate.to_le_bytes());
            big.extend(coordinate.to_be_bytes());
        }
        assert_eq!(lines(&little), Some(vec![vec![[10.5, -3.25]]]));
        assert_eq!(lines(&big), lines(&little));
        assert_eq!(lines(&little[..little.len() - 1]), None, "cut off");
        little.push(0);
        assert_eq!(lines(&little), None, "something follows");
    }

    #[test]
    fn a_count_beyond_the_data_is_refused() {
        let mut polygon = vec![1];
        polygon.extend(3_u32.to_le_bytes());
        polygon.extend(u32::MAX.to_le_bytes());
        assert_eq!(lines(&polygon), None);
    }
}
