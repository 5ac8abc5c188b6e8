//! Queries of logs: of a job, or of all jobs within an interval of time.

use std::fmt;

use uuid::Uuid;

use super::{Job, Jobs, LogPages};
use crate::client::blocking::block_on;
use crate::client::workflows;
use crate::error::Result;
use crate::schema::IntoTemporalExtent;
use crate::workflows::{LogCounts, Logs, SeverityGroup};

impl Jobs {
    /// Returns a query of the logs of all jobs within an interval of time, including those of runners between two tasks.
    pub fn logs_in(&self, interval: impl IntoTemporalExtent) -> LogQuery {
        LogQuery::new(self.inner.logs_in(interval))
    }

    /// Counts the log records of all jobs within an interval of time, by severity.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Jobs::log_counts`].
    pub fn log_counts(&self, interval: impl IntoTemporalExtent) -> Result<LogCounts> {
        block_on(self.inner.log_counts(interval))
    }
}

impl Job {
    /// Returns a query of its logs. [`LogQuery`] has the options.
    pub fn logs(&self) -> LogQuery {
        LogQuery::new(self.inner.logs())
    }
}

/// A query of logs. [`load`](Self::load) returns them in one table, [`pages`](Self::pages) page by page.
///
/// The oldest record is the first unless the query is [`newest_first`](Self::newest_first).
///
/// ```no_run
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// println!("{}", client.jobs().logs_in("2025-03-01").newest_first().limit(100).load()?);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is loaded or its pages are read"]
#[derive(Debug)]
pub struct LogQuery {
    inner: workflows::LogQuery,
}

impl LogQuery {
    pub(super) fn new(inner: workflows::LogQuery) -> Self {
        Self { inner }
    }

    /// Returns only records of these severities. An empty list means any severity.
    ///
    /// [`SeverityGroup::and_above`] returns a severity and those above it.
    #[doc(alias = "level")]
    pub fn severity(self, severities: impl IntoIterator<Item = SeverityGroup>) -> Self {
        Self::new(self.inner.severity(severities))
    }

    /// Returns only records of one task of the job. As [`crate::workflows::LogQuery::task`].
    pub fn task(self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.task(id))
    }

    /// Returns the newest record first.
    #[doc(alias("descending", "sort"))]
    pub fn newest_first(self) -> Self {
        Self::new(self.inner.newest_first())
    }

    /// Sets the maximum number of records, at least 1: the first ones in the order of the query.
    pub fn limit(self, records: u64) -> Self {
        Self::new(self.inner.limit(records))
    }

    /// Sets the maximum number of records of a page, at least 1. By default the server decides.
    pub fn page_size(self, records: u64) -> Self {
        Self::new(self.inner.page_size(records))
    }

    /// Returns only records after the [`cursor`](super::TelemetryPages::cursor) of an earlier, equal query: a [`Uuid`] or anything
    /// that converts into one, such as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.starting_after(cursor))
    }

    /// Loads all records into one table.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::LogQuery::load`].
    pub fn load(self) -> Result<Logs> {
        block_on(self.inner.load())
    }

    /// Returns the pages as an iterator, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item.
    #[doc(alias("stream", "iter"))]
    pub fn pages(self) -> LogPages {
        LogPages::new(self.inner.pages())
    }
}
