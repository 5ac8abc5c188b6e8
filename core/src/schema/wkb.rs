//! Validates WKB before it is read.
//!
//! The `wkb` crate reads the parts of a geometry lazily, and panics on a part that does not match its header. So all bytes
//! are validated first.

use ::wkb::reader::Wkb;

/// The maximum nesting of collections.
const MAX_DEPTH: usize = 16;

const ENDS: &str = "the bytes end inside the geometry";

/// Reads WKB or EWKB, in either byte order. Bytes after the geometry are ignored.
///
/// # Errors
///
/// When the bytes are not a geometry.
pub(crate) fn read(bytes: &[u8]) -> Result<Wkb<'_>, String> {
    Scan { bytes, at: 0 }.geometry(0, None)?;
    ::wkb::reader::read_wkb(bytes).map_err(|error| error.to_string())
}

/// The kind of a geometry, 1 (point) to 7 (collection), and the dimensions of its coordinates.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    number: u32,
    has_z: bool,
    has_m: bool,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    /// Validates a geometry, of the kind that the enclosing geometry expects.
    fn geometry(&mut self, depth: usize, expected: Option<Kind>) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("it nests deeper than {MAX_DEPTH}"));
        }
        let is_little = match self.take(1)? {
            [0] => false,
            [1] => true,
            _ => return Err("its byte order is neither 0 nor 1".to_owned()),
        };
        let kind = self.kind(is_little, depth)?;
        if expected.is_some_and(|expected| expected != kind) {
            return Err("a part has another type than the enclosing geometry".to_owned());
        }
        let size = 8 * (2 + usize::from(kind.has_z) + usize::from(kind.has_m));
        match kind.number {
            1 => self.take(size).map(drop),
            2 => self.coordinates(is_little, size),
            3 => (0..self.number(is_little)?).try_for_each(|_| self.coordinates(is_little, size)),
            number => {
                let part = (number < 7).then_some(Kind { number: number - 3, ..kind });
                (0..self.number(is_little)?).try_for_each(|_| self.geometry(depth + 1, part))
            }
        }
    }

    /// Reads the type: ISO adds 1000 for heights and 2000 for measures, EWKB has flags, also for a reference system.
    fn kind(&mut self, is_little: bool, depth: usize) -> Result<Kind, String> {
        const Z: u32 = 0x8000_0000;
        const M: u32 = 0x4000_0000;
        const SRID: u32 = 0x2000_0000;
        let written = self.number(is_little)?;
        if written & SRID != 0 {
            if depth > 0 {
                return Err("a part has its own reference system".to_owned());
            }
            self.take(4)?;
        }
        let iso = written & !(Z | M | SRID);
        let dimension = iso / 1000;
        let kind = Kind {
            number: iso % 1000,
            has_z: written & Z != 0 || dimension == 1 || dimension == 3,
            has_m: written & M != 0 || dimension == 2 || dimension == 3,
        };
        match (1..=7).contains(&kind.number) && dimension <= 3 {
            true => Ok(kind),
            false => Err(format!("it has the unknown type {iso}")),
        }
    }

    fn coordinates(&mut self, is_little: bool, size: usize) -> Result<(), String> {
        let count = self.number(is_little)? as usize;
        self.take(count.checked_mul(size).ok_or(ENDS)?).map(drop)
    }

    fn number(&mut self, is_little: bool) -> Result<u32, String> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| ENDS)?;
        Ok(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(count).ok_or(ENDS)?;
        let taken = self.bytes.get(self.at..end).ok_or(ENDS)?;
        self.at = end;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::geometry::from_text;

    #[test]
    fn a_part_of_another_type_is_an_error() {
        let point = from_text("POINT Z(1 2 3)").expect("WKB");
        let points = [&[1, 4, 0, 0, 0, 1, 0, 0, 0][..], &point].concat();
        assert!(read(&points).is_err_and(|problem| problem.contains("another type")));
        let mut with_srid = from_text("MULTIPOINT(1 2)").expect("WKB");
        with_srid[13] |= 0x20;
        assert!(read(&with_srid).is_err_and(|problem| problem.contains("its own reference system")));
        let deep = [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(10_000);
        assert!(read(&deep).is_err_and(|problem| problem.contains("nests deeper")));
        assert!(read(&[1, 2, 0, 0, 0, 255, 255, 255, 255]).is_err());
    }

    proptest! {
        #[test]
        fn a_changed_geometry_is_read_or_an_error(
            text in proptest::sample::select(vec![
                "POINT(1 2)", "LINESTRING(0 0, 1 1)", "POLYGON((0 0, 1 0, 1 1, 0 0))", "MULTIPOINT(1 2, 3 4)",
                "MULTILINESTRING((0 0, 1 1))", "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))",
                "GEOMETRYCOLLECTION(POINT(1 2), MULTIPOINT Z(1 2 3))",
            ]),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            end: prop::sample::Index,
        ) {
            let mut bytes = from_text(text).expect("WKB");
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(end.index(bytes.len() * 2));
            if let Ok(geometry) = read(&bytes) {
                let mut text = String::new();
                crate::schema::wkt::write(&geometry, &mut text).expect("text");
                let _ = crate::datapoints::footprint::flatten(&geometry);
                prop_assert!(geometry.buf().len() <= bytes.len());
            }
        }
    }
}
