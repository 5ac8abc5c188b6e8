//! Deletion of datapoints.

use std::fs;

use tilebox_emulator::{Emulator, Rpc};

use crate::ingest::{ingest_scenes, scenes};
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
