//! The packages are what a registry expects, and build with the oldest supported Rust.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;

use serde_json::Value;
use tilebox_tests::sources::root;

/// Returns the packages of the workspace and their dependencies, as `cargo metadata` prints them.
fn packages() -> Vec<Value> {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs").stdout;
    let rustc = String::from_utf8(rustc).expect("UTF-8");
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("the platform");
    // Only the crates of this platform, which are here, because the tests were built.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host]);
    let output = cargo.current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Returns the major and the minor number of a version of Rust.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|number| number.parse().expect("a number"));
    (numbers.next().expect("a major number"), numbers.next().unwrap_or(0))
}

/// Returns whether a package of the workspace is published, and its name.
fn published(package: &Value) -> Option<&str> {
    // An empty list of registries is `publish = false`.
    let is_published = package["source"].is_null() && package["publish"].is_null();
    is_published.then(|| package["name"].as_str().expect("a name"))
}

#[test]
fn every_dependency_supports_the_oldest_rust() {
    let packages = packages();
    let core = packages.iter().find(|package| package["name"] == "tilebox-core").expect("core");
    let oldest = version(core["rust_version"].as_str().expect("a version"));
    let newer = packages.iter().filter_map(|package| {
        let needed = package["rust_version"].as_str()?;
        (version(needed) > oldest).then(|| format!("{} needs {needed}", package["id"]))
    });
    assert_eq!(newer.collect::<Vec<_>>(), Vec::<String>::new());
    assert!(packages.len() > 100, "{} packages", packages.len());
}

#[test]
fn every_published_package_is_described() {
    let packages = packages();
    let mut names: Vec<_> = packages.iter().filter_map(published).collect();
    names.sort_unstable();
    let crates = ["async-std", "backends", "cli", "core", "smol", "tokio"].map(|name| format!("tilebox-{name}"));
    assert_eq!(names, crates);
    for package in packages.iter().filter(|package| published(package).is_some()) {
        let name = package["name"].as_str().expect("a name");
        for property in ["description", "license", "readme", "rust_version"] {
            assert!(package[property].is_string(), "{name} has no {property}");
        }
        assert_eq!(package["documentation"], format!("https://docs.rs/{name}"));
        assert!(!package["keywords"].as_array().expect("keywords").is_empty(), "{name} has no keywords");
    }
}
