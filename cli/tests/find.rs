//! Datapoints by their ids.

use crate::ingest::{ingest_scenes, scenes};
use crate::kit::{printed, run};

#[test]
fn datapoints_are_listed_field_by_field() {
    let (server, slug) = scenes();
    let ids = ingest_scenes(&server, &slug);
    let listing = printed(&server, &["find", &slug, &ids[0], &ids[2], "--columns", "time,cloud_cover,name,bands"]);
    assert_eq!(
        listing,
        "time:         2025-03-01T10:00:00.123456789Z\n\
         cloud_cover:  12.5\n\
         name:         a, \"b\"\n\
         bands:        [\"B01\",\"B02\"]\n\
         \n\
         time:         2025-03-03T10:00:00Z\n"
    );
    let lines = printed(&server, &["find", &slug, &ids[1], "--json"]);
    let record: serde_json::Value = serde_json::from_str(&lines).expect("one line of JSON");
    assert_eq!((&record["id"], &record["name"]), (&ids[1].as_str().into(), &"b".into()));
}

#[test]
fn found_datapoints_are_saved_in_a_file() {
    let (server, slug) = scenes();
    let ids = ingest_scenes(&server, &slug);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("found.csv");
    let path = path.to_str().expect("UTF-8");
    let arguments = ["find", &slug, &ids[0], &ids[1], "--columns", "id", "-o", path];
    assert_eq!(printed(&server, &arguments), "");
    let saved = std::fs::read_to_string(path).expect("the file");
    assert_eq!(saved, format!("id\n{}\n{}\n", ids[0], ids[1]));
    let refused = run(&server, &arguments);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && error.contains("--force"), "{error}");

    let unknown = ids[0].replace(&ids[0][28..], "00000000");
    let other = ids[0].replace(&ids[0][28..], "00000001");
    let nothing = run(&server, &["find", &slug, &unknown, &other, "-o", path, "--force"]);
    let error = String::from_utf8_lossy(&nothing.stderr);
    assert!(nothing.status.code() == Some(2) && error.contains(&unknown) && error.contains(&other), "{error}");
    assert_eq!(std::fs::read_to_string(path).expect("the file"), saved, "nothing found replaces no file");
    let lines = printed(&server, &["find", &slug, &ids[1], "--format", "jsonl", "--columns", "id"]);
    assert_eq!(lines, format!("{{\"id\":\"{}\"}}\n", ids[1]));
}

#[test]
fn unknown_ids_are_named() {
    let (server, slug) = scenes();
    let ids = ingest_scenes(&server, &slug);
    let [first, second] = ["01950000-0000-0000-0000-000000000001", "01950000-0000-0000-0000-000000000002"];
    let output = run(&server, &["find", &slug, &ids[0], first, second]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let expected = format!("error: cannot find 2 datapoints of the dataset `{slug}`: {first}, {second}; ");
    assert!(output.status.code() == Some(2) && stderr.starts_with(&expected), "{stderr}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(&ids[0]), "the others are shown");
    let output = run(&server, &["find", &slug, "x"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && stderr.starts_with("error: cannot use the id `x`: "), "{stderr}");
}
