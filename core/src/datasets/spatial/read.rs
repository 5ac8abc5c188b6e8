//! Geometries from WKT and WKB.
//!
//! The rings are looked at before they become [`geo_types`], which close them silently: a ring that is not closed is
//! more often a point that was lost than a habit.

use std::str::FromStr as _;

use geo_traits::to_geo::ToGeoGeometry as _;
use geo_traits::{CoordTrait as _, GeometryTrait, GeometryType, LineStringTrait, MultiPolygonTrait as _, PolygonTrait};
use geo_types::Geometry;

use super::Complaint;

/// No geometry nests its parentheses deeper, other than collections, which are no areas.
const MAX_NESTING: usize = 3;
/// The most characters of an area that an error repeats.
const MAX_SHOWN: usize = 60;
/// Beside zero, the only reference system there is: longitude and latitude on WGS84.
const WGS84: u32 = 4326;

pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

pub(super) fn wkt(text: &str) -> Result<Geometry, Complaint> {
    let mut text = text;
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("SRID=")) {
        let (srid, rest) = text[5..].split_once(';').unwrap_or((&text[5..], ""));
        check_srid(srid.trim().parse().ok())?;
        text = rest;
    }
    let nesting = text.bytes().try_fold(0_usize, |nesting, byte| match byte {
        b'(' if nesting == MAX_NESTING => None,
        b'(' => Some(nesting + 1),
        b')' => Some(nesting.saturating_sub(1)),
        _ => Some(nesting),
    });
    if nesting.is_none() {
        let reason = "its parentheses nest deeper than those of any polygon";
        return Err(Complaint::new(reason, "use one geometry; several polygons are one MultiPolygon"));
    }
    let geometry = wkt::Wkt::<f64>::from_str(text).map_err(|error| {
        let advice = "write WKT such as POLYGON ((12 45, 13 45, 13 46, 12 45)), or GeoJSON";
        Complaint::new(format!("it is not WKT: {error}"), advice)
    })?;
    closed(&geometry)
}

pub(super) fn wkb(bytes: &[u8]) -> Result<Geometry, Complaint> {
    check_srid(Some(srid(bytes).unwrap_or(WGS84)))?;
    let geometry = wkb::reader::read_wkb(bytes)
        .map_err(|error| Complaint::new(format!("it is not WKB: {error}"), "pass WKB or EWKB, in either byte order"))?;
    closed(&geometry)
}

/// The reference system of EWKB: the flag in the type says that it follows.
fn srid(bytes: &[u8]) -> Option<u32> {
    const HAS_SRID: u32 = 0x2000_0000;
    let little_endian = *bytes.first()? == 1;
    let number = |start: usize| {
        let bytes: [u8; 4] = bytes.get(start..start + 4)?.try_into().ok()?;
        Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    if number(1)? & HAS_SRID == 0 { None } else { number(5) }
}

fn check_srid(srid: Option<u32>) -> Result<(), Complaint> {
    const ADVICE: &str = "transform it to longitude and latitude on WGS84 (SRID 4326)";
    match srid {
        Some(0 | WGS84) => Ok(()),
        Some(other) => Err(Complaint::new(format!("its reference system is {other}"), ADVICE)),
        None => Err(Complaint::new("its reference system is no number", ADVICE)),
    }
}

/// The geometry, if all its rings are closed.
fn closed(geometry: &impl GeometryTrait<T = f64>) -> Result<Geometry, Complaint> {
    match geometry.as_type() {
        GeometryType::Polygon(polygon) => closed_polygon(polygon)?,
        GeometryType::MultiPolygon(polygons) => {
            for polygon in polygons.polygons() {
                closed_polygon(&polygon)?;
            }
        }
        GeometryType::GeometryCollection(_) => {
            return Err(Complaint::collection());
        }
        _ => {}
    }
    // Only an empty point has no place among these types.
    geometry.try_to_geometry().ok_or_else(Complaint::empty)
}

fn closed_polygon(polygon: &impl PolygonTrait<T = f64>) -> Result<(), Complaint> {
    polygon.exterior().into_iter().chain(polygon.interiors()).try_for_each(|ring| {
        let end = |index: usize| ring.coord(index).map(|coordinate| coordinate.x_y());
        closed_ring(end(0), end(ring.num_coords().saturating_sub(1)))
    })
}

pub(super) fn closed_ring(first: Option<(f64, f64)>, last: Option<(f64, f64)>) -> Result<(), Complaint> {
    match (first, last) {
        (Some(first), Some(last)) if first != last && !first.0.is_nan() && !first.1.is_nan() => {
            let reason = format!("a ring begins at ({} {}) and ends at ({} {})", first.0, first.1, last.0, last.1);
            Err(Complaint::new(reason, "close it: repeat its first point at the end"))
        }
        _ => Ok(()),
    }
}
