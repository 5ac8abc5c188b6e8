//! The destinations of datapoints.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::kit::{DATAPOINTS, DATASET, command, file, query, run, server};

#[test]
fn a_query_is_printed_and_saved_in_every_format() {
    let server = server();
    let table = query(&server, &[]);
    assert!(table.contains("showing 10 of 3 000 datapoints"), "{table}");
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
