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
