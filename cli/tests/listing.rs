//! Datasets, schemas and collections.

use serde_json::Value;

use crate::kit::{DATAPOINTS, DATASET, command, json, printed, server};

#[test]
fn datasets_schemas_and_collections_are_listed() {
    let server = server();
    let datasets = printed(&server, &["datasets"]);
    assert!(datasets.lines().any(|line| line.trim() == DATASET), "{datasets}");
    let schema = printed(&server, &["schema", DATASET]);
    assert!(schema.starts_with(&format!("{DATASET}\n")), "{schema}");
    assert!(schema.lines().any(|line| line.starts_with("cloud_cover ") && line.contains(" float64 ")), "{schema}");
    assert!(schema.contains("timestamp (UTC)") && schema.contains("geometry (degrees)"), "{schema}");
    let collections = printed(&server, &["collections", DATASET]);
    let counts = collections.lines().filter(|line| line.starts_with('S') && line.contains("MSI"));
    let counts = counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    assert_eq!(counts.sum::<usize>(), DATAPOINTS, "{collections}");
}

#[test]
fn lists_use_the_columns_that_there_are() {
    let server = server();
    for arguments in [&["datasets"][..], &["schema", DATASET], &["collections", DATASET]] {
        let widest = |columns: &str| {
            let output = command(&server, arguments).env("COLUMNS", columns).output().expect("a run");
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            text.lines().map(|line| line.chars().count()).max().expect("lines")
        };
        assert!(widest("") <= 80, "{arguments:?} without a width: {}", widest(""));
        assert!(widest("100") <= 100 && widest("nonsense") <= 80, "{arguments:?}");
        assert!(widest("400") >= widest("80"), "{arguments:?}");
    }
    let descriptions = |columns: &str| {
        let output = command(&server, &["schema", DATASET]).env("COLUMNS", columns).output().expect("a run");
        String::from_utf8(output.stdout).expect("UTF-8").lines().count()
    };
    assert!(descriptions("80") > descriptions("1000"), "a narrow table wraps descriptions");
}

#[test]
fn lists_are_json_on_request() {
    let server = server();
    let datasets = json(&server, &["datasets", "--json"]);
    let slugs: Vec<_> = datasets.as_array().expect("a list").iter().map(|one| &one["slug"]).collect();
    assert!(slugs.contains(&&Value::from(DATASET)), "{datasets}");
    let collections = json(&server, &["--json", "collections", DATASET]);
    let counts = collections.as_array().expect("a list").iter().map(|one| one["datapoints"].as_u64().expect("a count"));
    assert_eq!(counts.sum::<u64>(), DATAPOINTS as u64);
    assert!(collections[0]["from"].as_str().is_some_and(|from| from.starts_with("2025-")), "{collections}");
    let schema = json(&server, &["schema", DATASET, "--json"]);
    assert_eq!((&schema["slug"], &schema["kind"]), (&Value::from(DATASET), &Value::from("spatiotemporal")));
    let field = |name: &str| {
        let fields = schema["fields"].as_array().expect("a list");
        fields.iter().find(|field| field["name"] == name).cloned().expect("the field")
    };
    assert_eq!((&field("time")["unit"], &field("time")["required"]), (&Value::from("UTC"), &Value::from(true)));
    assert_eq!(field("cloud_cover")["type"], "float64");
}
