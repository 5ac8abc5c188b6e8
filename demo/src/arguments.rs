//! The options of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

/// The text of `--help`.
pub(crate) const HELP: &str = "\
Loads collections of a Tilebox dataset one after the other, then concurrently, and compares the time.

Without options, a local server with a generated catalogue responds to each request after 100 ms. With --url or
TILEBOX_API_URL, the demonstration uses that server, with the key in --token or TILEBOX_API_KEY.

  --url URL            The URL of a server, instead of a local one [variable: TILEBOX_API_URL]
  --token KEY          The API key for that server [variable: TILEBOX_API_KEY]
  --recording FILE     Recorded responses for the local server
  --latency MS         The latency of the local server, in milliseconds [default: 100]
  --dataset SLUG       The dataset [default: open_data.copernicus.sentinel2_msi]
  --collection NAME    A collection to load, may be repeated [default: the two largest]
  --start TIME         The start of the time to load, included; with --end [default: all available]
  --end TIME           The end of the time to load, excluded; with --start
  --page-size N        The maximum number of datapoints of a page [default: 500]
  --help               Prints this text";

/// The options of the demonstration.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// The URL of a server, instead of a local one.
    pub url: Option<String>,
    /// The API key for that server.
    pub token: Option<String>,
    /// Recorded responses for the local server.
    pub recording: Option<PathBuf>,
    /// The latency of the local server, in milliseconds.
    pub latency: u64,
    /// The slug of the dataset.
    pub dataset: String,
    /// The collections to load; by default the two largest.
    pub collections: Vec<String>,
    /// The start and the end of the time to load; all that is available when it is not given.
    pub time: Option<(String, String)>,
    /// The maximum number of datapoints of a page.
    pub page_size: u64,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            url: None,
            token: None,
            recording: None,
            latency: 100,
            dataset: "open_data.copernicus.sentinel2_msi".to_owned(),
            collections: Vec::new(),
            time: None,
            page_size: 500,
        }
    }
}

/// The request of the command line.
#[derive(Debug)]
pub(crate) enum Request {
    Help,
    Run(Arguments),
}

impl Arguments {
    /// Parses a command line, which begins with the name of the program, and the variables for its options.
    ///
    /// # Errors
    ///
    /// Returns an error when an option is unknown, lacks its value or contradicts another.
    pub(crate) fn read(
        line: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Request, lexopt::Error> {
        let mut arguments = Self::default();
        let (mut start, mut end) = (None, None);
        let mut parser = lexopt::Parser::from_iter(line);
        while let Some(option) = parser.next()? {
            match option {
                Long("help") | Short('h') => return Ok(Request::Help),
                Long("url") => arguments.url = Some(parser.value()?.string()?),
                Long("token") => arguments.token = Some(parser.value()?.string()?),
                Long("recording") => arguments.recording = Some(parser.value()?.into()),
                Long("latency") => arguments.latency = parser.value()?.parse()?,
                Long("dataset") => arguments.dataset = parser.value()?.string()?,
                Long("collection") => arguments.collections.push(parser.value()?.string()?),
                Long("start") => start = Some(parser.value()?.string()?),
                Long("end") => end = Some(parser.value()?.string()?),
                Long("page-size") => arguments.page_size = parser.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        if arguments.url.is_some() && arguments.recording.is_some() {
            return Err("--url and --recording exclude each other".into());
        }
        arguments.time = match (start, end) {
            (Some(start), Some(end)) => Some((start, end)),
            (None, None) => None,
            _ => return Err("--start and --end need each other".into()),
        };
        // An empty variable is treated as unset; a recording needs the local server.
        let set = |name| variable(name).filter(|value: &String| !value.is_empty());
        if arguments.recording.is_none() {
            arguments.url = arguments.url.or_else(|| set("TILEBOX_API_URL"));
        }
        arguments.token = arguments.token.or_else(|| set("TILEBOX_API_KEY"));
        Ok(Request::Run(arguments))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    fn read(line: &[&str], url: Option<&str>) -> Result<Request, lexopt::Error> {
        let line = ["demo"].iter().chain(line).map(OsString::from);
        Arguments::read(line, |name| url.filter(|_| name == "TILEBOX_API_URL").map(str::to_owned))
    }

    fn arguments(line: &[&str], url: Option<&str>) -> Arguments {
        match read(line, url) {
            Ok(Request::Run(arguments)) => arguments,
            other => panic!("{line:?} is {other:?}"),
        }
    }

    #[test]
    fn options_replace_the_defaults() {
        let line = ["--page-size=50", "--collection", "A", "--collection", "B", "--start", "2025", "--end", "2026"];
        let arguments = arguments(&line, None);
        assert_eq!((arguments.page_size, arguments.latency), (50, 100));
        assert_eq!(arguments.collections, ["A", "B"]);
        assert_eq!(arguments.time, Some(("2025".to_owned(), "2026".to_owned())));
    }

    #[test]
    fn a_variable_names_the_server_unless_it_is_empty() {
        assert_eq!(arguments(&[], Some("http://a")).url.as_deref(), Some("http://a"));
        assert_eq!(arguments(&["--url", "http://b"], Some("http://a")).url.as_deref(), Some("http://b"));
        assert_eq!(arguments(&[], Some("")).url, None);
        assert_eq!(arguments(&["--recording", "file"], Some("http://a")).url, None);
    }

    #[test]
    fn wrong_options_are_errors_that_name_them() {
        let cases: [(&[&str], &str); 5] = [
            (&["--pages", "5"], "--pages"),
            (&["--latency", "soon"], "soon"),
            (&["--start", "2025"], "--end"),
            (&["--url"], "--url"),
            (&["--url", "a", "--recording", "b"], "--recording"),
        ];
        for (line, named) in cases {
            let error = read(line, None).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(named), "{line:?}: {error}");
        }
    }

    #[test]
    fn help_names_every_option_and_no_other() {
        assert!(matches!(read(&["--latency", "1", "--help"], None), Ok(Request::Help)));
        let source = include_str!("arguments.rs");
        let options = source.split("Long(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let options: Vec<_> = options
            .filter(|option| option.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-'))
            .collect();
        assert!(options.len() >= 10, "{options:?}");
        for option in options {
            assert!(HELP.contains(&format!("\n  --{option} ")), "--{option} is not in the help");
        }
        for option in HELP.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2) {
            let option = option.trim_end_matches(|character: char| !character.is_alphanumeric());
            let known =
                read(&[option, "1"], None).err().is_none_or(|error| !error.to_string().contains("invalid option"));
            assert!(known, "{option} is not an option");
        }
    }
}
