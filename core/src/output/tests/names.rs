//! Names and extensions of formats.

use super::*;

fn from_path(path: &str) -> String {
    Format::from_path(path).map_or_else(|error| error.to_string(), |format| format.to_string())
}

#[test]
fn the_longest_extension_decides_the_format() {
    for (path, name) in [
        ("scenes.geojson", "geojson"),
        ("folder.csv/SCENES.JSON", "geojson"),
        ("scenes.v2.jsonl", "jsonl"),
        ("scenes.NDJSON", "jsonl"),
        ("scenes.stac.json", "stac"),
        ("scenes.STAC.geojson", "stac"),
        (".stac.json", "geojson"),
        ("a.stac/b.json", "geojson"),
        ("stac.json", "geojson"),
    ] {
        assert_eq!(from_path(path), name, "{path}");
    }
    #[cfg(feature = "parquet")]
    assert_eq!(from_path("scenes.2025.stac.parquet"), "stac-geoparquet");
}

#[test]
fn a_path_without_a_known_extension_is_an_error() {
    for (path, reason) in [
        ("scenes", "it has no extension"),
        (".geojson", "it has no extension"),
        ("geojson", "it has no extension"),
        ("scenes.xlsx", "no format has the extension `.xlsx`"),
        ("scenes.stac.xlsx", "no format has the extension `.xlsx`"),
    ] {
        let error = from_path(path);
        assert!(error.starts_with(&format!("cannot choose the format of `{path}`: {reason}; ")), "{error}");
        assert!(error.contains(".jsonl"), "{error}");
    }
    let error = from_path("scenes.jsnl");
    assert!(error.contains("`.jsonl`"), "{error}");
}
