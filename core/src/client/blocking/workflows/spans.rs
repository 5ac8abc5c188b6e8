//! Queries of the spans of a job.

use std::fmt;

use uuid::Uuid;

use super::{Job, SpanPages};
use crate::client::blocking::block_on;
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::Spans;

impl Job {
    /// Returns a query of its spans: the executions of its tasks, and their parts. [`SpanQuery`] has the options.
    pub fn spans(&self) -> SpanQuery {
        SpanQuery::new(self.inner.spans())
    }
}

/// A query of the spans of a job. [`load`](Self::load) returns them in one table, [`pages`](Self::pages) page by page.
///
/// The oldest span is the first unless the query is [`newest_first`](Self::newest_first).
#[must_use = "a query does nothing until it is loaded or its pages are read"]
#[derive(Clone, Debug)]
pub struct SpanQuery {
    inner: workflows::SpanQuery,
}

impl SpanQuery {
    pub(super) fn new(inner: workflows::SpanQuery) -> Self {
        Self { inner }
    }

    /// Returns only spans of one task of the job. The id is a [`Uuid`] or anything that converts into one, such as text.
    pub fn task(self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.task(id))
    }

    /// Returns the newest span first.
    #[doc(alias("descending", "sort"))]
    pub fn newest_first(self) -> Self {
        Self::new(self.inner.newest_first())
    }

    /// Sets the maximum number of spans, at least 1: the first ones in the order of the query.
    pub fn limit(self, spans: u64) -> Self {
        Self::new(self.inner.limit(spans))
    }

    /// Sets the maximum number of spans of a page, at least 1. By default the server decides.
    pub fn page_size(self, spans: u64) -> Self {
        Self::new(self.inner.page_size(spans))
    }

    /// Returns only spans after the [`cursor`](super::TelemetryPages::cursor) of an earlier, equal query: a [`Uuid`] or anything
    /// that converts into one, such as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.starting_after(cursor))
    }

    /// Loads all spans into one table.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::SpanQuery::load`].
    pub fn load(self) -> Result<Spans> {
        block_on(self.inner.load())
    }

    /// Returns the pages as an iterator, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item.
    #[doc(alias("stream", "iter"))]
    pub fn pages(self) -> SpanPages {
        SpanPages::new(self.inner.pages())
    }
}
