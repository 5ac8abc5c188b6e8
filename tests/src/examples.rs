//! Runs an example of the README or the guide against a local server, and checks that it loads something.
//!
//! `build.rs` gives each example a `main` that calls [`run`]. The test process holds the server; the example runs in another
//! process, in an empty folder, with the environment that the text asks for.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::process::{Command, Stdio, exit};

use tilebox_core::datapoints::Datapoints;
use tilebox_core::{Client, Collection, Dataset};
use tilebox_emulator::{Catalogue, Emulator};

/// The number of datapoints on the server, about two days.
const DATAPOINTS: usize = 20_000;
/// The variable that selects the example of a process.
const PLACE: &str = "TILEBOX_EXAMPLE";

/// Runs the example at a place, such as `start.md:17`.
///
/// # Panics
///
/// Panics when the example fails, prints nothing, or loads nothing.
pub fn run(place: &str, example: impl FnOnce()) {
    match std::env::var(PLACE) {
        Ok(chosen) if chosen == place => return example(),
        Ok(_) => return,
        Err(_) => {}
    }
    let catalogue = Catalogue::new(DATAPOINTS);
    let server = Emulator::builder().catalogue(catalogue).writable(true).start().expect("a local server");
    let name = place.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    let folder = std::env::temp_dir().join(format!("tilebox-example-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(std::env::args_os().skip(1))
        .env(PLACE, place)
        .env("TILEBOX_API_URL", server.url())
        .env_remove("TILEBOX_API_KEY")
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output();
    let removed = std::fs::remove_dir_all(&folder);
    let output = output.expect("the example starts");
    let [printed, errors] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{place}: {}\n{printed}{errors}", output.status);
    assert!(!printed.trim().is_empty(), "{place} prints nothing");
    let mut words = printed.split_whitespace().peekable();
    while let Some(word) = words.next() {
        // Progress begins at 0 %, and a first ingestion finds 0 existing datapoints.
        let is_nothing = word == "0" && !matches!(words.peek(), Some(&"%" | &"existing"));
        assert!(!is_nothing, "{place} loads nothing somewhere:\n{printed}");
    }
    removed.expect("the folder can be removed");
}

/// Prints the amount that an example loaded, or ends the process with its error.
pub fn finish<Output: Loaded, Failure: Debug>(result: Result<Output, Failure>) {
    match result {
        Ok(output) => println!("{}", output.amount()),
        Err(error) => {
            eprintln!("{error:?}");
            exit(1)
        }
    }
}

/// Prints the error of an example that shows one.
pub fn fail<Output, Failure: Debug>(result: Result<Output, Failure>) {
    match result {
        Ok(_) => exit(1),
        Err(error) => println!("{error:?}"),
    }
}

/// The result of an example.
pub trait Loaded {
    /// Returns the loaded amount, or 1 for results without one.
    fn amount(&self) -> usize {
        1
    }
}

impl Loaded for () {}
impl Loaded for Client {}
impl Loaded for Collection {}
impl Loaded for Dataset {}
impl Loaded for f64 {}

impl Loaded for Datapoints {
    fn amount(&self) -> usize {
        self.len()
    }
}

impl Loaded for usize {
    fn amount(&self) -> usize {
        *self
    }
}

impl Loaded for u64 {
    fn amount(&self) -> usize {
        usize::try_from(*self).unwrap_or(usize::MAX)
    }
}

impl Loaded for String {
    fn amount(&self) -> usize {
        self.len()
    }
}

impl<Inner: Loaded> Loaded for Option<Inner> {
    fn amount(&self) -> usize {
        self.as_ref().map_or(0, Loaded::amount)
    }
}
