//! Writes geometries as WKT, with heights, measures and empty parts.

use std::fmt::{self, Write};

use geo_traits::{
    CoordTrait, Dimensions, GeometryCollectionTrait as _, GeometryTrait, GeometryType, LineStringTrait,
    MultiLineStringTrait as _, MultiPointTrait as _, MultiPolygonTrait as _, PointTrait, PolygonTrait,
};

/// The body of an empty geometry, after its name and inside another geometry.
const EMPTY: &str = " EMPTY";
const EMPTY_PART: &str = "EMPTY";

/// Writes a geometry. Stops when the writer returns an error, for example because it is full.
pub(crate) fn write(geometry: &impl GeometryTrait<T = f64>, out: &mut impl Write) -> fmt::Result {
    let dimensions = match geometry.dim() {
        Dimensions::Xyz | Dimensions::Unknown(3) => " Z",
        Dimensions::Xym => " M",
        Dimensions::Xyzm | Dimensions::Unknown(4) => " ZM",
        _ => "",
    };
    let mut name = |name: &str| out.write_str(name).and_then(|()| out.write_str(dimensions));
    match geometry.as_type() {
        GeometryType::Point(point) => {
            name("POINT")?;
            write_point(point, EMPTY, out)
        }
        GeometryType::LineString(line) => {
            name("LINESTRING")?;
            write_line(line, EMPTY, out)
        }
        GeometryType::Polygon(polygon) => {
            name("POLYGON")?;
            write_polygon(polygon, EMPTY, out)
        }
        GeometryType::MultiPoint(points) => {
            name("MULTIPOINT")?;
            write_list(points.points(), EMPTY, out, |point, out| write_point(&point, EMPTY_PART, out))
        }
        GeometryType::MultiLineString(lines) => {
            name("MULTILINESTRING")?;
            write_list(lines.line_strings(), EMPTY, out, |line, out| write_line(&line, EMPTY_PART, out))
        }
        GeometryType::MultiPolygon(polygons) => {
            name("MULTIPOLYGON")?;
            write_list(polygons.polygons(), EMPTY, out, |polygon, out| write_polygon(&polygon, EMPTY_PART, out))
        }
        GeometryType::GeometryCollection(parts) => {
            name("GEOMETRYCOLLECTION")?;
            write_list(parts.geometries(), EMPTY, out, |part, out| write(&part, out))
        }
        // WKB has no other types.
        _ => name("GEOMETRYCOLLECTION").and_then(|()| out.write_str(EMPTY)),
    }
}

fn write_list<T, W: Write>(
    items: impl Iterator<Item = T>,
    empty: &str,
    out: &mut W,
    write: impl Fn(T, &mut W) -> fmt::Result,
) -> fmt::Result {
    let mut is_empty = true;
    for item in items {
        out.write_char(if is_empty { '(' } else { ',' })?;
        is_empty = false;
        write(item, out)?;
    }
    out.write_str(if is_empty { empty } else { ")" })
}

fn write_coordinate(coordinate: &impl CoordTrait<T = f64>, out: &mut impl Write) -> fmt::Result {
    for (index, number) in (0..coordinate.dim().size()).filter_map(|index| coordinate.nth(index)).enumerate() {
        write!(out, "{}{number}", if index > 0 { " " } else { "" })?;
    }
    Ok(())
}

fn write_point(point: &impl PointTrait<T = f64>, empty: &str, out: &mut impl Write) -> fmt::Result {
    write_list(point.coord().into_iter(), empty, out, |coordinate, out| write_coordinate(&coordinate, out))
}

fn write_line(line: &impl LineStringTrait<T = f64>, empty: &str, out: &mut impl Write) -> fmt::Result {
    write_list(line.coords(), empty, out, |coordinate, out| write_coordinate(&coordinate, out))
}

fn write_polygon(polygon: &impl PolygonTrait<T = f64>, empty: &str, out: &mut impl Write) -> fmt::Result {
    let rings = polygon.exterior().into_iter().chain(polygon.interiors()).filter(|ring| ring.num_coords() > 0);
    write_list(rings, empty, out, |ring, out| write_line(&ring, EMPTY_PART, out))
}

#[cfg(test)]
mod tests {
    use crate::schema::geometry::{from_text, to_text};

    #[test]
    fn a_geometry_is_written_as_its_text() {
        for text in [
            "POINT(1 2)",
            "POINT EMPTY",
            "POINT Z EMPTY",
            "POINT Z(1 2 300)",
            "POINT M(1 2 3)",
            "POINT ZM(1 2 3 4)",
            "POINT(0.1 0.30000000000000004)",
            "LINESTRING EMPTY",
            "LINESTRING Z(0 0 1,1 1 2)",
            "POLYGON EMPTY",
            "POLYGON((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1))",
            "MULTIPOINT EMPTY",
            "MULTIPOINT((1 2),(3 4))",
            "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
            "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
            "MULTIPOLYGON EMPTY",
            "GEOMETRYCOLLECTION EMPTY",
            "GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(POINT(3 4)))",
            "GEOMETRYCOLLECTION(POINT EMPTY)",
        ] {
            let written = from_text(text).ok().and_then(|bytes| to_text(&bytes).ok());
            assert_eq!(written.as_deref(), Some(text));
        }
    }

    #[test]
    fn empty_parts_are_written() {
        let header = |kind: u8, count: u8| [1, kind, 0, 0, 0, count, 0, 0, 0];
        let nan = [1, 1, 0, 0, 0].into_iter().chain([f64::NAN.to_le_bytes(); 2].concat());
        let points: Vec<u8> =
            header(4, 2).into_iter().chain(nan).chain(from_text("POINT(1 2)").expect("WKB")).collect();
        assert_eq!(to_text(&points).as_deref(), Ok("MULTIPOINT(EMPTY,(1 2))"));
        let polygons = [header(6, 1), header(3, 0)].concat();
        assert_eq!(to_text(&polygons).as_deref(), Ok("MULTIPOLYGON(EMPTY)"));
        let ring = [&header(3, 1)[..], &[0; 4]].concat();
        assert_eq!(to_text(&ring).as_deref(), Ok("POLYGON EMPTY"));
    }
}
