//! The options of a run, and everything that it prints.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tilebox_tokio::{API_KEYS_PAGE, Client, ClientBuilder, RetryPolicy};

use crate::arguments::Global;
use crate::failure::Failure;
use crate::interruption::wait_for;
use crate::screen::WIDTH;

/// The global options, and the streams of the program.
///
/// A command prints only through it: `println!` panics when the reader of a stream closes it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    global: Global,
    /// What the user has after a failure.
    kept: Arc<Mutex<Option<String>>>,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self { global, kept: Arc::default() }
    }

    /// Runs a function as [`wait_for`] does.
    pub(crate) fn wait_for<T>(&self, wait: impl FnOnce() -> T) -> T {
        wait_for(wait)
    }

    /// Returns a client with the global options.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Ok(self.builder()?.build()?)
    }

    /// Returns a builder with the global options, for clients with more of them.
    pub(crate) fn builder(&self) -> Result<ClientBuilder, Failure> {
        let mut builder = tilebox_tokio::client_builder();
        // An empty variable is treated as unset.
        if let Some(url) = self.global.url.as_deref().filter(|url| !url.is_empty()) {
            builder = builder.url(url);
        }
        if let Some(timeout) = self.global.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(retries) = self.global.retries {
            let policy = RetryPolicy::default().with_outage(Duration::ZERO);
            builder = builder.retry(policy.with_max_attempts(retries.saturating_add(1)));
        }
        if let Some(concurrency) = self.global.concurrency {
            builder = builder.concurrency(concurrency);
        }
        Ok(builder)
    }

    /// Returns the URL of the console of Tilebox, or `None` if the server is another one.
    pub(crate) fn console(&self) -> Option<&'static str> {
        self.global
            .url
            .as_deref()
            .is_none_or(str::is_empty)
            .then(|| API_KEYS_PAGE.trim_end_matches("/settings/api-keys"))
    }

    /// Returns the URL of the server, or `None` for Tilebox.
    pub(crate) fn url(&self) -> Option<&str> {
        self.global.url.as_deref().filter(|url| !url.is_empty())
    }

    /// Sets what the user has after a failure, such as the previous content of a file. The report of the failure says it.
    pub(crate) fn keep(&self, kept: String) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// Returns what the user has after a failure.
    pub(crate) fn kept(&self) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether the output is JSON.
    pub(crate) fn json(&self) -> bool {
        self.global.json
    }

    /// Returns whether progress and remarks are hidden.
    pub(crate) fn quiet(&self) -> bool {
        self.global.quiet
    }

    /// Returns the width of the terminal on standard output in columns, or `None` if it is not a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    }

    /// Returns the width for tables in columns: that of the terminal, or else the number in the variable `COLUMNS`, or
    /// else 80.
    pub(crate) fn room(&self) -> usize {
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
        self.width().or_else(columns).filter(|width| *width > 0).unwrap_or(WIDTH)
    }

    /// Prints text to standard output.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        Ok(stdout.flush()?)
    }

    /// Prints a value as JSON, indented, with a line break at its end.
    pub(crate) fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        text.push('\n');
        self.print(&text)
    }

    /// Prints a remark to standard error, unless `--quiet` is given.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet() {
            // A closed stream has no reader.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    /// Prints a closing line about what was done, if a person watches standard error.
    pub(crate) fn close(&self, line: &str) {
        if io::stderr().is_terminal() {
            self.say(line);
        }
    }

    /// Asks the user to confirm what cannot be undone, such as "delete the collection `a`", unless `yes` already does.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let message = format!("cannot {question}: it needs a confirmation in a terminal");
            return Err(Failure::usage(&message, "pass --yes to confirm it"));
        }
        let _ = write!(io::stderr().lock(), "{question}? [y/N] ");
        let mut response = String::new();
        self.wait_for(|| io::stdin().read_line(&mut response)).map_err(|error| {
            Failure::new(
                &format!("cannot {question}: cannot read the confirmation: {error}"),
                "pass --yes to confirm it",
            )
        })?;
        if matches!(response.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::new(&format!("cannot {question}: it was not confirmed"), "type y, or pass --yes"))
    }
}
