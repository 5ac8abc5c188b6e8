//! Clusters: listed, created and deleted.

use serde_json::Value;

use crate::kit::{printed, run, server};

#[test]
fn clusters_are_created_listed_and_deleted() {
    let server = server();
    let slug = printed(&server, &["clusters", "create", "Dev cluster", "--slug", "dev", "--description", "For\nus"]);
    assert_eq!(slug, "dev\n");
    let list = printed(&server, &["clusters"]);
    assert!(list.starts_with("slug"), "{list}");
    assert!(list.lines().any(|line| line.starts_with("dev ") && line.ends_with("For us")), "{list}");

    let json: Value = serde_json::from_str(&printed(&server, &["clusters", "--json"])).expect("JSON");
    let clusters = json.as_array().expect("a list");
    let dev = clusters.iter().find(|cluster| cluster["slug"] == "dev").expect("the cluster");
    assert_eq!(dev["description"], "For\nus");
    assert_eq!(dev["deletable"], true);

    let refused = run(&server, &["clusters", "delete", "dev"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{error}");
    assert!(error.contains("cannot delete the cluster `dev` (Dev cluster)") && error.contains("--yes"), "{error}");

    let deleted = run(&server, &["clusters", "delete", "dev", "--yes"]);
    assert_eq!(deleted.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&deleted.stderr), "deleted the cluster `dev`\n");
    assert!(!printed(&server, &["clusters"]).lines().any(|line| line.starts_with("dev ")));
}

#[test]
fn an_unknown_cluster_is_an_error_with_suggestions() {
    let server = server();
    printed(&server, &["clusters", "create", "Dev", "--slug", "development"]);
    let output = run(&server, &["clusters", "delete", "developement", "--yes"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("did you mean") && error.contains("`development`"), "{error}");
}
