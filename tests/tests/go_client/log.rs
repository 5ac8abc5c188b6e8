//! Reads the recorded scenarios.
//!
//! A scenario begins with a line `=== NAME`. Its other lines begin with the seconds since the start; the second word says
//! what follows. Only these lines are read:
//!
//! - `SubmitJob bytes HEX`: the bytes of the following request;
//! - `/SERVICE/METHOD [(deadline SECONDS)] JSON -> JSON`, or `-> ERROR CODE: MESSAGE`: a request and its response;
//! - two spaces and an exported record, see `telemetry.rs`.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tilebox_tests::recordings;

pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    /// The lines about telemetry, without the time.
    pub(crate) telemetry: Vec<String>,
}

/// A request and the response of a stand-in of the server.
pub(crate) struct Step {
    /// The path without the leading slash: `service/Method`.
    pub(crate) path: String,
    /// The deadline of the caller, in seconds.
    pub(crate) deadline: Option<u64>,
    pub(crate) request: Value,
    /// The bytes of the request, recorded for submissions.
    pub(crate) bytes: Option<Vec<u8>>,
    /// The response, or the code of the error.
    pub(crate) response: Result<Value, String>,
}

impl Step {
    pub(crate) fn method(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl Scenario {
    pub(crate) fn submissions(&self) -> impl Iterator<Item = &[u8]> {
        self.steps.iter().filter_map(|step| step.bytes.as_deref())
    }

    pub(crate) fn submission(&self) -> Option<&[u8]> {
        self.submissions().next()
    }
}

/// Returns the recorded scenarios, none without the recording.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let Some(folder) = recordings::folder() else { return Vec::new() };
    let path = folder.join("../workflows/go-client-scenarios.log");
    if !path.is_file() {
        println!("no scenarios: the file {} does not exist", path.display());
        return Vec::new();
    }
    read(&path)
}

fn read(path: &Path) -> Vec<Scenario> {
    let text = fs::read_to_string(path).expect("the recording can be read");
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut bytes = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            scenarios.push(Scenario { name: name.to_owned(), steps: Vec::new(), telemetry: Vec::new() });
            continue;
        }
        let Some((_, words)) = line.trim_start().split_once(' ') else { continue };
        let Some(scenario) = scenarios.last_mut() else { continue };
        if let Some(hex) = words.strip_prefix("SubmitJob bytes ") {
            bytes = Some(unhex(hex));
        } else if words.starts_with("/workflows.v1.") {
            scenario.steps.push(step(words, bytes.take()));
        } else if words.starts_with(' ') {
            scenario.telemetry.push(words.trim_start().to_owned());
        }
    }
    scenarios
}

fn step(words: &str, bytes: Option<Vec<u8>>) -> Step {
    let (path, rest) = words.split_once(' ').expect("a path and a request");
    let (deadline, rest) = match rest.strip_prefix("(deadline ").and_then(|rest| rest.split_once("s) ")) {
        Some((seconds, rest)) => (Some(seconds.parse().expect("seconds")), rest),
        None => (None, rest),
    };
    let (request, response) = rest.split_once(" -> ").expect("a response");
    let response = match response.strip_prefix("ERROR ") {
        Some(error) => Err(error.split(':').next().unwrap_or_default().to_owned()),
        None => Ok(serde_json::from_str(response).expect("JSON")),
    };
    Step {
        path: path.trim_start_matches('/').to_owned(),
        deadline,
        request: serde_json::from_str(request).expect("JSON"),
        bytes,
        response,
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(byte).collect()
}
