//! The official Python client on the same server.

use std::process::{Command, Stdio};

use crate::usage::Usage;

/// Loads one collection after the other.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/loading/python.py");

/// Returns the usage, or the reason why it did not run.
pub(crate) fn measure(url: &str, collections: usize) -> Result<Usage, String> {
    let python = std::env::var("TILEBOX_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import tilebox.datasets"]).stderr(Stdio::null()).status();
    match found {
        Err(error) => Err(format!("{python} does not start: {error}")),
        Ok(status) if !status.success() => Err(format!("{python} has no tilebox-datasets; set TILEBOX_PYTHON")),
        Ok(_) => Ok(Usage::of(Command::new(&python).arg(SCRIPT).args([url, &collections.to_string()]))),
    }
}
