//! The official Python client on the same page.

use std::io::Write;
use std::process::{Command, Stdio};

use prost::Message;

use crate::shapes::Shape;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/columns/peer.py");

/// Returns the median seconds of its converter for a page, or the reason why it did not run.
pub(crate) fn measure(shape: &Shape) -> Result<f64, String> {
    let python = std::env::var("TILEBOX_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(&python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{python} does not start: {error}"))?;
    let annotated = shape.annotated.encode_to_vec();
    if let Some(mut input) = child.stdin.take() {
        // A script without the client ends without reading.
        let _ = input.write_all(&(annotated.len() as u64).to_le_bytes());
        let _ = input.write_all(&annotated);
        let _ = input.write_all(&shape.page);
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| {
        let problem = String::from_utf8_lossy(&output.stderr);
        problem.lines().last().unwrap_or("the script printed nothing").to_owned()
    })
}
