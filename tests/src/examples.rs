//! Runs an example of the README or the guide against a local server, and checks that it loads something.
//!
//! `build.rs` gives each example a `main` that calls [`run`]. The process of the test holds the server; the example runs in
//! a process of its own, with the environment of a person who follows the text, in an empty folder.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::process::{Command, Stdio, exit};

use tilebox_core::datapoints::Datapoints;
use tilebox_core::{Client, Collection, Dataset};
use tilebox_emulator::{Catalogue, Emulator};

/// The datapoints of the server: about two days.
const DATAPOINTS: usize = 20_000;
/// Names the example that a process runs.
const PLACE: &str = "TILEBOX_EXAMPLE";

/// Runs the example of this place.
///
/// # Panics
///
/// When it fails, prints nothing, or loads nothing.
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
    let [printed, said] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{place}: {}\n{printed}{said}", output.status);
    assert!(!printed.trim().is_empty(), "{place} prints nothing");
    let mut words = printed.split_whitespace().peekable();
    while let Some(word) = words.next() {
        // A progress begins with 0 %, and of what is ingested 0 were there before.
        let is_nothing = word == "0" && !matches!(words.peek(), Some(&"%" | &"were"));
        assert!(!is_nothing, "{place} loads nothing somewhere:\n{printed}");
    }
    removed.expect("the folder can be removed");
}

/// Prints what an example gave, or ends the process with its error.
pub fn finish<Given: Loaded, Failure: Debug>(result: Result<Given, Failure>) {
    match result {
        Ok(given) => println!("{}", given.amount()),
        Err(error) => {
            eprintln!("{error:?}");
            exit(1)
        }
    }
}

/// Prints the error of an example that shows one.
pub fn fail<Given, Failure: Debug>(result: Result<Given, Failure>) {
    match result {
        Ok(_) => exit(1),
        Err(error) => println!("{error:?}"),
    }
}

/// What an example gives back.
pub trait Loaded {
    /// How much was loaded; 1 where that has no meaning.
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
