//! The arguments of a query.

use std::fs;

use crate::kit::{DATAPOINTS, DATASET, file, query, run, server};

#[test]
fn time_area_filter_and_collections_narrow_a_query() {
    let server = server();
    let count = |arguments: &[&str]| {
        let columns = ["--format", "csv", "--columns", "time,platform,product_type,cloud_cover"];
        query(&server, &[&columns[..], arguments].concat()).lines().count() - 1
    };
    let all = count(&[]);
    assert_eq!(all, DATAPOINTS);

    // The parts before and after a time contain everything.
    let (before, after) = (count(&["-t", "/2025-01-01T03:00"]), count(&["-t", "2025-01-01T03:00/.."]));
    assert!(before > 0 && after > 0 && before + after == all, "{before} + {after}");
    assert_eq!(count(&["-t", "2025-01-01"]), count(&["-t", "2025-01-01/2025-01-02"]));
    assert_eq!(count(&["-t", "2025-01"]), all);
    assert_eq!(count(&["-t", "2025"]), all);
    assert_eq!(count(&["-t", ".."]), all);
    assert_eq!(count(&["-t", "1999-01-01"]), 0);
    assert_eq!(count(&["-t", "2100-01-01/.."]), 0);

    let wkt = "POLYGON((-180 0, 180 0, 180 90, -180 90, -180 0))";
    let north = count(&["--area", wkt, "--edges", "cartesian"]);
    let path = file("north.geojson");
    let ring = "[[-180,0],[180,0],[180,90],[-180,90],[-180,0]]";
    fs::write(&path, format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#)).expect("it is written");
    assert!(north > 0 && north < all, "{north}");
    assert_eq!(count(&["--area", &path, "--edges", "cartesian"]), north);
    fs::remove_file(path).expect("it was there");

    let filter = query(&server, &["--format", "csv", "--columns", "cloud_cover", "-f", "cloud_cover < 10"]);
    let covers: Vec<f64> = filter.lines().skip(1).map(|cover| cover.parse().expect("a number")).collect();
    assert!(!covers.is_empty() && covers.iter().all(|cover| *cover < 10.0));
    let (one, other) = (count(&["-c", "S2A_S2MSI1C"]), count(&["-c", "S2B_S2MSI1C"]));
    assert_eq!(count(&["-c", "S2A_S2MSI1C", "-c", "S2B_S2MSI1C"]), one + other);
}

#[test]
fn an_area_file_is_read_in_every_encoding() {
    let server = server();
    let wkt = "POLYGON((-180 0, 180 0, 180 90, -180 90, -180 0))";
    let json = r#"{"type":"Polygon","coordinates":[[[-180,0],[180,0],[180,90],[-180,90],[-180,0]]]}"#;
    let path = file("area");
    let load = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("it is written");
        let columns = ["query", DATASET, "--format", "csv", "--columns", "id", "--edges", "cartesian", "-a", &path];
        run(&server, &columns)
    };
    let expected = load(wkt.as_bytes()).stdout;
    assert!(expected.len() > 1000);
    let mut wkb = vec![1];
    [3_u32, 1, 5].iter().for_each(|number| wkb.extend(number.to_le_bytes()));
    let ring = [[-180.0_f64, 0.0], [180.0, 0.0], [180.0, 90.0], [-180.0, 90.0], [-180.0, 0.0]];
    ring.iter().flatten().for_each(|coordinate| wkb.extend(coordinate.to_le_bytes()));
    for text in [wkt, json] {
        assert_eq!(load(format!("\u{feff}{text}").as_bytes()).stdout, expected, "a byte order mark is skipped");
    }
    assert_eq!(load(&wkb).stdout, expected);

    let utf_16: Vec<u8> = format!("\u{feff}{json}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mercator = json.replace("[[[", "[[[1000,").replacen(
        '{',
        r#"{"crs":{"type":"name","properties":{"name":"EPSG:3857"}},"#,
        1,
    );
    for (bytes, expected) in [
        (utf_16.as_slice(), "text in UTF-16 (little endian); save it as UTF-8"),
        (mercator.as_bytes(), "its reference system is EPSG:3857; transform it"),
        (b"POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))".as_slice(), "its boundary crosses itself at (0.5 0.5)"),
    ] {
        let output = load(bytes);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains(expected), "{stderr}");
    }
    fs::remove_file(path).expect("it was there");
}
