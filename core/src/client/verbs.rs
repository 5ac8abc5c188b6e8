//! The verbs in which a builder ends, the same as in the [blocking](super::blocking) API.
//!
//! Awaiting the builder itself does the same. With the verb, code that is async and code that blocks differ in their
//! import and in `.await` alone.

use super::{Find, Ingestion, Query};
use crate::datapoints::Datapoints;
use crate::datasets::Ingested;
use crate::error::Result;

impl Query {
    /// All datapoints in one table, as awaiting the query does.
    ///
    /// # Errors
    ///
    /// When something is wrong with the query; otherwise as every call.
    pub async fn load(self) -> Result<Datapoints> {
        self.await
    }
}

impl Find {
    /// The datapoint as a table of one row, as awaiting the search does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is not there; otherwise as every call.
    pub async fn load(self) -> Result<Datapoints> {
        self.await
    }
}

impl Ingestion<'_> {
    /// Stores the datapoints and gives their ids in the order of the input, as awaiting the ingestion does.
    ///
    /// # Errors
    ///
    /// When a datapoint does not fit the dataset, or is refused. The error says
    /// [what was stored](crate::Error::stored) before.
    pub async fn store(self) -> Result<Ingested> {
        self.await
    }
}
