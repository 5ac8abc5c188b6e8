//! Starts the local server and runs `tbx` as a program.

pub(crate) mod runner;

use std::path::Path;
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use serde_json::Value;
use tilebox_emulator::{Catalogue, Emulator};

pub(crate) const DATASET: &str = "open_data.copernicus.sentinel2_msi";
/// The number of datapoints of [`DATASET`] on the [`server`].
pub(crate) const DATAPOINTS: usize = 3000;
/// The page size, so that a query has several pages and its output is written in parts.
const PAGE_SIZE: usize = 500;

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tbx");

/// Returns the program, which signals end, also where the tests run in the background and ignore SIGINT and SIGHUP.
pub(crate) fn program() -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // The bits of SIGHUP (1) and SIGINT (2), by proc_pid_status(5).
    if ignored & 0b11 == 0 {
        return Command::new(PROGRAM);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT", PROGRAM]);
    command
}

/// Starts a server with one dataset.
pub(crate) fn server() -> Emulator {
    let builder = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).page_size(PAGE_SIZE);
    builder.start().expect("a local server")
}

/// Starts a server whose datasets can be changed.
pub(crate) fn writable() -> Emulator {
    let builder = Emulator::builder().catalogue(Catalogue::new(100)).writable(true);
    builder.start().expect("a local server")
}

/// Returns `tbx` with these arguments, for this server.
pub(crate) fn command(server: &Emulator, arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).env("TILEBOX_API_URL", server.url()).env_remove("TILEBOX_API_KEY");
    command
}

/// Runs `tbx` without input.
pub(crate) fn run(server: &Emulator, arguments: &[&str]) -> Output {
    command(server, arguments).stdin(Stdio::null()).output().expect("a run")
}

/// Returns the output of a successful command. Without a terminal it draws no bars.
pub(crate) fn printed(server: &Emulator, arguments: &[&str]) -> String {
    let output = run(server, arguments);
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
        (Some(0), ""),
        "{arguments:?}"
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns the JSON that a successful command prints.
pub(crate) fn json(server: &Emulator, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(server, arguments)).expect("JSON")
}

/// Returns the output of a successful query of [`DATASET`].
pub(crate) fn query(server: &Emulator, arguments: &[&str]) -> String {
    printed(server, &[&["query", DATASET][..], arguments].concat())
}

/// The longest wait of a test.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until a condition of other programs is true.
#[cfg(unix)]
pub(crate) fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < deadline, "no sign of {what}");
        std::thread::yield_now();
    }
}

/// Sends a signal, such as `TERM`.
#[cfg(unix)]
pub(crate) fn kill(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.expect("POSIX has kill").success());
}

/// Waits for the end of a program.
#[cfg(unix)]
pub(crate) fn ended(child: Child) -> Output {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    receiver.recv_timeout(PATIENCE).expect("the program ends").expect("its output")
}

/// Returns the path of a file of this test run.
pub(crate) fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{name}", std::process::id()));
    path.to_str().expect("UTF-8").to_owned()
}
