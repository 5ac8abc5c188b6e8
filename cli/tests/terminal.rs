//! Output in a terminal, which `script` of util-linux simulates.

use std::process::{Command, Stdio};

use tilebox_emulator::{Catalogue, Emulator};

use crate::kit::{DATAPOINTS, DATASET, PROGRAM, server};

/// Returns the output in a terminal, or `None` without the program `script`, which simulates one.
pub(crate) fn seen(server: &Emulator, arguments: &str, no_color: bool) -> Option<String> {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &format!("{} {arguments}", PROGRAM), "/dev/null"]);
    command.env("TILEBOX_API_URL", server.url()).env("TERM", "xterm-256color").env_remove("TILEBOX_API_KEY");
    command.env_remove("CI").env_remove("NO_COLOR").env_remove("FORCE_COLOR");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            println!("skipped: `script` of util-linux is not installed");
            None
        }
    }
}

/// Returns whether a text sets colours or other styles (ECMA-48, "Select Graphic Rendition").
pub(crate) fn is_styled(text: &str) -> bool {
    text.split("\u{1b}[").skip(1).any(|sequence| {
        sequence.find(|character: char| !character.is_ascii_digit() && character != ';').is_some_and(|end| {
            // Without a number the sequence ends a style.
            end > 0 && sequence[..end] != *"0" && sequence[end..].starts_with('m')
        })
    })
}

#[test]
fn a_terminal_shows_error_parts_bars_and_requested_colours() {
    let server = server();
    for no_color in [false, true] {
        let Some(error) = seen(&server, &format!("query {DATASET} -f 'cloud_cove < 10'"), no_color) else { return };
        assert!(
            error.contains("tilebox::invalid_argument") && error.contains("cannot filter by `cloud_cove`"),
            "{error}"
        );
        assert!(error.contains("help") && error.contains("did you mean `cloud_cover`?"), "{error}");
        assert_eq!(is_styled(&error), !no_color, "{error:?}");

        let slow = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).page_size(100);
        let slow = slow.latency(std::time::Duration::from_millis(50)).start().expect("a local server");
        let Some(bars) =
            seen(&slow, &format!("query {DATASET} --format csv --columns id --output /dev/null"), no_color)
        else {
            return;
        };
        assert!(bars.contains("% |") && bars.contains(" datapoints, "), "{bars:?}");
        assert!(!is_styled(&bars), "{bars:?}");
    }
}
