//! Creation, change and deletion of datasets and collections.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::kit::{DATASET, command, file, json, printed, run, server, writable};

const DEFINITION: &str = r#"
code_name = "my_scenes"
kind = "spatiotemporal"
summary = "Scenes of the Alps"

[[fields]]
name = "cloud_cover"
type = "float64"
queryable = true
description = "Cloud cover in percent"
"#;

#[test]
fn a_dataset_is_created_changed_and_deleted() {
    let server = writable();
    let path = file("definition.toml");
    fs::write(&path, DEFINITION).expect("it is written");
    let created = json(&server, &["datasets", "create", &path, "--json"]);
    let slug = created["slug"].as_str().expect("a slug").to_owned();
    assert!(slug.ends_with("my_scenes"), "{created}");

    fs::write(&path, format!("{DEFINITION}\n[[fields]]\nname = \"bands\"\ntype = \"string\"\nrepeated = true\n"))
        .expect("it is written");
    assert_eq!(run(&server, &["datasets", "update", &path, "--dataset", &slug]).status.code(), Some(0));
    let schema = printed(&server, &["schema", &slug]);
    assert!(schema.contains("list of string"), "{schema}");

    assert_eq!(run(&server, &["collections", "create", &slug, "alps", "-q"]).status.code(), Some(0));
    assert!(printed(&server, &["collections", &slug]).contains("\nalps "));
    let refused = run(&server, &["collections", "delete", &slug, "alps"]);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && stderr.contains("pass --yes to confirm it"), "{stderr}");
    assert!(printed(&server, &["collections", &slug]).contains("\nalps "));
    assert_eq!(printed(&server, &["collections", "delete", &slug, "alps", "--yes", "--quiet"]), "");
    assert!(!printed(&server, &["collections", &slug]).contains("\nalps "));

    let refused = run(&server, &["datasets", "delete", &slug]);
    assert!(refused.status.code() == Some(2) && String::from_utf8_lossy(&refused.stderr).contains("--yes"));
    let deleted = json(&server, &["datasets", "delete", &slug, "--yes", "--json"]);
    assert_eq!((&deleted["slug"], &deleted["state"]), (&slug.as_str().into(), &"gone".into()));
    assert_eq!(run(&server, &["schema", &slug]).status.code(), Some(2));
    fs::remove_file(path).expect("it was there");
}

#[test]
fn a_printed_schema_is_a_definition() {
    let server = writable();
    for (format, code_name) in [("--toml", "of_toml"), ("--json", "of_json")] {
        let printed = printed(&server, &["schema", DATASET, format]);
        let mut create = command(&server, &["datasets", "create", "-", "--code-name", code_name, "--json"]);
        let mut child =
            create.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().expect("its input").write_all(printed.as_bytes()).expect("it is read");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let created: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let original = json(&server, &["schema", DATASET, "--json"]);
        let own = |schema: &serde_json::Value| {
            let fields = schema["fields"].as_array().expect("a list").iter();
            fields.filter(|field| field["required"] != true).cloned().collect::<Vec<_>>()
        };
        assert_eq!(own(&created), own(&original), "{format}");
        assert!(own(&original).len() > 5);
    }
}

#[test]
fn mistakes_in_a_definition_are_wrong_arguments() {
    let server = server();
    let path = file("mistake.toml");
    for (text, code, expected) in [
        (DEFINITION.replace("float64", "float46"), 2, "has no type `float46`; did you mean `float64`?"),
        (DEFINITION.replace("queryable", "queriable"), 2, "unknown field `queriable`"),
        (DEFINITION.replace("my_scenes", "My scenes"), 2, "is not in snake case"),
        (DEFINITION.replace("\"cloud_cover\"", "\"geometry\""), 2, "leave it out: it is added automatically"),
    ] {
        fs::write(&path, text).expect("it is written");
        let output = run(&server, &["datasets", "create", &path]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(code) && stderr.contains(expected), "{expected}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    fs::remove_file(path).expect("it was there");
    let missing = run(&server, &["datasets", "create", "nowhere.toml"]);
    assert_eq!(missing.status.code(), Some(1));
}
