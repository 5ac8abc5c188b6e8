//! Deletion of datapoints.

use std::fs;
#[cfg(unix)]
use std::process::Stdio;

use tilebox_emulator::{Emulator, Fault, Rpc};

use crate::ingest::{ingest_scenes, scenes};
#[cfg(unix)]
use crate::kit::{command, ended, kill, until};
use crate::kit::{file, json, printed, run};

fn left(server: &Emulator, slug: &str) -> usize {
    printed(server, &["query", slug, "--format", "csv", "--columns", "id"]).lines().count() - 1
}

#[test]
fn datapoints_are_deleted_by_conditions() {
    let (server, slug) = scenes();
    ingest_scenes(&server, &slug);
    let filter = ["delete", &slug, "alps", "--time", "2025-03-01/2025-03-03"];
    let dry = printed(&server, &[&filter[..], &["--dry-run"]].concat());
    assert_eq!(dry, format!("2 datapoints of the collection `alps` of the dataset `{slug}` would be deleted\n"));
    let asked = run(&server, &filter);
    let stderr = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.code() == Some(2) && stderr.contains("pass --yes to confirm it"), "{stderr}");
    assert_eq!((left(&server, &slug), server.requests().of(Rpc::Delete)), (3, 0));
    assert_eq!(printed(&server, &[&filter[..], &["--yes"]].concat()), "2 datapoints deleted\n");
    assert_eq!(left(&server, &slug), 1);
    let nothing = printed(&server, &[&filter[..], &["--yes"]].concat());
    assert_eq!(nothing, format!("0 datapoints of the collection `alps` of the dataset `{slug}` match\n"));
}

#[test]
fn datapoints_are_deleted_by_ids() {
    let (server, slug) = scenes();
    let ids = ingest_scenes(&server, &slug);
    let path = file(&format!("ids-{}.csv", server.address().port()));
    fs::write(&path, format!("{}\n\"{}\",\n", ids[0], ids[1])).expect("it is written");
    let deleted = json(&server, &["delete", &slug, "alps", &ids[0], "--ids", &path, "--yes", "--json"]);
    assert_eq!((&deleted["selected"], &deleted["deleted"]), (&2.into(), &2.into()), "{deleted}");
    assert_eq!(left(&server, &slug), 1);
    let again = run(&server, &["delete", &slug, "alps", "--ids", &path, "--yes"]);
    assert_eq!(again.status.code(), Some(2), "they do not exist any more");
    fs::remove_file(path).expect("it was there");
}

/// One more than `tbx delete` deletes in its first call.
#[cfg(unix)]
const MANY: usize = 4 * 8192 + 1;

#[test]
#[cfg(unix)]
fn an_interruption_says_how_many_were_deleted() {
    let (server, slug) = scenes();
    let path = file(&format!("many-{}.csv", server.address().port()));
    let rows = (0..MANY).map(|orbit| format!("2025-03-01T10:00:00Z,POINT (11 47),{orbit}\n"));
    fs::write(&path, "time,geometry,orbit\n".to_owned() + &rows.collect::<String>()).expect("it is written");
    let stored = run(&server, &["ingest", &slug, "alps", &path, "--create-collection"]);
    assert!(stored.status.success(), "{}", String::from_utf8_lossy(&stored.stderr));
    fs::remove_file(path).expect("it was there");

    server.inject(Fault::silence().on(Rpc::Delete).after(4).times(usize::MAX));
    let mut program = command(&server, &["delete", &slug, "alps", "--time", "2025-03", "--yes"]);
    let program = program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a start");
    until("the fifth request", || server.requests().of(Rpc::Delete) > 4);
    kill("INT", &program);
    let output = ended(program);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{stderr}");
    assert_eq!(stderr, "At least 32768 datapoints of 32769 were deleted.\nstopped by SIGINT\n");
    assert_eq!(left(&server, &slug), 1);
}

#[test]
fn a_failed_deletion_says_how_many_were_deleted() {
    let (server, slug) = scenes();
    ingest_scenes(&server, &slug);
    server.inject(Fault::http(403).on(Rpc::Delete).times(usize::MAX));
    let output = run(&server, &["delete", &slug, "alps", "--time", "2025-03", "--yes"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let expected = "At least 0 datapoints of 3 were deleted.\nerror: cannot delete datapoints of ";
    assert!(output.status.code() == Some(1) && stderr.starts_with(expected), "{stderr}");
    assert_eq!(left(&server, &slug), 3);
}

#[test]
fn a_deletion_needs_ids_or_conditions() {
    let (server, slug) = scenes();
    let ids = ingest_scenes(&server, &slug);
    for (arguments, expected) in [
        (&[][..], "error: cannot delete datapoints: no datapoints are chosen; "),
        (&[ids[0].as_str(), "--time", "2025"], "error: cannot delete datapoints: it has ids and conditions; "),
        (&["x"], "error: cannot use the id `x`: "),
    ] {
        let output = run(&server, &[&["delete", &slug, "alps", "--yes"], arguments].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.starts_with(expected), "{stderr}");
    }
    assert_eq!(left(&server, &slug), 3);
}
