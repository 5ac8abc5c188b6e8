//! A lower layer of the core never imports a higher one.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;

use tilebox_tests::sources::{files, root};

/// The layers of the core, lowest first. A module imports its own layer and lower ones only.
const LAYERS: [&str; 18] = [
    "time",
    "environment",
    "metrics",
    "error",
    "notebook",
    "protocol",
    "schema",
    "arrays",
    "columns",
    "datapoints",
    "output",
    "progress",
    "datasets",
    "workflows",
    "runtime",
    "client",
    "testing",
    "guide",
];

/// Files outside of the order.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("lib.rs", "re-exports all layers"),
    ("whole_input.rs", "tests the parsers of all layers"),
    ("workflows/mod.rs", "re-exports the handles of the client beside the values"),
];

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|name| *name == layer)
}

/// Returns the paths below `crate::` in `text`, a file of `layer`, that begin with a higher layer or with no layer.
fn upward_imports(layer: &str, text: &str) -> Vec<String> {
    let own = rank(layer);
    // Unit tests stand after the code and may import any layer.
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = lines.join("\n");
    let paths = code.match_indices("crate::").flat_map(|(at, start)| first_names(&code[at + start.len()..]));
    paths.filter(|name| rank(name).is_none() || rank(name) > own).map(ToOwned::to_owned).collect()
}

/// Returns the first name of each path that `rest` begins with: one, or those of a group in braces.
fn first_names(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else { return vec![identifier(rest)] };
    let mut depth = 0_usize;
    let mut names = vec![identifier(group.trim_start())];
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(identifier(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Returns the identifier at the start of `text`.
fn identifier(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Whether a file holds only tests and their data.
fn is_test(path: &str) -> bool {
    ["/tests/", "tests.rs", "samples.rs", "round_trips.rs"].iter().any(|part| path.contains(part))
}

#[test]
fn no_layer_imports_a_higher_one() {
    let core = root().join("core/src");
    let mut checked = 0;
    let mut upward = Vec::new();
    for file in files(&core) {
        let path = file.strip_prefix(&core).expect("a path below the core").to_string_lossy().replace('\\', "/");
        let is_exception = EXCEPTIONS.iter().any(|(exception, _)| *exception == path);
        if !path.ends_with(".rs") || is_exception || is_test(&path) {
            continue;
        }
        let layer = path.split('/').next().expect("a first part").trim_end_matches(".rs");
        assert!(rank(layer).is_some(), "`{layer}` is not a layer: add it to the order");
        let text = fs::read_to_string(&file).expect("a source");
        upward.extend(upward_imports(layer, &text).into_iter().map(|name| format!("{path}: crate::{name}")));
        checked += 1;
    }
    assert!(checked > 150, "{checked} files");
    assert!(upward.is_empty(), "imports of a higher layer:\n{}", upward.join("\n"));
}

#[test]
fn every_exception_is_a_file() {
    for (path, reason) in EXCEPTIONS {
        assert!(root().join("core/src").join(path).is_file(), "{path} {reason}");
    }
}

#[test]
fn an_upward_import_is_found() {
    assert!(upward_imports("client", "use crate::datasets::Page;").is_empty());
    assert!(upward_imports("error", "/// [`Page`](crate::datasets::Page)").is_empty());
    assert!(upward_imports("columns", "\n#[cfg(test)]\nmod tests {\n    use crate::client::Client;").is_empty());
    assert!(upward_imports("client", "use crate::{\n    error::{Error, Result},\n    schema,\n};").is_empty());
    assert_eq!(upward_imports("error", "use crate::datasets::Page;"), ["datasets"]);
    assert_eq!(upward_imports("protocol", "use crate::{error::{A, B}, runtime};"), ["runtime"]);
    assert_eq!(upward_imports("error", "use crate::{\n    time,\n    protocol::{call, rpc},\n};"), ["protocol"]);
    assert_eq!(upward_imports("columns", "fn f(x: crate::datapoints::Datapoints) {}"), ["datapoints"]);
    assert_eq!(upward_imports("columns", "use crate::Timestamp;"), ["Timestamp"]);
}
