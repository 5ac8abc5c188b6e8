//! `public_api.txt` lists the public API of the crates, so that every change of it is noticed.
//!
//! `TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test public_api` writes the list.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tilebox_tests::sources::root;

const CRATES: [&str; 5] = ["core", "backends", "runtime-tokio", "runtime-smol", "runtime-async-std"];
/// Generated from the descriptions of the messages, which another test compares.
const GENERATED: &str = "core/src/protocol/wire";
const UPDATE: &str = "TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test public_api";

#[test]
fn the_public_api_is_the_listed_one() {
    let mut found = String::new();
    for name in CRATES {
        let _ = writeln!(found, "## {name}\n");
        for item in items_of_crate(&root().join(name).join("src")) {
            let _ = writeln!(found, "{item}");
        }
        found.push('\n');
    }
    let path = root().join("tests/public_api.txt");
    if std::env::var_os("TILEBOX_REGENERATE").is_some() {
        fs::write(&path, &found).expect("the list can be written");
    }
    let listed = fs::read_to_string(&path).expect("the list");
    let (found, listed) = (by_crate(&found), by_crate(&listed));
    let added: Vec<_> = found.difference(&listed).collect();
    let removed: Vec<_> = listed.difference(&found).collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "the public API differs from tests/public_api.txt\nadded: {added:#?}\nremoved: {removed:#?}\n\
         If the change is intended, describe it in CHANGELOG.md and run {UPDATE}"
    );
}

/// Returns the items of a list, each with its crate: runtime crates have equal items.
fn by_crate(list: &str) -> BTreeSet<(&str, &str)> {
    let mut name = "";
    let mut items = BTreeSet::new();
    for line in list.lines() {
        match line.strip_prefix("## ") {
            Some(heading) => name = heading,
            None => drop(items.insert((name, line))),
        }
    }
    items
}

#[test]
fn the_runtime_crates_export_the_same_items_of_core() {
    let exports = |name: &str| -> BTreeSet<String> {
        let items = items_of_crate(&root().join(name).join("src")).into_iter();
        items.filter(|item| item.contains("pub use tilebox_core")).collect()
    };
    let expected = exports("runtime-tokio");
    assert!(expected.iter().any(|item| item.contains("Datapoints")), "{expected:#?}");
    for name in ["runtime-smol", "runtime-async-std"] {
        assert_eq!(exports(name), expected, "an item of core that one runtime crate exports belongs to each: {name}");
    }
}

/// Returns the public items of a crate, sorted, each with its folder.
fn items_of_crate(source: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    collect_files(source, &mut files);
    let items: Vec<(&Path, Item)> = files
        .iter()
        .flat_map(|file| {
            let folder = file.parent().and_then(|folder| folder.strip_prefix(source).ok()).unwrap_or(Path::new(""));
            items(&fs::read_to_string(file).expect("a file")).into_iter().map(move |item| (folder, item))
        })
        .collect();
    let types: BTreeSet<&str> = items.iter().filter_map(|(_, item)| item.type_name()).collect();
    let public = items.iter().filter(|(_, item)| item.is_public(&types));
    public.map(|(folder, item)| format!("{}: {item}", folder.display()).trim().to_owned()).collect()
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "tests" && !path.ends_with(GENERATED) {
                collect_files(&path, files);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

/// An item, or a part of one that its users see.
struct Item {
    /// Attributes that change what users see, such as `#[cfg(feature = "x")]`.
    attributes: String,
    /// The head of the `impl`, `trait`, `enum` or `struct` that contains it; empty outside of one.
    scope: String,
    signature: String,
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let separator = if self.scope.is_empty() { "" } else { " > " };
        write!(f, "{}{separator}{} {}", self.scope, self.signature, self.attributes)
    }
}

impl Item {
    fn type_name(&self) -> Option<&str> {
        let rest = self.signature.strip_prefix("pub ")?;
        let rest = ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| rest.strip_prefix(kind))?;
        rest.split(|character: char| !character.is_alphanumeric() && character != '_').next()
    }

    /// Implementations of a trait are public if the trait or the type is.
    fn is_public(&self, types: &BTreeSet<&str>) -> bool {
        let head = if self.signature.starts_with("impl") { &self.signature } else { &self.scope };
        let Some((before, after)) = head.split_once(" for ").filter(|_| head.starts_with("impl")) else {
            return true;
        };
        let words = |text: &str| {
            let mut words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
            words.any(|word| types.contains(word))
        };
        let of_type = after.split(['<', ' ']).next().unwrap_or_default();
        let name = of_type.rsplit("::").next().unwrap_or_default().trim_start_matches('&');
        let is_foreign = !name.starts_with(|first: char| first.is_ascii_uppercase()) || FOREIGN.contains(&name);
        types.contains(name) || (is_foreign && words(before))
    }
}

/// Types of other crates for which public traits are implemented.
const FOREIGN: [&str; 8] = ["String", "Vec", "Option", "Result", "Uuid", "Geometry", "Bytes", "RecordBatch"];

/// A block whose parts are items.
struct Scope {
    indent: usize,
    head: String,
}

/// Reads the items of a source file that rustfmt has formatted.
fn items(source: &str) -> Vec<Item> {
    let lines: Vec<&str> = source.lines().collect();
    let (mut found, mut scopes, mut attributes) = (Vec::new(), Vec::<Scope>::new(), String::new());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if text.starts_with('}') {
            scopes.retain(|scope| scope.indent < indent);
        }
        if text.starts_with("#[") {
            let attribute = gather(&lines, &mut at, |text| balance(text) == 0);
            if attribute == "#[cfg(test)]" {
                at = skip_item(&lines, at);
                attributes.clear();
            } else if is_visible(&attribute) {
                attributes.push_str(&attribute);
                attributes.push(' ');
            }
            continue;
        }
        if text.is_empty() || text.starts_with("//") {
            at += 1;
            continue;
        }
        let scope = scopes.last().filter(|scope| scope.indent + 4 == indent);
        let is_part = scope.is_some_and(|scope| is_part(&scope.head, text));
        if text.starts_with("pub ") || is_part || (text.starts_with("impl") && text.contains(['<', ' '])) {
            let is_use = text.starts_with("pub use");
            let is_field = !is_use && (is_part || text.starts_with("pub ")) && is_field(text);
            let end = |text: &str| match (is_use, is_field) {
                (true, _) => text.ends_with(';'),
                (_, true) => text.ends_with(',') && balance(text) == 0,
                _ => text.ends_with(['{', ';']) || text.ends_with("{}") || text.ends_with('}'),
            };
            let whole = gather(&lines, &mut at, end);
            let opens = !is_use && !is_field && whole.ends_with('{');
            let signature = signature(&whole, is_field);
            let head = scope.map(|scope| name(&scope.head)).unwrap_or_default();
            if opens && ["impl", "pub trait", "pub enum", "pub struct"].iter().any(|kind| signature.starts_with(kind)) {
                scopes.push(Scope { indent, head: signature.clone() });
            }
            // Methods stand for inherent implementations.
            if !signature.starts_with("impl") || signature.contains(" for ") {
                found.push(Item { attributes: attributes.clone(), scope: head, signature });
            }
        } else {
            at += 1;
        }
        attributes.clear();
    }
    found
}

/// Joins lines until one of them ends the item.
fn gather(lines: &[&str], at: &mut usize, ends: impl Fn(&str) -> bool) -> String {
    let mut whole = String::new();
    while let Some(line) = lines.get(*at) {
        *at += 1;
        let text = line.trim();
        if text.starts_with("//") || (text.starts_with("#[") && !whole.is_empty()) {
            continue;
        }
        let tight = whole.is_empty() || whole.ends_with(['(', '[', '<']);
        whole.push_str(if tight { "" } else { " " });
        whole.push_str(text);
        if ends(&whole) {
            break;
        }
    }
    whole
}

/// Returns the line after the item that begins at `at`.
fn skip_item(lines: &[&str], mut at: usize) -> usize {
    gather(lines, &mut at, |text| (text.ends_with([';', '}'])) && balance(text) == 0);
    at
}

/// Returns how many brackets are open.
fn balance(text: &str) -> i32 {
    text.chars().fold(0, |open, character| match character {
        '(' | '[' | '{' => open + 1,
        ')' | ']' | '}' => open - 1,
        _ => open,
    })
}

fn is_visible(attribute: &str) -> bool {
    let visible = ["#[cfg(", "#[derive(", "#[non_exhaustive", "#[doc(hidden"];
    visible.iter().any(|prefix| attribute.starts_with(prefix))
}

/// Returns whether a line begins a part of a block that is public without `pub`.
fn is_part(head: &str, text: &str) -> bool {
    if head.starts_with("pub trait") {
        return ["fn ", "async fn ", "type ", "const "].iter().any(|kind| text.starts_with(kind));
    }
    if head.starts_with("impl") && head.contains(" for ") {
        return text.starts_with("type ");
    }
    head.starts_with("pub enum") && text.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Returns whether the text is a field or a variant.
fn is_field(text: &str) -> bool {
    let rest = text.strip_prefix("pub ").unwrap_or(text);
    let word = rest.split([' ', '(', ':', ',', '<']).next().unwrap_or_default();
    let keywords =
        ["fn", "async", "const", "static", "struct", "enum", "trait", "type", "mod", "use", "unsafe", "union", "impl"];
    !keywords.contains(&word)
}

fn signature(whole: &str, is_field: bool) -> String {
    let without_value = match whole.split_once(" = ") {
        Some((before, _)) if whole.contains("const ") || whole.contains("static ") => before,
        _ => whole,
    };
    let is_function = without_value.contains("fn ");
    let end = if is_field { &[','][..] } else { &['{', ';', ' '][..] };
    let trimmed = without_value.trim_end_matches("{}").trim_end_matches(end);
    let trimmed = if is_function { trimmed.replace(",)", ")").replace(", )", ")") } else { trimmed.to_owned() };
    let trimmed = trimmed.replace("{ ", "{").replace(" }", "}").replace(",}", "}");
    // Private fields of a tuple.
    match trimmed.split_once('(') {
        Some((before, fields)) if before.starts_with("pub struct") && !fields.contains("pub ") => {
            format!("{before}(..)")
        }
        _ => trimmed.trim_end_matches(',').to_owned(),
    }
}

/// Returns the head of a block without bounds.
fn name(head: &str) -> String {
    let head = head.split(" where").next().unwrap_or(head);
    head.trim_start_matches("pub ").to_owned()
}
