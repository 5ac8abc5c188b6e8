//! The names of all tests, read from their sources, so that a test can check documents that name them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of all tests of the repository.
#[derive(Debug)]
pub struct Tests {
    /// The names of all tests, without modules.
    names: BTreeSet<String>,
    /// The names of the tests that every runtime and backend runs.
    clients: BTreeSet<String>,
}

impl Tests {
    /// Reads all sources.
    ///
    /// A test is a function with a test attribute, a behaviour of the clients or backends in the list of its suite, or a
    /// check in a Python program.
    #[must_use]
    pub fn read() -> Self {
        let mut names = BTreeSet::new();
        for file in files(&root()) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("rs") => names.extend(marked(&text)),
                Some("py") => names.extend(text.lines().filter_map(|line| name_after(line, "def check_"))),
                _ => {}
            }
        }
        let clients = listed("tests/tests/clients", "pub(crate) async fn ", "tests/tests/clients/main.rs");
        names.extend(listed("tests/suite/src", "pub fn ", "tests/suite/src/lib.rs"));
        names.extend(clients.iter().cloned());
        Self { names, clients }
    }

    /// Returns whether a test with this name, optionally after its module, or a file or folder with this path exists.
    /// `clients::` selects the tests that every runtime and backend runs.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        if name.contains('/') {
            return root().join(name).exists();
        }
        match name.rsplit_once("::") {
            Some(("clients", name)) => self.clients.contains(name),
            Some((_, name)) => self.names.contains(name),
            None => self.names.contains(name),
        }
    }
}

/// Returns the functions of a folder whose lines begin with `start` and whose names are in the `list` file.
fn listed(folder: &str, start: &str, list: &str) -> BTreeSet<String> {
    let list = fs::read_to_string(root().join(list)).unwrap_or_default();
    let listed: BTreeSet<&str> = list.split(|letter: char| !is_of_name(letter)).collect();
    let mut names = BTreeSet::new();
    for file in files(&root().join(folder)) {
        let text = fs::read_to_string(file).unwrap_or_default();
        let defined = text.lines().filter_map(|line| name_after(line, start));
        names.extend(defined.filter(|name| listed.contains(name.as_str())));
    }
    names
}

/// Returns the functions with a test attribute.
fn marked(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_marked = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_marked = true;
        } else if !line.starts_with("#[") && is_marked {
            is_marked = false;
            let line = line.trim_start_matches("async ");
            names.extend(name_after(line, "fn "));
        }
    }
    names
}

fn name_after(line: &str, start: &str) -> Option<String> {
    let name: String = line.strip_prefix(start)?.chars().take_while(|letter| is_of_name(*letter)).collect();
    (!name.is_empty()).then_some(name)
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Lists the files below a folder, except built and hidden ones.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            match entry.file_type() {
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                Ok(kind) if kind.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') => {
                    folders.push(entry.path());
                }
                _ => {}
            }
        }
    }
    found
}
