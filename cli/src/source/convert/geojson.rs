//! GeoJSON geometries (RFC 7946) as WKT, with their heights.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The maximum nesting of collections.
const MAX_DEPTH: usize = 4;

/// Converts a geometry to WKT.
///
/// # Errors
///
/// When it is not a geometry, or its positions differ in their number of coordinates. The text continues a sentence that
/// begins with the field.
pub(super) fn to_wkt(geometry: &Map<String, Value>) -> Result<String, String> {
    let mut text = String::new();
    write(geometry, 0, &mut text).map_err(|problem| format!("is not a valid GeoJSON geometry: {problem}"))?;
    Ok(text)
}

fn write(geometry: &Map<String, Value>, depth: usize, out: &mut String) -> Result<(), String> {
    let kind = geometry.get("type").and_then(Value::as_str).ok_or("it has no type")?;
    // The levels of lists around a position.
    let (word, levels) = match kind {
        "Point" => ("POINT", 0),
        "MultiPoint" => ("MULTIPOINT", 1),
        "LineString" => ("LINESTRING", 1),
        "Polygon" => ("POLYGON", 2),
        "MultiLineString" => ("MULTILINESTRING", 2),
        "MultiPolygon" => ("MULTIPOLYGON", 3),
        "GeometryCollection" if depth < MAX_DEPTH => return write_collection(geometry, depth, out),
        "GeometryCollection" => return Err("its collections nest too deeply".to_owned()),
        other => return Err(format!("GeoJSON has no type `{}`", super::excerpt(other))),
    };
    let coordinates = geometry.get("coordinates").ok_or("it has no coordinates")?;
    let size = first_position(coordinates, levels).map_or(2, |position| position.len().clamp(2, 3));
    out.push_str(word);
    if size == 3 {
        out.push_str(" Z");
    }
    if coordinates.as_array().is_some_and(Vec::is_empty) {
        out.push_str(" EMPTY");
        return Ok(());
    }
    out.push(' ');
    if levels == 0 {
        out.push('(');
        write_position(coordinates, size, out)?;
        out.push(')');
        return Ok(());
    }
    write_list(coordinates, levels, size, out)
}

fn write_collection(geometry: &Map<String, Value>, depth: usize, out: &mut String) -> Result<(), String> {
    let parts = geometry.get("geometries").and_then(Value::as_array).ok_or("a collection has no geometries")?;
    if parts.is_empty() {
        out.push_str("GEOMETRYCOLLECTION EMPTY");
        return Ok(());
    }
    out.push_str("GEOMETRYCOLLECTION (");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(part.as_object().ok_or("a part is not an object")?, depth + 1, out)?;
    }
    out.push(')');
    Ok(())
}

/// Returns the first position below this many levels of lists.
fn first_position(coordinates: &Value, levels: usize) -> Option<&Vec<Value>> {
    let list = coordinates.as_array()?;
    match levels {
        0 => Some(list),
        levels => list.iter().find_map(|inner| first_position(inner, levels - 1)),
    }
}

/// Writes the lists around positions as parentheses. Each point of a MULTIPOINT may stand without its own.
fn write_list(coordinates: &Value, levels: usize, size: usize, out: &mut String) -> Result<(), String> {
    let list = coordinates.as_array().ok_or("expects a list of coordinates")?;
    if list.is_empty() {
        out.push_str("EMPTY");
        return Ok(());
    }
    out.push('(');
    for (index, inner) in list.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match levels {
            1 => write_position(inner, size, out)?,
            levels => write_list(inner, levels - 1, size, out)?,
        }
    }
    out.push(')');
    Ok(())
}

fn write_position(position: &Value, size: usize, out: &mut String) -> Result<(), String> {
    let numbers = position.as_array().ok_or("expects a position as a list of numbers")?;
    // Numbers after the height have no meaning (section 3.1.1).
    if numbers.len() < 2 || numbers.len().min(3) != size {
        return Err(format!("expects positions of {size} numbers, got {}", numbers.len()));
    }
    for (index, number) in numbers.iter().take(size).enumerate() {
        let number = number.as_f64().ok_or("a coordinate is not a number")?;
        let separator = if index > 0 { " " } else { "" };
        write!(out, "{separator}{number}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wkt(geometry: Value) -> Result<String, String> {
        to_wkt(geometry.as_object().expect("an object"))
    }

    #[test]
    fn every_geometry_has_a_text() {
        let of = |kind: &str, coordinates: Value| wkt(json!({"type": kind, "coordinates": coordinates})).expect(kind);
        assert_eq!(of("Point", json!([1, 2.5])), "POINT (1 2.5)");
        assert_eq!(of("Point", json!([1, 2, 3])), "POINT Z (1 2 3)");
        assert_eq!(of("Point", json!([])), "POINT EMPTY");
        assert_eq!(of("MultiPoint", json!([[1, 2], [3, 4]])), "MULTIPOINT (1 2,3 4)");
        assert_eq!(of("MultiPoint", json!([])), "MULTIPOINT EMPTY");
        assert_eq!(of("LineString", json!([[1, 2, 0], [3, 4, 0]])), "LINESTRING Z (1 2 0,3 4 0)");
        assert_eq!(of("Polygon", json!([[[0, 0], [1, 0], [1, 1], [0, 0]]])), "POLYGON ((0 0,1 0,1 1,0 0))");
        assert_eq!(
            of("MultiPolygon", json!([[[[0, 0], [1, 0], [1, 1], [0, 0]]], []])),
            "MULTIPOLYGON (((0 0,1 0,1 1,0 0)),EMPTY)"
        );
        let parts = json!([{"type": "Point", "coordinates": [1, 2]}, {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]}]);
        let collection = wkt(json!({"type": "GeometryCollection", "geometries": parts})).expect("a collection");
        assert_eq!(collection, "GEOMETRYCOLLECTION (POINT (1 2),MULTILINESTRING ((1 2,3 4)))");
    }

    #[test]
    fn other_values_are_refused() {
        for (geometry, expected) in [
            (json!({}), "it has no type"),
            (json!({"type": "Circle"}), "GeoJSON has no type `Circle`"),
            (json!({"type": "Point"}), "it has no coordinates"),
            (json!({"type": "Point", "coordinates": [1]}), "expects positions of 2 numbers, got 1"),
            (json!({"type": "Point", "coordinates": [1, "2"]}), "a coordinate is not a number"),
            (
                json!({"type": "LineString", "coordinates": [[1, 2], [1, 2, 3]]}),
                "expects positions of 2 numbers, got 3",
            ),
            (json!({"type": "Polygon", "coordinates": [[1, 2]]}), "expects a position as a list of numbers"),
            (json!({"type": "GeometryCollection"}), "a collection has no geometries"),
        ] {
            let refused = wkt(geometry).expect_err(expected);
            assert_eq!(refused, format!("is not a valid GeoJSON geometry: {expected}"));
        }
        let nested = (0..10).fold(
            json!({"type": "GeometryCollection", "geometries": []}),
            |inner, _| json!({"type": "GeometryCollection", "geometries": [inner]}),
        );
        assert!(wkt(nested).expect_err("deep").contains("nest too deeply"));
    }
}
