//! The input of a task.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::Value;

use crate::context::Context;
use crate::failure::Failure;

/// Returns the bytes of an input: JSON as it is written; other text as a JSON string.
pub(super) fn read(text: &str) -> Result<Vec<u8>, Failure> {
    let error = match serde_json::from_str::<Value>(text) {
        Ok(_) => return Ok(text.trim().as_bytes().to_vec()),
        Err(error) => error,
    };
    // Text that begins as JSON is a mistake rather than a string.
    if text.trim_start().starts_with(['{', '[', '"']) {
        let message = format!("cannot use the input of a task: it is not valid JSON: {error}");
        return Err(Failure::usage(&message, "correct it, or write it as a JSON string"));
    }
    Ok(Value::from(text).to_string().into_bytes())
}

/// Returns the bytes of an input in a file; `-` reads standard input.
pub(super) fn read_file(context: &Context, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = String::new();
    let result = if path == Path::new("-") {
        context.wait_for(|| io::stdin().read_to_string(&mut text)).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let text = result.map_err(|error| Failure::of_file("read the input file", path, &error))?;
    // Editors end files with a line break, which is not part of a text.
    read(text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_json_or_text() {
        let input = |text| read(text).map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        for (text, expected) in [
            ("5", "5"),
            (" {\"a\": 1} ", "{\"a\": 1}"),
            ("\"5\"", "\"5\""),
            ("null", "null"),
            ("S2A_001", "\"S2A_001\""),
            ("5 bands", "\"5 bands\""),
            ("", "\"\""),
            ("a\"b", r#""a\"b""#),
        ] {
            assert_eq!(input(text).expect("an input"), expected, "{text}");
        }
        for text in ["{\"a\": 1", "[1,]", "\"open", "{'a': 1}"] {
            let Failure::Usage(report) = input(text).expect_err("not JSON") else { panic!("wrong arguments") };
            assert!(report.to_string().contains("not valid JSON: "), "{report}");
        }
    }
}
