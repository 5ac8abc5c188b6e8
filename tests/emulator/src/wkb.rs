//! Well-known binary: what a geometry is made of, and the direction of its rings.
//!
//! Takes plain WKB and EWKB, both byte orders, and skips Z and M.

use std::ops::Range;

use crate::meridian::goes_around;

/// Longitude and latitude in degrees.
pub(crate) type Position = [f64; 2];

/// Geometries in collections deeper than this are refused, so that input cannot exhaust the stack.
const MAXIMUM_DEPTH: u8 = 16;

const Z_FLAG: u32 = 0x8000_0000;
const M_FLAG: u32 = 0x4000_0000;
const SRID_FLAG: u32 = 0x2000_0000;
/// None, and WGS 84. Coordinates in other systems are not what they seem.
const SRIDS: [u32; 2] = [0, 4326];

/// What a geometry is made of, whatever it is nested in.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) points: Vec<Position>,
    pub(crate) lines: Vec<Vec<Position>>,
    /// Each is its exterior ring, then its holes; none is without rings.
    pub(crate) polygons: Vec<Vec<Vec<Position>>>,
}

impl Shape {
    /// Everything as lines: each ring of each polygon, each line, each point as a line of one position.
    pub(crate) fn into_lines(self) -> Vec<Vec<Position>> {
        let points = self.points.into_iter().map(|point| vec![point]);
        points.chain(self.lines).chain(self.polygons.into_iter().flatten()).collect()
    }

    /// Every position.
    pub(crate) fn positions(&self) -> impl Iterator<Item = &Position> {
        let rings = self.polygons.iter().flatten();
        self.points.iter().chain(self.lines.iter().chain(rings).flatten())
    }
}

/// Reads a geometry. `None` when `wkb` is none.
pub(crate) fn shape(wkb: &[u8]) -> Option<Shape> {
    Reader::read(wkb).map(|reader| reader.shape)
}

/// The lines of a geometry, as [`Shape::into_lines`] gives them. `None` when `wkb` is not a geometry.
pub(crate) fn lines(wkb: &[u8]) -> Option<Vec<Vec<Position>>> {
    shape(wkb).map(Shape::into_lines)
}

/// The geometry with its exterior rings counter-clockwise and its holes clockwise; nothing else changes, neither byte
/// order nor SRID. `None` when `wkb` is not a geometry.
///
/// The server is documented to correct the exterior rings. That it does the same for holes, and that it keeps the rest,
/// is a choice. So is leaving a ring alone that jumps over the antimeridian, or that has an edge along it with both of its
/// longitudes: in the plane its direction means nothing.
pub(crate) fn with_corrected_winding(wkb: &[u8]) -> Option<Vec<u8>> {
    let reader = Reader::read(wkb)?;
    let mut corrected = wkb.to_vec();
    let rings = reader.shape.polygons.iter().flat_map(|rings| rings.iter().enumerate());
    for ((index, ring), span) in rings.zip(&reader.rings) {
        let wrong = if index == 0 { signed_area(ring) < 0.0 } else { signed_area(ring) > 0.0 };
        let jumps = ring.windows(2).any(|edge| match edge {
            [from, to] => (to[0] - from[0]).abs() >= 180.0,
            _ => false,
        });
        if wrong && (!jumps || goes_around(ring)) {
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

/// Twice the area inside of a ring; negative for one that is clockwise.
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
    /// Where the positions of each ring are, in the order of the rings.
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
                    self.shape.points.push(point);
                }
            }
            2 => {
                let line = self.line(further)?;
                self.shape.lines.extend((!line.is_empty()).then_some(line));
            }
            3 => self.polygon(further)?,
            4..=7 => {
                for _ in 0..self.number()? {
                    self.geometry(depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn polygon(&mut self, further: usize) -> Option<()> {
        let mut rings = Vec::new();
        for _ in 0..self.number()? {
            let ring = self.line(further)?;
            let end = self.length - self.rest.len();
            if !ring.is_empty() {
                self.rings.push(end - ring.len() * (2 + further) * size_of::<f64>()..end);
                rings.push(ring);
            }
        }
        self.shape.polygons.extend((!rings.is_empty()).then_some(rings));
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
    fn exterior_rings_become_counter_clockwise_and_holes_clockwise() {
        let outside = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]];
        let hole = [[2.0, 1.0], [3.0, 2.0], [3.0, 1.0], [2.0, 1.0]];
        let (mut turned_outside, mut turned_hole) = (outside, hole);
        turned_outside.reverse();
        turned_hole.reverse();
        assert!(signed_area(&outside) > 0.0 && signed_area(&hole) < 0.0);
        let expected = polygon(&[&outside, &hole]);
        assert_eq!(with_corrected_winding(&polygon(&[&turned_outside, &turned_hole])).as_ref(), Some(&expected));
        assert_eq!(with_corrected_winding(&expected), Some(expected.clone()));
    }

    #[test]
    fn a_ring_over_the_antimeridian_stays_as_it_is() {
        let ring = [[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0], [179.0, 0.0]];
        let sent = polygon(&[&ring]);
        assert_eq!(with_corrected_winding(&sent), Some(sent));
        let edge_along_it = [[170.0, 0.0], [170.0, 10.0], [-180.0, 10.0], [180.0, 0.0], [170.0, 0.0]];
        let sent = polygon(&[&edge_along_it]);
        assert_eq!(with_corrected_winding(&sent), Some(sent));
    }

    #[test]
    fn the_edge_of_the_world_is_turned_like_any_other_ring() {
        let world = [[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0], [-180.0, -90.0]];
        let mut turned = world;
        turned.reverse();
        assert_eq!(with_corrected_winding(&polygon(&[&turned])), Some(polygon(&[&world])));
    }
}
