//! Periods of time, and the order by time.

use clap::ValueEnum;
use tilebox_tokio::schema::{IntoTemporalExtent as _, TemporalExtent};

use crate::failure::Failure;

/// A period, by its start and end.
#[derive(Debug, clap::Args)]
pub(crate) struct Period {
    /// The start of the period, included: a time such as 2025-03-01T12:00:00Z, or a day, month or year.
    #[arg(long, value_name = "TIME")]
    after: Option<String>,
    /// The end of the period, excluded.
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
}

impl Period {
    /// Returns whether the arguments name a period.
    pub(crate) fn is_given(&self) -> bool {
        self.after.is_some() || self.before.is_some()
    }

    /// Returns the extent; all time without options.
    pub(crate) fn extent(&self) -> Result<TemporalExtent, Failure> {
        let extent = match (self.after.as_deref(), self.before.as_deref()) {
            (None, None) => (..).into_temporal_extent(),
            (Some(after), None) => (after..).into_temporal_extent(),
            (None, Some(before)) => (..before).into_temporal_extent(),
            (Some(after), Some(before)) => (after, before).into_temporal_extent(),
        };
        Ok(extent?)
    }
}

/// An order by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// The oldest first.
    Asc,
    /// The newest first.
    Desc,
}
