//! Errors as [`miette`] reports, with one line for each part (feature `miette`).
//!
//! In a `main` that returns [`miette::Result`], `?` converts every error of this crate into a report. The features of
//! `miette` that the application enables, such as `fancy`, determine colours, links and `NO_COLOR`.

use std::error::Error as StdError;
use std::fmt;

use miette::{Diagnostic, Report};

use super::{Error, plain};

/// Shows what was attempted as the message, why it failed as the cause, and what to do as the help.
///
/// ```
/// # fn main() -> miette::Result<()> {
/// fn day() -> miette::Result<tilebox_core::TimeInterval> {
///     Ok(tilebox_core::TimeInterval::parse("2025-03-01", "2025-02-31")?)
/// }
///
/// let report = day().unwrap_err();
/// assert_eq!(report.to_string(), "cannot read the time `2025-02-31`");
/// assert_eq!(report.code().map(|code| code.to_string()).as_deref(), Some("tilebox::invalid_argument"));
/// assert!(report.help().is_some_and(|help| help.to_string().starts_with("write a date such as 2025-03-01")));
/// assert!(report.downcast_ref::<tilebox_core::error::ErrorReport>().is_some_and(|report| report.error().stored().is_none()));
/// # Ok(())
/// # }
/// ```
impl From<Error> for Report {
    fn from(error: Error) -> Self {
        Self::new(ErrorReport::new(error))
    }
}

/// An [`Error`] as a diagnostic: its parts are separate instead of in one line.
#[derive(Debug)]
pub struct ErrorReport {
    error: Error,
    cause: Cause,
}

/// The cause of an error: its reason, then those of its sources that add information.
#[derive(Debug)]
struct Cause {
    text: String,
    next: Option<Box<Cause>>,
}

impl ErrorReport {
    fn new(error: Error) -> Self {
        let cause = Cause::new(error.reason().to_owned(), error.source(), error.reason());
        Self { error, cause }
    }

    /// Returns the error, whose kind can be matched.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl Cause {
    /// Skips sources whose text `said` already contains: a reason usually quotes its source.
    fn new(text: String, mut below: Option<&(dyn StdError + 'static)>, said: &str) -> Self {
        while let Some(error) = below {
            let more = plain(&error.to_string()).into_owned();
            if !said.contains(&more) {
                let next = Self::new(more.clone(), error.source(), &more);
                return Self { text, next: Some(Box::new(next)) };
            }
            below = error.source();
        }
        Self { text, next: None }
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.error.0.purpose)
    }
}

impl StdError for ErrorReport {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

impl Diagnostic for ErrorReport {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("tilebox::{}", self.error.kind().as_str())))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(self.error.advice()).filter(|advice| !advice.is_empty()).map(|advice| Box::new(advice) as _)
    }

    /// Returns the link in the advice, such as the page of the API keys.
    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let words = self.error.advice().split([' ', ',']);
        words.into_iter().find(|word| word.starts_with("https://console.")).map(|url| Box::new(url) as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn chain(report: &Report) -> Vec<String> {
        report.chain().map(ToString::to_string).collect()
    }

    #[test]
    fn a_report_shows_each_part_once() {
        let error = Error::new(ErrorKind::NotFound, "find the dataset `x`", "no such dataset", "check the name");
        let report = Report::from(error.with_source(std::io::Error::other("no such dataset")));
        assert_eq!(chain(&report), ["cannot find the dataset `x`", "no such dataset"]);
        assert_eq!(report.help().map(|help| help.to_string()).as_deref(), Some("check the name"));
        assert_eq!(report.code().map(|code| code.to_string()).as_deref(), Some("tilebox::not_found"));
        assert!(report.url().is_none());
        let error_report = report.downcast_ref::<ErrorReport>().expect("the report of an error");
        assert_eq!(error_report.error().to_string(), "cannot find the dataset `x`: no such dataset; check the name");
    }

    #[test]
    fn a_report_shows_sources_that_add_information() {
        let below = std::io::Error::other("the disk is full");
        let error = Error::new(ErrorKind::Output, "write", "the output is incomplete", "");
        let report = Report::from(error.with_source(below));
        assert_eq!(chain(&report), ["cannot write", "the output is incomplete", "the disk is full"]);
        assert!(report.help().is_none());
    }

    #[test]
    fn a_missing_key_links_to_the_page_of_keys() {
        let advice = "create an API key at https://console.tilebox.com/settings/api-keys, and pass it";
        let report = Report::from(Error::new(ErrorKind::Unauthenticated, "ask", "no key", advice));
        let url = report.url().map(|url| url.to_string());
        assert_eq!(url.as_deref(), Some("https://console.tilebox.com/settings/api-keys"));
    }
}
