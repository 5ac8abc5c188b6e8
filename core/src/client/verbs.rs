//! The verbs in which a builder ends, the same as in the [blocking](super::blocking) API.
//!
//! Awaiting the builder itself does the same. With the verb, code that is async and code that blocks differ in their
//! import and in `.await` alone.

use std::future::IntoFuture;

use futures::future::{BoxFuture, try_join_all};

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

/// Loads several queries at once, and gives their results in the order of the queries.
///
/// ```no_run
/// use tilebox_core::{Dataset, client::load_all};
///
/// # async fn example(dataset: Dataset) -> tilebox_core::Result<()> {
/// let collections = dataset.collections().await?;
/// let loads = load_all(collections.iter().map(|collection| collection.query(("2025-03-01", "2025-03-02")))).await?;
/// for (collection, datapoints) in collections.iter().zip(&loads) {
///     println!("{}: {} datapoints", collection.name(), datapoints.len());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// That of the query that fails first; the others are aborted.
pub fn load_all(queries: impl IntoIterator<Item = Query>) -> BoxFuture<'static, Result<Vec<Datapoints>>> {
    Box::pin(try_join_all(queries.into_iter().map(IntoFuture::into_future)))
}
