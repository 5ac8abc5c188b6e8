//! Well-known binary: the positions of a geometry, and the winding of its rings.
//!
//! Reads plain WKB and EWKB in both byte orders, and skips Z and M.

use std::ops::Range;

use crate::antimeridian::line_spans_globe;

/// Longitude and latitude in degrees.
pub(crate) type Position = [f64; 2];

/// The deepest nesting of geometry collections, a limit that protects the stack.
const MAXIMUM_DEPTH: u8 = 16;

const Z_FLAG: u32 = 0x8000_0000;
const M_FLAG: u32 = 0x4000_0000;
const SRID_FLAG: u32 = 0x2000_0000;
/// The accepted coordinate systems: unspecified, and WGS 84.
const SRIDS: [u32; 2] = [0, 4326];

/// The points, lines and polygons of a geometry, without their nesting.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) points: Vec<Position>,
    pub(crate) lines: Vec<Vec<Position>>,
    /// Each polygon is its exterior ring, then its holes. It has at least one ring.
    pub(crate) polygons: Vec<Vec<Vec<Position>>>,
}

impl Shape {
    /// Converts everything to lines: each ring, each line, and each point as a line of one position.
    pub(crate) fn into_lines(self) -> Vec<Vec<Position>> {
        let points = self.points.into_iter().map(|point| vec![point]);
        points.chain(self.lines).chain(self.polygons.into_iter().flatten()).collect()
    }

    /// Returns all positions.
    pub(crate) fn positions(&self) -> impl Iterator<Item = &Position> {
        let rings = self.polygons.iter().flatten();
        self.points.iter().chain(self.lines.iter().chain(rings).flatten())
    }
}

/// Reads a geometry. Returns `None` if `wkb` is not valid.
pub(crate) fn shape(wkb: &[u8]) -> Option<Shape> {
    Reader::read(wkb).map(|reader| reader.shape)
}

/// Reads a geometry as lines; see [`Shape::into_lines`]. Returns `None` if `wkb` is not valid.
pub(crate) fn lines(wkb: &[u8]) -> Option<Vec<Vec<Position>>> {
    shape(wkb).map(Shape::into_lines)
}

/// Returns the geometry with its exterior rings counter-clockwise and its holes clockwise; the byte order, the SRID and
/// everything else stay. Returns `None` if `wkb` is not valid.
///
/// The server is documented to correct exterior rings. Correcting holes as well and keeping everything else is a choice.
/// So is keeping a ring that jumps over the antimeridian, or that has an edge on it with both longitudes: its direction in
/// the plane has no meaning.
pub(crate) fn with_corrected_winding(wkb: &[u8]) -> Option<Vec<u8>> {
    let reader = Reader::read(wkb)?;
    let mut corrected = wkb.to_vec();
    let rings = reader.shape.polygons.iter().flat_map(|rings| rings.iter().enumerate());
    for ((index, ring), span) in rings.zip(&reader.rings) {
        let is_reversed = if index == 0 { signed_area(ring) < 0.0 } else { signed_area(ring) > 0.0 };
        let jumps = ring.windows(2).any(|edge| match edge {
            [from, to] => (to[0] - from[0]).abs() >= 180.0,
            _ => false,
        });
        if is_reversed && (!jumps || line_spans_globe(ring)) {
            let positions = wkb.get(span.clone()).unwrap_or_default();
            let size = positions.len() / ring.len().max(1);
            let reversed = positions.chunks_exact(size.max(1)).rev().flatten();
            corrected
                .get_mut(span.clone())
                .unwrap_or_default()
                .iter_mut()
                .zip(reversed)
                .for_each(|(to, from)| *to = *from);
        }
    }
    Some(corrected)
}

/// Returns twice the area of a ring, negative for a clockwise ring.
fn signed_area(ring: &[Position]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    let cross = |edge: &[Position]| match edge {
        [from, to] => (from[0] - origin[0]) * (to[1] - origin[1]) - (to[0] - origin[0]) * (from[1] - origin[1]),
        _ => 0.0,
    };
    ring.windows(2).map(cross).sum()
}

struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
    little_endian: bool,
    shape: Shape,
    /// The byte range of the positions of each ring.
    rings: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn read(wkb: &'a [u8]) -> Option<Self> {
        let (length, shape) = (wkb.len(), Shape::default());
        let mut reader = Self { rest: wkb, length, little_endian: true, shape, rings: Vec::new() };
        reader.geometry(0)?;
        reader.rest.is_empty().then_some(reader)
    }

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

    fn geometry(&mut self, depth: u8) -> Option<()> {
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
        if code & SRID_FLAG != 0 && !SRIDS.contains(&self.number()?) {
            return None;
        }
        // ISO WKB encodes the dimensions as thousands, EWKB as flags.
        let plain = code & !(Z_FLAG | M_FLAG | SRID_FLAG);
        let extra_dimensions = match plain / 1000 {
            0 => usize::from(code & Z_FLAG != 0) + usize::from(code & M_FLAG != 0),
            1 | 2 => 1,
            3 => 2,
            _ => return None,
        };
        match plain % 1000 {
            1 => {
                let point = self.position(extra_dimensions)?;
                // An empty point has NaN coordinates.
                if point.iter().all(|coordinate| coordinate.is_finite()) {
                    self.shape.points.push(point);
                }
            }
            2 => {
                let line = self.line(extra_dimensions)?;
                self.shape.lines.extend((!line.is_empty()).then_some(line));
            }
            3 => self.polygon(extra_dimensions)?,
            4..=7 => {
                for _ in 0..self.number()? {
                    self.geometry(depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn polygon(&mut self, extra_dimensions: usize) -> Option<()> {
        let mut rings = Vec::new();
        for _ in 0..self.number()? {
            let ring = self.line(extra_dimensions)?;
            let end = self.length - self.rest.len();
            if !ring.is_empty() {
                self.rings.push(end - ring.len() * (2 + extra_dimensions) * size_of::<f64>()..end);
                rings.push(ring);
            }
        }
        self.shape.polygons.extend((!rings.is_empty()).then_some(rings));
        Some(())
    }

    fn line(&mut self, extra_dimensions: usize) -> Option<Vec<Position>> {
        let count = self.number()?;
        // Does not reserve memory for `count` positions: it is untrusted input.
        let mut line = Vec::new();
        for _ in 0..count {
            let position = self.position(extra_dimensions)?;
            if !position.iter().all(|coordinate| coordinate.is_finite()) {
                return None;
            }
            line.push(position);
        }
        Some(line)
    }

    fn position(&mut self, extra_dimensions: usize) -> Option<Position> {
        let position = [self.coordinate()?, self.coordinate()?];
        for _ in 0..extra_dimensions {
            self.coordinate()?;
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ewkb_point_is_read_in_both_byte_orders() {
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
        assert_eq!(lines(&little[..little.len() - 1]), None, "truncated");
        little.push(0);
        assert_eq!(lines(&little), None, "trailing byte");
    }

    #[test]
    fn a_count_beyond_the_data_is_refused() {
        let mut polygon = vec![1];
        polygon.extend(3_u32.to_le_bytes());
        polygon.extend(u32::MAX.to_le_bytes());
        assert_eq!(lines(&polygon), None);
    }

    fn polygon(rings: &[&[Position]]) -> Vec<u8> {
        let mut wkb = vec![1];
        wkb.extend((3 | SRID_FLAG).to_le_bytes());
        wkb.extend(4326_u32.to_le_bytes());
        wkb.extend((rings.len() as u32).to_le_bytes());
        for ring in rings {
            wkb.extend((ring.len() as u32).to_le_bytes());
            ring.iter().flatten().for_each(|coordinate| wkb.extend(coordinate.to_le_bytes()));
        }
        wkb
    }

    #[test]
    fn exterior_rings_become_counter_clockwise() {
        let exterior = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]];
        let hole = [[2.0, 1.0], [3.0, 2.0], [3.0, 1.0], [2.0, 1.0]];
        let (mut reversed_exterior, mut reversed_hole) = (exterior, hole);
        reversed_exterior.reverse();
        reversed_hole.reverse();
        assert!(signed_area(&exterior) > 0.0 && signed_area(&hole) < 0.0);
        let expected = polygon(&[&exterior, &hole]);
        assert_eq!(with_corrected_winding(&polygon(&[&reversed_exterior, &reversed_hole])).as_ref(), Some(&expected));
        assert_eq!(with_corrected_winding(&expected), Some(expected.clone()));
    }

    #[test]
    fn a_ring_across_the_antimeridian_is_unchanged() {
        let ring = [[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0], [179.0, 0.0]];
        let sent = polygon(&[&ring]);
        assert_eq!(with_corrected_winding(&sent), Some(sent));
        let edge_on_antimeridian = [[170.0, 0.0], [170.0, 10.0], [-180.0, 10.0], [180.0, 0.0], [170.0, 0.0]];
        let sent = polygon(&[&edge_on_antimeridian]);
        assert_eq!(with_corrected_winding(&sent), Some(sent));
    }

    #[test]
    fn the_outline_of_the_map_becomes_counter_clockwise() {
        let world = [[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0], [-180.0, -90.0]];
        let mut reversed = world;
        reversed.reverse();
        assert_eq!(with_corrected_winding(&polygon(&[&reversed])), Some(polygon(&[&world])));
    }
}
