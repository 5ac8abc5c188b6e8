//! Tests that each parser consumes its whole input: none accepts a valid prefix.

use geo_types::{Geometry, Point, polygon};
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::datasets::filter::Expression;
use crate::datasets::{Position, SpatialFilter};
use crate::output::Format;
use crate::protocol::endpoint::ServerUrl;
use crate::schema::geometry::{parse_wkb, parse_wkt};
use crate::schema::{IntoTemporalExtent as _, TimeInterval, Timestamp};

/// Returns text that does not continue any of the inputs below.
fn garbage() -> impl Strategy<Value = String> {
    "[ ]{0,2}[x;#!?)}_][ -~]{0,8}"
}

/// Checks that a parser accepts the text, also with white space around it, but not with `garbage` after it.
fn parses_whole_text<T, E>(
    parse: impl Fn(&str) -> Result<T, E>,
    text: &str,
    garbage: &str,
) -> Result<(), TestCaseError> {
    prop_assert!(parse(text).is_ok(), "{text:?} is refused");
    prop_assert!(parse(&format!(" {text}\n")).is_ok(), "{text:?} is refused with white space around it");
    let more = format!("{text}{garbage}");
    prop_assert!(parse(&more).is_err(), "{more:?} is accepted");
    Ok(())
}

const WKT: [&str; 7] = [
    "POINT (1 2)",
    "POINT Z(1 2 3)",
    "LINESTRING(0 0,1 1)",
    "POLYGON ((0 0, 1 0, 1 1, 0 0))",
    "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
    "SRID=4326;MULTIPOINT((1 2), (3 4))",
    "GEOMETRYCOLLECTION(POLYGON ((0 0, 1 0, 1 1, 0 0)))",
];

proptest! {
    #[test]
    fn wkt_is_parsed_to_its_end(text in select(&WKT), empty in select(&["POINT EMPTY", "POLYGON Z EMPTY"]), more in garbage()) {
        parses_whole_text(|text| SpatialFilter::new(text), text, &more)?;
        parses_whole_text(parse_wkt, text, &more)?;
        parses_whole_text(parse_wkt, empty, &more)?;
        parses_whole_text(parse_wkt, text, &format!(", {text}"))?;
    }

    #[test]
    fn wkb_is_parsed_to_its_end(more in prop::collection::vec(any::<u8>(), 1..20), big in any::<bool>()) {
        let area = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 0.0)];
        for geometry in [Geometry::from(Point::new(1.0, 2.0)), area.into()] {
            let endianness = if big { wkb::Endianness::BigEndian } else { wkb::Endianness::LittleEndian };
            let mut bytes = Vec::new();
            wkb::writer::write_geometry(&mut bytes, &geometry, &wkb::writer::WriteOptions { endianness }).expect("WKB");
            // EWKB adds the reference system.
            let mut extended = bytes.clone();
            let srid = if big { 4326_u32.to_be_bytes() } else { 4326_u32.to_le_bytes() };
            extended.splice(5..5, srid);
            extended[if big { 1 } else { 4 }] |= 0x20;
            for bytes in [bytes, extended] {
                prop_assert!(parse_wkb(&bytes).is_ok() && SpatialFilter::new(bytes.as_slice()).is_ok());
                let more = [bytes.as_slice(), &more].concat();
                prop_assert!(parse_wkb(&more).is_err() && SpatialFilter::new(more).is_err());
                prop_assert!(parse_wkb(&bytes[..bytes.len() - 1]).is_err());
            }
        }
    }

    #[test]
    fn geojson_is_parsed_to_its_end(more in garbage()) {
        let geometry = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#;
        let feature = format!(r#"{{"type":"Feature","properties":null,"geometry":{geometry}}}"#);
        for text in [geometry, &feature, &format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)] {
            parses_whole_text(|text| SpatialFilter::new(text), text, &more)?;
            parses_whole_text(|text| SpatialFilter::new(text), text, text)?;
        }
    }

    #[test]
    fn cql2_is_parsed_to_its_end(
        text in select(&["a = 1", "a < .5", "a = 'x'", "a IS NULL", "a IN (1, 2)", "(a = 1)", "t > DATE('2025-03-01')"]),
        more in garbage(),
    ) {
        parses_whole_text(Expression::parse_cql2, text, &more)?;
        parses_whole_text(Expression::parse_cql2, text, &format!(" {text}"))?;
        let json = r#"{"op": "=", "args": [{"property": "a"}, 1]}"#;
        parses_whole_text(Expression::parse_cql2_json, json, &more)?;
    }

    #[test]
    fn times_are_parsed_to_their_end(
        text in select(&["2025-03-01", "2025-03-01T12:00", "2025-03-01T12:00:00.5Z", "2025-03-01 12:00 UTC", "2025-03-01T12+01"]),
        more in garbage(),
    ) {
        parses_whole_text(Timestamp::parse, text, &more)?;
        parses_whole_text(Timestamp::parse, text, &format!(" {text}"))?;
    }

    #[test]
    fn intervals_are_parsed_to_their_end(
        text in select(&["2025", "2025-03", "2025-03-01", "2025-03-01/2025-04-01", "2025/..", "../2025", "..", "/2025"]),
        more in garbage(),
    ) {
        parses_whole_text(|text| text.parse::<TimeInterval>(), text, &more)?;
        parses_whole_text(|text| text.into_temporal_extent(), text, &more)?;
    }

    #[test]
    fn positions_are_parsed_to_their_end(
        text in select(&[
            "0/",
            "12/(00000000-0000-0000-0000-000000000007",
            "12/[00000000-0000-0000-0000-000000000007..00000000-0000-0000-0000-000000000009)",
            "12/(00000000-0000-0000-0000-000000000007..epoch",
        ]),
        more in garbage(),
    ) {
        parses_whole_text(|text| text.parse::<Position>(), text, &more)?;
    }

    #[test]
    fn ids_and_formats_are_parsed_to_their_end(id in any::<u128>(), more in garbage()) {
        let id = Uuid::from_u128(id).to_string();
        prop_assert!(Uuid::try_parse(&id).is_ok() && "geojson".parse::<Format>().is_ok());
        let (id, format) = (format!("{id}{more}"), format!("geojson{more}"));
        prop_assert!(Uuid::try_parse(&id).is_err() && format.parse::<Format>().is_err());
    }

    #[test]
    fn urls_are_parsed_to_their_end(
        text in select(&["https://h", "http://h:8080", "h:8080", "https://[::1]:80", "https://h/path"]),
        more in "( x|[#?@<>])[ -~]{0,8}",
    ) {
        parses_whole_text(ServerUrl::parse, text, &more)?;
    }
}
