//! The destinations of datapoints.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::kit::{DATAPOINTS, DATASET, command, file, query, server};

#[test]
fn a_query_is_printed_and_saved_in_every_format() {
    let server = server();
    let table = query(&server, &[]);
    assert!(table.contains("showing 10 of 3 000 datapoints"), "{table}");
    let csv = query(&server, &["--format", "csv", "--columns", "id,cloud_cover", "--limit", "1200"]);
    assert_eq!((csv.lines().next(), csv.lines().count()), (Some("id,cloud_cover"), 1201));

    let starts: [(&str, &[u8]); 8] = [
        ("csv", b"time,id,"),
        ("geojson", br#"{"type":"FeatureCollection","features":["#),
        ("arrow", b"ARROW1"),
        ("arrows", b"\xff\xff\xff\xff"),
        ("parquet", b"PAR1"),
        ("jsonl", br#"{"time":""#),
        ("stac.json", br#"{"type":"FeatureCollection","features":["#),
        ("stac.parquet", b"PAR1"),
    ];
    for (ending, start) in starts {
        let path = file(&format!("scenes.{ending}"));
        assert_eq!(query(&server, &["--output", &path]), "");
        let bytes = fs::read(&path).expect("the file");
        assert!(bytes.starts_with(start) && bytes.len() > 100_000, "{ending}: {} bytes", bytes.len());
        fs::remove_file(path).expect("it was there");
    }
    let stac = query(&server, &["--format", "stac"]);
    let stac: serde_json::Value = serde_json::from_str(&stac).expect("JSON");
    let items = stac["features"].as_array().expect("items");
    assert_eq!(items.len(), DATAPOINTS);
    assert!(items.iter().all(|item| item["stac_version"].is_string() && item["properties"]["datetime"].is_string()));
    let geojson = query(&server, &["--format", "geojson"]);
    assert_eq!(geojson.matches(r#""type":"Feature""#).count(), DATAPOINTS);
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let server = server();
    for format in ["csv", "geojson", "arrow-stream", "parquet", "table"] {
        let mut child = command(&server, &["query", DATASET, "--format", format])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::with_capacity(1, child.stdout.take().expect("its output"));
        // A reader of the beginning, such as `head`, reads one byte.
        assert!(!lines.fill_buf().expect("output").is_empty());
        drop(lines);
        let output = child.wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""), "{format}");
    }
}
