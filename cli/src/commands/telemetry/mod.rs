//! Logs and spans of jobs.
//!
//! | file | contents |
//! |---|---|
//! | `logs` | log records of a job or of all jobs |
//! | `spans` | spans of a job |
//! | `follow` | the records that were not yet printed |
//! | `json` | what `--json` prints |

mod follow;
mod json;
pub(super) mod logs;
pub(super) mod spans;

use tilebox_tokio::workflows::Attributes;

use crate::screen::{Colour, Colours, printable};

/// Returns attributes as text at the end of a line: those of the record or span, and those of the runner.
fn attributes_text(own: Option<&Attributes>, runner: Option<&Attributes>, colours: Colours) -> String {
    let mut text = String::new();
    for (name, value) in own.into_iter().chain(runner).flat_map(|attributes| attributes.iter()) {
        let attribute = format!("{}={}", printable(name), printable(&value.to_string()));
        text.push(' ');
        text.push_str(&colours.paint(Some(Colour::Dim), &attribute));
    }
    text
}
