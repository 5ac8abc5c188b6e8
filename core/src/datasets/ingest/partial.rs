//! The part that an ingestion stored before it failed, as the source of its error.

use std::error::Error as StdError;
use std::fmt;

use super::Ingested;
use crate::error::{BoxError, Error};

/// The source of the error of an ingestion: the datapoints that it had stored. Its own source is the failure.
#[derive(Debug)]
pub struct PartialIngestion {
    stored: Ingested,
    source: Option<BoxError>,
}

impl PartialIngestion {
    /// Returns what was stored.
    #[must_use]
    pub fn stored(&self) -> &Ingested {
        &self.stored
    }
}

impl fmt::Display for PartialIngestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} datapoints were stored", self.stored.ids.len())
    }
}

impl StdError for PartialIngestion {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl Error {
    /// Returns what an ingestion stored before it failed; `None` for every other error.
    ///
    /// Where existing datapoints are allowed it is safe to ingest the whole input again: stored datapoints stay as they
    /// are. A chunk without a response may have been stored or not.
    #[must_use]
    pub fn stored(&self) -> Option<&Ingested> {
        self.source()?.downcast_ref().map(PartialIngestion::stored)
    }

    /// Adds what the ingestion stored before it failed.
    pub(super) fn with_stored(self, stored: Ingested) -> Self {
        let error = match stored.ids.len() {
            0 => self,
            datapoints => self.with_note(&format!("{datapoints} datapoints were stored")),
        };
        error.map_source(|source| PartialIngestion { stored, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_of_ingestions_have_stored_datapoints() {
        let failed = || Error::invalid("ingest", "no", "").with_source("the cause");
        assert!(failed().stored().is_none());
        let nothing = failed().with_stored(Ingested::default());
        assert_eq!((nothing.stored(), nothing.reason()), (Some(&Ingested::default()), "no"));
        let cause = nothing.source().and_then(StdError::source);
        assert_eq!(cause.map(ToString::to_string).as_deref(), Some("the cause"));
    }
}
