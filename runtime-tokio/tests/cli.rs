//! The example `cli`, run as a program against the local server.
//!
//! Cargo builds the examples of a package with its tests, except when it builds a single test.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tilebox_emulator::{Catalogue, Emulator};

const DATASET: &str = "open_data.copernicus.sentinel2_msi";
const DATAPOINTS: usize = 3000;
/// The page size, so that a query has several pages and its output is written in parts.
const PAGE_SIZE: usize = 500;

fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("this program");
    let profile = tests.ancestors().nth(2).expect("the folder of the profile");
    let program = profile.join("examples").join("cli").with_extension(std::env::consts::EXE_EXTENSION);
    let sources = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cli")).expect("the sources");
    let changed = sources.filter_map(|source| source.ok()?.metadata().ok()?.modified().ok()).max();
    let built = fs::metadata(&program).and_then(|program| program.modified()).ok();
    assert!(built >= changed, "build the example first: cargo build -p tilebox-tokio --example cli");
    program
}

fn server() -> Emulator {
    let builder = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).page_size(PAGE_SIZE);
    builder.start().expect("a local server")
}

fn command(server: &Emulator, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).env("TILEBOX_API_URL", server.url()).env_remove("TILEBOX_API_KEY");
    command
}

fn run(server: &Emulator, arguments: &[&str]) -> Output {
    command(server, arguments).stdin(Stdio::null()).output().expect("a run")
}

/// Returns the output of a successful command. Without a terminal it draws no bars.
fn printed(server: &Emulator, arguments: &[&str]) -> String {
    let output = run(server, arguments);
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
        (Some(0), ""),
        "{arguments:?}"
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn query(server: &Emulator, arguments: &[&str]) -> String {
    printed(server, &[&["query", DATASET][..], arguments].concat())
}

/// Returns the path of a file of this test run.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{name}", std::process::id()));
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn datasets_schemas_and_collections_are_listed() {
    let server = server();
    assert!(printed(&server, &["datasets"]).contains("        sentinel2_msi: "));
    let schema = printed(&server, &["schema", DATASET]);
    assert!(schema.lines().any(|line| line.starts_with("cloud_cover ") && line.contains(" double ")), "{schema}");
    let collections = printed(&server, &["collections", DATASET]);
    let counts = collections.lines().filter(|line| line.starts_with('S') && line.contains("MSI"));
    let counts = counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    assert_eq!(counts.sum::<usize>(), DATAPOINTS, "{collections}");
}

#[test]
fn a_query_is_printed_and_saved_in_every_format() {
    let server = server();
    let table = query(&server, &[]);
    assert!(table.contains(&format!("{DATAPOINTS} datapoints")), "{table}");
    let csv = query(&server, &["--format", "csv", "--columns", "id,cloud_cover", "--limit", "1200"]);
    assert_eq!((csv.lines().next(), csv.lines().count()), (Some("id,cloud_cover"), 1201));

    let starts: [(&str, &[u8]); 5] = [
        ("csv", b"time,id,"),
        ("geojson", br#"{"type":"FeatureCollection","features":["#),
        ("arrow", b"ARROW1"),
        ("arrows", b"\xff\xff\xff\xff"),
        ("parquet", b"PAR1"),
    ];
    for (ending, start) in starts {
        let path = file(&format!("scenes.{ending}"));
        assert_eq!(query(&server, &["--output", &path]), "");
        let bytes = fs::read(&path).expect("the file");
        assert!(bytes.starts_with(start) && bytes.len() > 100_000, "{ending}: {} bytes", bytes.len());
        fs::remove_file(path).expect("it was there");
    }
    let geojson = query(&server, &["--format", "geojson"]);
    assert_eq!(geojson.matches(r#""type":"Feature""#).count(), DATAPOINTS);
}

/// Replacing a device by a file would break every other program of the machine.
#[test]
#[cfg(unix)]
fn only_regular_files_are_replaced() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    let server = server();
    let csv = |path: &str| run(&server, &["query", DATASET, "--format", "csv", "--limit", "3", "--output", path]);
    let folder = file("outputs.folder");
    fs::create_dir_all(&folder).expect("a folder");
    let [pipe, link, target] = ["pipe", "link.csv", "target.csv"].map(|name| format!("{folder}/{name}"));

    assert_eq!(csv("/dev/null").status.code(), Some(0));
    assert!(fs::metadata("/dev/null").expect("the device").file_type().is_char_device());

    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("POSIX has mkfifo").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("text")
    });
    assert_eq!(csv(&pipe).status.code(), Some(0));
    assert_eq!(reader.join().expect("the pipe is read").lines().count(), 4);
    assert!(fs::metadata(&pipe).expect("the pipe").file_type().is_fifo());

    fs::write(&target, "before").expect("a file");
    symlink("target.csv", &link).expect("a link");
    assert_eq!(csv(&link).status.code(), Some(0));
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(fs::read_to_string(&target).expect("a file").lines().count(), 4);

    let refused = csv(&folder);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && stderr.contains("directory"), "{stderr}");
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 3, "no other file is left");
    fs::remove_dir_all(&folder).expect("it was there");
}

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

#[test]
fn errors_are_one_line_and_leave_no_file() {
    let server = server();
    let path = file("never.csv");
    let mistakes: [(&[&str], i32, &str); 11] = [
        (&["schema", "nope"], 2, "cannot find the dataset `nope`"),
        (&["query", DATASET, "-f", "cloud_cove < 10", "-o", &path], 2, "did you mean `cloud_cover`?"),
        (
            &["query", DATASET, "--columns", "cloud_covers", "-o", &path],
            2,
            "there is no field `cloud_covers`; did you mean `cloud_cover`?",
        ),
        (&["query", DATASET, "-c", "nope"], 2, "no collection is named `nope`; the collections are S2A_S2MSI1C"),
        (&["query", DATASET, "-t", "2025-02-30/2025-03-01"], 2, "there is no such date"),
        (&["query", DATASET, "-t", "2025-01-01/2025-01-01"], 2, "write \"2025-01-01\" alone for that day"),
        (
            &["query", DATASET, "-t", "2025-01-01T00:25:55/2025-01-01T00:25:55"],
            2,
            "it ends where it starts, so it is empty; write \"2025-01-01T00:25:55Z\" alone",
        ),
        (&["query", DATASET, "-a", "nope.geojson"], 1, "cannot read the area file `nope.geojson`"),
        (&["query", DATASET, "-a", "POLYGON((1 2"], 2, "not valid WKT"),
        (&["query", DATASET, "-o", "scenes.xlsx"], 2, "no format has the extension `.xlsx`; use one of .geojson"),
        (&["query", DATASET, "-o", "/nowhere/scenes.csv"], 1, "cannot write `/nowhere/scenes.csv`"),
    ];
    for (arguments, code, expected) in mistakes {
        let output = run(&server, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: cannot ") && stderr.contains(expected), "{arguments:?}: {stderr}");
        assert_eq!((stderr.lines().count(), output.stdout.len()), (1, 0), "{arguments:?}: {stderr}");
    }
    assert!(!Path::new(&path).exists() && !Path::new(&format!("{path}.partial")).exists());
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

#[test]
fn help_and_completions_have_every_option() {
    let server = server();
    let help = printed(&server, &[]);
    assert!(help.contains("Start here:") && help.contains("TILEBOX_API_KEY"), "{help}");
    let help = printed(&server, &["query", "--help"]);
    assert!(help.contains("--output scenes.parquet") && help.lines().all(|line| line.chars().count() <= 100), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&server, &["completions", shell]);
        assert!(script.contains("tilebox") && script.contains("collections"), "{shell}: {script}");
    }
}

/// Returns the output in a terminal, or `None` without the program `script`, which simulates one.
#[cfg(target_os = "linux")]
fn seen(server: &Emulator, arguments: &str, no_color: bool) -> Option<String> {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &format!("{} {arguments}", program().display()), "/dev/null"]);
    command.env("TILEBOX_API_URL", server.url()).env("TERM", "xterm-256color").env_remove("TILEBOX_API_KEY");
    command.env_remove("CI").env_remove("NO_COLOR").env_remove("FORCE_COLOR");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            println!("skipped: `script` of util-linux is not installed");
            None
        }
    }
}

/// Returns whether a text sets colours or other styles (ECMA-48, "Select Graphic Rendition").
#[cfg(target_os = "linux")]
fn is_styled(text: &str) -> bool {
    text.split("\u{1b}[").skip(1).any(|sequence| {
        sequence.find(|character: char| !character.is_ascii_digit() && character != ';').is_some_and(|end| {
            // Without a number the sequence ends a style.
            end > 0 && sequence[..end] != *"0" && sequence[end..].starts_with('m')
        })
    })
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_shows_error_parts_bars_and_requested_colours() {
    let server = server();
    for no_color in [false, true] {
        let Some(error) = seen(&server, &format!("query {DATASET} -f 'cloud_cove < 10'"), no_color) else { return };
        assert!(
            error.contains("tilebox::invalid_argument") && error.contains("cannot filter by `cloud_cove`"),
            "{error}"
        );
        assert!(error.contains("help") && error.contains("did you mean `cloud_cover`?"), "{error}");
        assert_eq!(is_styled(&error), !no_color, "{error:?}");

        let slow = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).page_size(100);
        let slow = slow.latency(std::time::Duration::from_millis(50)).start().expect("a local server");
        let Some(bars) =
            seen(&slow, &format!("query {DATASET} --format csv --columns id --output /dev/null"), no_color)
        else {
            return;
        };
        assert!(bars.contains("% |") && bars.contains(" datapoints, "), "{bars:?}");
        assert!(!is_styled(&bars), "{bars:?}");
    }
}
