//! The arguments of a query.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use tilebox_emulator::Rpc;

use crate::kit::{DATAPOINTS, DATASET, command, file, query, run, server};

#[test]
fn time_area_filter_and_collections_narrow_a_query() {
    let server = server();
    let count = |arguments: &[&str]| {
        let columns = ["--format", "csv", "--columns", "time,platform,product_type,cloud_cover"];
        let output = run(&server, &[&["query", DATASET][..], &columns[..], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        String::from_utf8(output.stdout).expect("UTF-8").lines().count() - 1
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
    assert_eq!(count(&["--collections", "S2A_S2MSI1C, S2B_S2MSI1C"]), one + other);
    assert_eq!(count(&["--before", "2025-01-01T03:00"]), before);
    assert_eq!(count(&["--after", "2025-01-01T03:00"]), after);
    assert_eq!(count(&["--after", "2025-01-01", "--before", "2025-01-01T03:00"]), before);
    assert_eq!(count(&["--after", "yesterday"]), 0);
    assert_eq!(count(&["--last", "7d"]), 0);
    assert_eq!(count(&["--after", "4000w"]), all);
}

#[test]
fn areas_are_boxes_files_standard_input_and_their_union() {
    let server = server();
    let columns = ["query", DATASET, "--format", "csv", "--columns", "id"];
    let ids = |arguments: &[&str], input: &str| {
        let mut command = command(&server, &[&columns[..], arguments].concat());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").lines().skip(1).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (west, east) = (ids(&["--area", "-180,-90,0,90"], ""), ids(&["--area=0,-90,180,90"], ""));
    assert!(!west.is_empty() && !east.is_empty() && west.len() < DATAPOINTS);
    let both = ids(&["-a", "-180,-90,0,90", "--spatial-extent", "0,-90,180,90"], "");
    assert_eq!(both, west.union(&east).cloned().collect());
    let wkt = "POLYGON((-180 -90, 0 -90, 0 90, -180 90, -180 -90))";
    assert_eq!(ids(&["--area", "-", "--edges", "cartesian"], wkt), west);
    let path = file("west.wkt");
    fs::write(&path, wkt).expect("it is written");
    assert_eq!(ids(&["--spatial-extent-file", &path, "--edges", "cartesian"], ""), west);
    fs::remove_file(path).expect("it was there");
    let refused = run(&server, &[&columns[..], &["--mode", "within"]].concat());
    assert_eq!(refused.status.code(), Some(2), "a mode needs an area");
}

#[test]
fn a_preview_shows_the_first_rows_and_the_total() {
    let server = server();
    let table = query(&server, &[]);
    let last = table.lines().last().expect("lines");
    assert_eq!(table.matches("2025-01-01T").count(), 10, "{table}");
    assert!(table.contains("showing 10 of 3 000 datapoints (--all: all rows"), "{table}");
    assert!(last.contains("geometry") || table.contains("more columns"), "{table}");

    let filtered = query(&server, &["-f", "cloud_cover < 50"]);
    let count = query(&server, &["-f", "cloud_cover < 50", "--count"]);
    let spaced = format!("showing 10 of {} {} datapoints", &count.trim()[..1], &count.trim()[1..]);
    assert!(filtered.replace('\n', " ").contains(&spaced), "{spaced}\n{filtered}");

    let few = query(&server, &["--limit", "20"]);
    assert!(few.matches("2025-01-01T").count() == 20 && few.contains("\n20 datapoints, "), "{few}");
    let all = query(&server, &["--all", "--columns", "time"]);
    assert_eq!(all.matches("2025-01-01T").count(), DATAPOINTS);
    assert!(all.ends_with("\n3000 datapoints\n"), "the last line");
}

#[test]
fn a_preview_loads_a_page_and_not_the_collection() {
    let server = server();
    query(&server, &[]);
    assert_eq!(server.requests().of(Rpc::Query), 1, "the collections know their number");
}

#[test]
fn a_wide_table_shows_whole_names_and_columns() {
    let server = server();
    let names = |table: &str| table.matches(".SAFE").count();
    let narrow = query(&server, &["--limit", "3", "--columns", "granule_name,cloud_cover,platform"]);
    assert_eq!((names(&narrow), narrow.contains("more column")), (3, false), "{narrow}");
    let wide = query(&server, &["--limit", "3", "--wide"]);
    assert!(names(&wide) >= 3 && !wide.contains("more column") && !wide.contains('…'), "{wide}");
    assert!(wide.contains("POLYGON") && wide.ends_with("\n3 datapoints\n"), "{wide}");
}

#[test]
fn a_count_is_one_number() {
    let server = server();
    assert_eq!(query(&server, &["--count"]), format!("{DATAPOINTS}\n"));
    assert_eq!(query(&server, &["--count", "--limit", "7"]), "7\n");
    let json = query(&server, &["--count", "--json", "-t", "2025-01-01T03:00/.."]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let csv = query(&server, &["--format", "csv", "--columns", "id", "-t", "2025-01-01T03:00/.."]);
    assert_eq!(json["count"], csv.lines().count() - 1);
}

#[test]
fn json_is_one_line_for_each_datapoint() {
    let server = server();
    let lines = query(&server, &["--json", "--limit", "600", "--columns", "id,cloud_cover"]);
    let values: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(values.len(), 600);
    assert!(values.iter().all(|value| value["id"].is_string()), "{}", values[0]);
    assert!(values.iter().filter(|value| value["cloud_cover"].is_number()).count() > 100, "{}", values[0]);
}

#[test]
fn an_empty_result_says_what_the_collection_has() {
    let server = server();
    let pole = "0.0,-89.9,0.1,-89.8";
    for (arguments, expected) in [
        (&["-t", "1999"][..], "3 000 datapoints, from 2025-01-01T"),
        (&["-t", "1999"], "; none is in the selected time, [1999-01-01T00:00:00Z, 2000-01-01T00:00:00Z)"),
        (&["-t", "2025-01-01T03:00:00.0001Z/2025-01-01T03:00:00.0002Z"], "; the nearest are at 2025-01-01T"),
        (
            &["-f", "cloud_cover > 1000"],
            "there are datapoints in the selected time, and the filter matches none of them",
        ),
        (&["-a", pole], "there are datapoints in the selected time, and the area matches none of them"),
        (&["-a", pole, "-f", "cloud_cover >= 0"], "and the area matches none of them"),
        (&["-a", pole, "-f", "cloud_cover > 1000"], "neither the area nor the filter matches one of them"),
        (&["-t", "1999", "--format", "csv"], "; none is in the selected time"),
    ] {
        let output = run(&server, &[&["query", DATASET][..], arguments].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(0) && stderr.contains(expected), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let quiet = run(&server, &[&["query", DATASET, "--quiet"][..], arguments].concat());
        assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
    }
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

#[test]
fn sorted_datapoints_are_in_the_order_of_a_field() {
    let server = server();
    let values = |arguments: &[&str]| -> Vec<String> {
        let csv = query(&server, &[&["--format", "csv"][..], arguments].concat());
        csv.lines().skip(1).map(str::to_owned).collect()
    };
    let clouds = |arguments: &[&str]| -> Vec<f64> {
        let texts = values(&[&["--columns", "cloud_cover", "-f", "cloud_cover >= 0"][..], arguments].concat());
        texts.iter().map(|text| text.parse().expect("a number")).collect()
    };
    let up = clouds(&["--sort", "cloud_cover"]);
    assert!(up.len() > 1000 && up.is_sorted());
    let down = clouds(&["--sort", "cloud_cover:desc", "--limit", "5"]);
    assert_eq!(down, up.iter().rev().copied().take(5).collect::<Vec<_>>());

    let ids = values(&["--columns", "id"]);
    let latest: Vec<String> = ids.iter().rev().take(700).cloned().collect();
    assert_eq!(values(&["--columns", "id", "--latest", "700"]), latest);
    assert_eq!(values(&["--columns", "id", "--sort", "time:desc", "--limit", "700"]), latest);
    assert_eq!(values(&["--columns", "id", "--sort", "time"]), ids);
    assert_eq!(values(&["--columns", "id", "--sort", "id", "--latest", "700"]), ids[ids.len() - 700..]);
    // The field of the order need not be a column.
    let mixed = values(&["--columns", "id", "--sort", "cloud_cover", "--limit", "3"]);
    assert!(mixed.len() == 3 && mixed.iter().all(|id| ids.contains(id)), "{mixed:?}");

    let table = query(&server, &["--columns", "cloud_cover", "--sort", "cloud_cover", "-f", "cloud_cover >= 0"]);
    assert!(table.contains("showing 10 of "), "{table}");
    let table = query(&server, &["--latest", "3", "--columns", "id"]);
    assert!(table.contains(&ids[ids.len() - 1]) && table.ends_with("\n3 datapoints\n"), "{table}");
    for (sort, expected) in
        [("cloud_covers", "the dataset has no such field"), ("cloud_cover:up", "expects `asc` or `desc`")]
    {
        let output = run(&server, &["query", DATASET, "--sort", sort]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn a_dry_run_tells_the_size_and_the_time_of_a_load() {
    let server = server();
    let text = query(&server, &["--dry-run"]);
    assert!(text.starts_with("3 000 datapoints in 6 pages, ") && text.contains(" MB; about "), "{text}");
    let json = query(&server, &["--dry-run", "--json", "-f", "cloud_cover < 50"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let datapoints = json["datapoints"].as_u64().expect("a number");
    assert!((500..3000).contains(&datapoints), "{json}");
    assert!(json["bytes"].as_u64() > Some(10_000) && json["seconds"].as_f64() > Some(0.0), "{json}");
}
