//! Ingestion of tables.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;
use tilebox_emulator::{Emulator, Fault, Rpc};

use crate::kit::{command, file, json, printed, run, writable};

const DEFINITION: &str = r#"
code_name = "scenes"
kind = "spatiotemporal"

[[fields]]
name = "cloud_cover"
type = "float64"
queryable = true

[[fields]]
name = "orbit"
type = "int64"

[[fields]]
name = "name"
type = "string"

[[fields]]
name = "bands"
type = "string"
repeated = true
"#;

const LINES: &str = r#"{"time": "2025-03-01T10:00:00.123456789Z", "geometry": "POLYGON ((10 46, 12 46, 12 47, 10 47, 10 46))", "cloud_cover": 12.5, "orbit": 7, "name": "a, \"b\"", "bands": ["B01", "B02"]}
{"time": "2025-03-02T10:00:00Z", "geometry": {"type": "Point", "coordinates": [11, 46.5]}, "cloud_cover": 0, "name": "b"}
{"time": "2025-03-03T10:00:00Z", "geometry": "POINT (11 47)", "orbit": 8.0}
"#;

/// Returns a server with an empty dataset, and its slug.
pub(crate) fn scenes() -> (Emulator, String) {
    let server = writable();
    let path = file(&format!("scenes-{}.toml", server.address().port()));
    fs::write(&path, DEFINITION).expect("it is written");
    let created = json(&server, &["datasets", "create", &path, "--json"]);
    let slug = created["slug"].as_str().expect("a slug").to_owned();
    fs::remove_file(path).expect("it was there");
    (server, slug)
}

/// Runs `tbx ingest` with text as standard input.
fn ingest_text(server: &Emulator, arguments: &[&str], text: &str) -> Output {
    let mut command = command(server, &[&["ingest"], arguments].concat());
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().expect("the program starts");
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// Ingests three scenes into the new collection `alps`, and returns their ids.
pub(crate) fn ingest_scenes(server: &Emulator, slug: &str) -> Vec<String> {
    let output = ingest_text(server, &[slug, "alps", "--create-collection", "--json"], LINES);
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&result["created"], &result["existing"]), (&3.into(), &0.into()), "{result}");
    result["ids"].as_array().expect("ids").iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
}

fn refused(output: Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn queried_tables_are_ingested_with_equal_ids() {
    let (server, slug) = scenes();
    let ids = ingest_scenes(&server, &slug);
    for extension in ["parquet", "arrow", "arrows", "csv", "geojson", "jsonl"] {
        let path = file(&format!("round-{}.{extension}", server.address().port()));
        printed(&server, &["query", &slug, "--output", &path]);
        let result = json(&server, &["ingest", &slug, "alps", &path, "--json"]);
        assert_eq!((&result["created"], &result["existing"]), (&0.into(), &3.into()), "{extension}: {result}");
        assert_eq!(result["ids"], Value::from(ids.clone()), "{extension}");
        // The format of a stream is known by its first bytes.
        let stream = File::open(&path).expect("the file");
        let mut piped = command(&server, &["ingest", &slug, "alps"]);
        let output = piped.stdin(Stdio::from(stream)).output().expect("a run");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "0 datapoints created, 3 existed already\n",
            "{extension}: {stderr}"
        );
        fs::remove_file(path).expect("it was there");
    }
    let refused = refused(ingest_text(&server, &[&slug, "alps", "--reject-existing"], LINES));
    assert!(refused.contains("exist"), "{refused}");
}

#[test]
fn a_dry_run_checks_everything_and_sends_nothing() {
    let (server, slug) = scenes();
    let output = ingest_text(&server, &[&slug, "new", "--create-collection", "--dry-run"], LINES);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "3 datapoints in standard input fit the dataset; nothing was sent\n"
    );
    let wrong = format!("{LINES}{{\"time\": \"soon\"}}\n");
    let refused = refused(ingest_text(&server, &[&slug, "new", "--create-collection", "--dry-run"], &wrong));
    assert!(
        refused.starts_with("error: cannot ingest standard input: line 4, the field `time` expects a time, got `soon`"),
        "{refused}"
    );
    assert!(refused.contains("; nothing was sent; "), "{refused}");
    assert_eq!(server.requests().of(Rpc::Ingest), 0);
    assert_eq!(json(&server, &["collections", &slug, "--json"]).as_array().map(Vec::len), Some(0));
}

#[test]
fn columns_are_checked_before_the_first_request() {
    let (server, slug) = scenes();
    printed(&server, &["collections", "create", &slug, "alps", "-q"]);
    for (table, arguments, expected) in [
        (
            "time,geometry,clouds\n2025-03-01,POINT(1 2),5\n",
            &[][..],
            "error: cannot ingest standard input: the dataset has no field for the column `clouds`; ",
        ),
        (
            "date,geometry\n2025-03-01,POINT(1 2)\n",
            &["--ignore-unknown"],
            "error: cannot ingest standard input: the column `time` is missing, which every datapoint needs; ",
        ),
        ("", &["--format", "parquet"], "error: cannot ingest standard input: not valid Parquet: "),
        ("\u{89}PNG\0", &[], "error: cannot ingest standard input: its format is unknown; name it with --format: "),
    ] {
        let refused = refused(ingest_text(&server, &[&[slug.as_str(), "alps"], arguments].concat(), table));
        assert!(refused.starts_with(expected), "{refused}");
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
    assert_eq!(server.requests().of(Rpc::Ingest), 0);
    let other = "date,geometry,clouds\n1740787200,POINT(1 2),5\n";
    let arguments = [slug.as_str(), "alps", "--rename", "date=time,clouds=cloud_cover", "--time-unit", "s"];
    let output = ingest_text(&server, &arguments, other);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1 datapoint created, 0 existed already\n");
    let missing = refused(run(&server, &["ingest", &slug, "alps", "no-such-file.csv"]));
    assert!(missing.starts_with("error: cannot read `no-such-file.csv`: "), "{missing}");
    let unknown = refused(ingest_text(&server, &[&slug, "alsp"], LINES));
    assert!(unknown.contains("did you mean `alps`?"), "{unknown}");
}

#[test]
fn a_fault_says_how_many_datapoints_were_stored_before() {
    let (server, slug) = scenes();
    let line = |row: usize| format!("2025-03-01T00:00:00Z,POINT(1 2),{row}\n");
    let rows: String = (0..20_000).map(line).collect();
    let table = format!("time,geometry,orbit\n{rows}2025-03-01,POINT(1 2),x\n");
    let refused = refused(ingest_text(&server, &[&slug, "alps", "--create-collection"], &table));
    assert!(
        refused.contains("line 20002, the field `orbit` expects integers (int64), got the text `x`; "),
        "{refused}"
    );
    assert!(
        refused.contains(" datapoints before it were stored, and stay as they are when it is repeated; "),
        "{refused}"
    );
    let correct = table.replace(",x\n", ",20000\n");
    let result = ingest_text(&server, &[&slug, "alps", "--json"], &correct);
    let result: Value = serde_json::from_slice(&result.stdout).expect("JSON");
    assert_eq!(result["created"].as_u64().zip(result["existing"].as_u64()).map(|(new, old)| new + old), Some(20_001));
    assert!(result["existing"].as_u64() > Some(0), "{}", result["existing"]);
}

#[test]
#[cfg(unix)]
fn an_interruption_says_what_was_stored() {
    let (server, slug) = scenes();
    server.inject(Fault::silence().on(Rpc::Ingest));
    let mut command = command(&server, &["ingest", &slug, "alps", "--create-collection"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a start");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(LINES.as_bytes()).expect("it is read");
    drop(input);
    while server.requests().of(Rpc::Ingest) == 0 {
        std::thread::yield_now();
    }
    let sent = std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(sent.expect("POSIX has kill").success());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.contains(
            "At least 0 datapoints were stored; the command can be repeated: stored datapoints stay as they are."
        ),
        "{stderr}"
    );
}
