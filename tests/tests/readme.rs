//! What the README says of features is held by tests that exist.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;

use tilebox_core::API_KEYS_PAGE;
use tilebox_tests::sources::{Tests, files, root};

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn each_feature_in_the_readme_is_held_by_tests_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, features) = readme.split_once("## Features").expect("a section on features");
    let (features, _) = features.split_once("\n## ").expect("a section behind it");
    let tests = Tests::read();
    let mut rows = 0;
    // Behind the head of the table and the line below it.
    for row in features.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [feature, python, go, here, held_by] = cells.as_slice() else {
            panic!("a row has five cells, this one has {}: {row}", cells.len());
        };
        assert!([feature, python, go, here].iter().all(|cell| !cell.is_empty()), "{row}");
        let named = quoted(held_by);
        assert!(!named.is_empty(), "no test is named for {feature:?}");
        for name in named {
            assert!(tests.has(name), "there is no test {name:?}, which is named for {feature:?}");
        }
        rows += 1;
    }
    assert!(rows > 40, "{rows} rows");
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    let tests = Tests::read();
    for there in [
        "each_feature_in_the_readme_is_held_by_tests_that_exist",
        "clients::a_datapoint_is_found_by_its_id",
        "a_redirect_is_not_followed",
        "scalars_come_back_as_they_were",
        "tests/tests/oracle",
    ] {
        assert!(tests.has(there), "{there}");
    }
    // A helper of tests is none, and neither is part of a name.
    for missing in [
        "patient",
        "within",
        "a_datapoint_is",
        "run",
        "tests/tests/nowhere.rs",
        "clients::a_redirect_is_not_followed",
        "",
    ] {
        assert!(!tests.has(missing), "{missing}");
    }
}

/// Code takes the constant; documents cannot.
#[test]
fn every_text_names_the_same_page_for_keys() {
    let (host, _) = API_KEYS_PAGE.split_once(".com").expect("a host");
    let mut named = 0;
    for path in files(&root()) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (start, _) in text.match_indices(host) {
            let page = &text[start..];
            assert!(page.starts_with(API_KEYS_PAGE), "{} names another page for keys", path.display());
            named += 1;
        }
    }
    assert!(named > 3, "{named} places");
}
