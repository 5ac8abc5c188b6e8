//! The pages of a query of logs or spans as an iterator.

use std::iter::FusedIterator;

use futures::stream::StreamExt as _;
use uuid::Uuid;

use crate::client::blocking::block_on;
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::{LogRecord, Span, TelemetryRow, TelemetryTable};

/// The pages of a [query of logs](super::LogQuery) as an iterator.
pub type LogPages = TelemetryPages<LogRecord>;

/// The pages of a [query of spans](super::SpanQuery) as an iterator.
pub type SpanPages = TelemetryPages<Span>;

/// The pages of a query of logs or spans as an iterator of tables. Ends after the last page, or after an error.
///
/// It requests a page when the previous one is read.
#[must_use = "an iterator does nothing until it is read"]
#[derive(Debug)]
pub struct TelemetryPages<R> {
    inner: workflows::TelemetryPages<R>,
}

impl<R> TelemetryPages<R> {
    pub(super) fn new(inner: workflows::TelemetryPages<R>) -> Self {
        Self { inner }
    }
}

impl<R: TelemetryRow> TelemetryPages<R> {
    /// Returns the cursor after the pages that were read; `None` before the first one. After an error, an equal query starting
    /// after it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.inner.cursor()
    }
}

impl<R: TelemetryRow> Iterator for TelemetryPages<R> {
    type Item = Result<TelemetryTable<R>>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(self.inner.next())
    }
}

impl<R: TelemetryRow> FusedIterator for TelemetryPages<R> {}
