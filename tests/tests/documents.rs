//! The documents agree with the repository: features name tests that exist, links lead to files.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tilebox_core::API_KEYS_PAGE;
use tilebox_tests::sources::{Tests, files, root};

/// The longest README that a user reads.
const MAX_README_LINES: usize = 200;

/// Returns the text of a document.
fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the cells of each row of a document's tables, without their heads.
fn rows(document: &str) -> Vec<Vec<&str>> {
    let mut rows = Vec::new();
    let mut is_body = false;
    for line in document.lines() {
        if !line.starts_with('|') {
            is_body = false;
        } else if line.starts_with("|---") {
            is_body = true;
        } else if is_body {
            rows.push(line.trim_matches('|').split(" | ").map(str::trim).collect());
        }
    }
    rows
}

/// Returns the parts of a cell in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Returns the Markdown documents of the repository.
fn documents() -> Vec<PathBuf> {
    let is_document = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    files(&root()).into_iter().filter(is_document).collect()
}

#[test]
fn every_feature_names_tests_that_exist() {
    let features = document("tests/features.md");
    let rows = rows(&features);
    let tests = Tests::read();
    for row in &rows {
        let [feature, named] = row.as_slice() else { panic!("expects two cells, got {}: {row:?}", row.len()) };
        let named = quoted(named);
        assert!(!named.is_empty(), "{feature:?} names no test");
        for name in named {
            assert!(tests.has(name), "the test {name:?} of {feature:?} does not exist");
        }
    }
    assert!(rows.len() > 40, "{} rows", rows.len());
}

#[test]
fn every_compared_feature_has_tests() {
    let (features, compared) = (document("tests/features.md"), document("docs/compared.md"));
    let tested: BTreeSet<&str> = rows(&features).iter().map(|row| row[0]).collect();
    let compared = rows(&compared);
    for row in &compared {
        let [feature, python, go, rust] = row.as_slice() else {
            panic!("expects four cells, got {}: {row:?}", row.len())
        };
        assert!([python, go, rust].iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(tested.contains(feature), "tests/features.md has no row {feature:?}");
    }
    assert!(compared.len() > 40, "{} rows", compared.len());
}

#[test]
fn an_unknown_test_is_noticed() {
    let tests = Tests::read();
    for existing in [
        "every_feature_names_tests_that_exist",
        "clients::a_datapoint_is_found_by_its_id",
        "a_redirect_is_not_followed",
        "an_application_is_tested_with_a_recording",
        "tests/tests/oracle",
    ] {
        assert!(tests.has(existing), "{existing}");
    }
    // Helpers of tests and parts of names are not tests.
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

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut links = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document");
        let folder = path.parent().unwrap_or(Path::new("."));
        for (start, _) in text.match_indices("](") {
            let Some((target, _)) = text[start + 2..].split_once(')') else { continue };
            // Web pages, items of the API documentation and headings.
            if target.contains("://") || target.contains("::") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap_or(target);
            assert!(folder.join(file).exists(), "{} links to {target}, which does not exist", path.display());
            links += 1;
        }
    }
    assert!(links > 20, "{links} links");
}

#[test]
fn the_readme_is_short() {
    let lines = document("README.md").lines().count();
    assert!(lines <= MAX_README_LINES, "README.md has {lines} lines, at most {MAX_README_LINES} are allowed");
}

/// Code uses the constant; documents cannot.
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
