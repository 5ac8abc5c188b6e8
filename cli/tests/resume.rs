//! Interrupted loads that continue.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use tilebox_emulator::{Emulator, Fault, Rpc};

use crate::kit::{DATAPOINTS, DATASET, command, ended, kill, run, server, until};

/// The number of pages of the dataset.
const PAGES: usize = 6;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

fn arguments<'a>(path: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["query", DATASET, "--resume", "-o", path.to_str().expect("UTF-8")][..], more].concat()
}

/// Starts a load that stops after some pages.
fn stopped_after(server: &Emulator, pages: usize, path: &Path, more: &[&str]) -> Child {
    let before = server.requests().of(Rpc::Query);
    server.inject(Fault::silence().on(Rpc::Query).after(pages).times(usize::MAX));
    let mut program = command(server, &arguments(path, more));
    let program = program.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    until("the next page", || server.requests().of(Rpc::Query) > before + pages);
    program
}

/// Lets the next load run.
fn restart(server: &Emulator) {
    server.clear_faults();
    server.release();
}

fn complete(server: &Emulator, path: &Path, more: &[&str]) -> String {
    let output = run(server, &arguments(path, more));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    stderr
}

#[test]
fn a_killed_load_continues_to_the_same_file() {
    let (server, folder) = (server(), folder());
    let whole = folder.path().join("whole.csv");
    complete(&server, &whole, &["--concurrency", "1"]);
    let expected = fs::read(&whole).expect("a file");
    let requests = server.requests().of(Rpc::Query);
    for pages in 1..PAGES {
        let path = folder.path().join(format!("killed-{pages}.csv"));
        let before = server.requests().of(Rpc::Query);
        let mut program = stopped_after(&server, pages, &path, &["--concurrency", "1"]);
        program.kill().expect("it runs");
        program.wait().expect("it ends");
        restart(&server);
        complete(&server, &path, &["--concurrency", "1"]);
        assert_eq!(fs::read(&path).expect("a file"), expected, "{pages}");
        // The request that never got a response, and the page that the killed program had not written.
        let loaded = server.requests().of(Rpc::Query) - before;
        assert!(loaded <= requests + 2, "{pages}: {loaded} requests instead of {requests}");
    }
    let left = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, PAGES, "no spool and no temporary file is left");
}

#[test]
fn every_format_continues_after_a_signal() {
    let (server, folder) = (server(), folder());
    for ending in ["csv", "geojson", "arrow", "arrows", "parquet"] {
        let path = folder.path().join(format!("scenes.{ending}"));
        let program = stopped_after(&server, 3, &path, &["--concurrency", "1"]);
        let spool = folder.path().join(format!("scenes.{ending}.resume"));
        until("a page", || fs::metadata(&spool).is_ok_and(|spool| spool.len() > 50_000));
        kill("INT", &program);
        let output = ended(program);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        let kept = format!("stopped by SIGINT; {} keeps ", spool.display());
        assert!(
            stderr.starts_with(&kept) && stderr.ends_with("the same command with --resume continues\n"),
            "{stderr}"
        );
        assert!(spool.exists() && !path.exists());
        restart(&server);
        let stderr = complete(&server, &path, &[]);
        assert!(stderr.starts_with("continues after the ") && stderr.contains("00 datapoints in "), "{stderr}");
        assert!(!spool.exists());

        let whole = folder.path().join(format!("whole.{ending}"));
        complete(&server, &whole, &[]);
        assert_eq!(rows(&path, ending), rows(&whole, ending), "{ending}");
        fs::remove_file(path).and_then(|()| fs::remove_file(whole)).expect("they are there");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

/// Returns the content of a file; of formats with blocks, whose sizes depend on the pages, the rows.
fn rows(path: &Path, ending: &str) -> Vec<u8> {
    let file = fs::File::open(path).expect("a file");
    let batches: Vec<_> = match ending {
        "arrow" => arrow_ipc::reader::FileReader::try_new(file, None).expect("a file").collect(),
        "arrows" => arrow_ipc::reader::StreamReader::try_new(file, None).expect("a stream").collect(),
        "parquet" => {
            let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("a file");
            reader.build().expect("a reader").collect()
        }
        _ => return fs::read(path).expect("a file"),
    };
    let pages = batches.into_iter().map(|batch| tilebox_tokio::Datapoints::new(batch.expect("rows")));
    let all = tilebox_tokio::Datapoints::concat(&pages.collect::<Vec<_>>()).expect("one table");
    assert_eq!(all.len(), DATAPOINTS);
    let mut text = Vec::new();
    all.write(tilebox_tokio::output::Format::Csv, &mut text).expect("CSV");
    text
}

#[test]
fn another_query_on_the_same_spool_is_refused() {
    let (server, folder) = (server(), folder());
    let path = folder.path().join("scenes.csv");
    let mut program = stopped_after(&server, 2, &path, &["--concurrency", "1"]);
    let spool = folder.path().join("scenes.csv.resume");
    until("a page", || fs::metadata(&spool).is_ok_and(|spool| spool.len() > 50_000));

    let second = run(&server, &arguments(&path, &[]));
    let stderr = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(1) && stderr.contains("another program writes it"), "{stderr}");

    program.kill().expect("it runs");
    program.wait().expect("it ends");
    restart(&server);
    let other = run(&server, &arguments(&path, &["--filter", "cloud_cover < 10"]));
    let stderr = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("whose --filter is nothing rather than `cloud_cover < 10`"), "{stderr}");
    assert!(stderr.contains("delete ") && spool.exists() && !path.exists(), "{stderr}");
    complete(&server, &path, &[]);
    assert_eq!(fs::read_to_string(&path).expect("a file").lines().count(), DATAPOINTS + 1);
}

#[test]
fn a_failed_load_continues_and_a_stream_cannot() {
    let (server, folder) = (server(), folder());
    let path = folder.path().join("scenes.csv");
    server.inject(Fault::http(403).on(Rpc::Query).after(2).times(usize::MAX));
    let failed = run(&server, &arguments(&path, &["--concurrency", "1"]));
    let stderr = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(".resume keeps ") && stderr.contains(" datapoints, and the same command"), "{stderr}");
    server.clear_faults();
    assert!(complete(&server, &path, &[]).starts_with("continues after the "));
    assert_eq!(fs::read_to_string(&path).expect("a file").lines().count(), DATAPOINTS + 1);

    for stream in ["/dev/null", "-"] {
        let refused = run(&server, &arguments(Path::new(stream), &["--format", "csv"]));
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && stderr.contains("cannot resume a load into a stream"), "{stderr}");
    }
}
