//! Concurrent loads of several queries.

use std::future::IntoFuture;

use futures::future::{BoxFuture, join_all, try_join_all};

use super::Query;
use crate::datapoints::Datapoints;
use crate::error::Result;

/// Loads several queries at once and returns their results in the order of the queries.
///
/// [`Query::load_by_collection`] loads the collections of one dataset into one table.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::{Dataset, load_all};
///
/// # async fn example(sentinel: Dataset, landsat: Dataset) -> tilebox_core::Result<()> {
/// let day = ("2025-03-01", "2025-03-02");
/// let loads = load_all([sentinel.query(day), landsat.query(day)]).await?;
/// println!("{} and {} datapoints", loads[0].len(), loads[1].len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The first error of a query. The other queries are aborted; [`load_each`] continues them.
#[doc(alias("gather", "concurrent", "join_all"))]
pub fn load_all(queries: impl IntoIterator<Item = Query>) -> BoxFuture<'static, Result<Vec<Datapoints>>> {
    Box::pin(try_join_all(queries.into_iter().map(IntoFuture::into_future)))
}

/// Loads several queries at once and returns the result or the error of each, in the order of the queries. An error of one
/// query does not abort the others.
///
/// The successful loads in one table, and the errors of the others:
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::{Datapoints, Dataset, load_each};
///
/// # async fn example(dataset: Dataset) -> tilebox_core::Result<()> {
/// let names = ["S2A_S2MSI1C", "S2B_S2MSI1C", "S2C_S2MSI1C"];
/// let queries = names.map(|name| dataset.query(("2025-03-01", "2025-03-02")).collections([name]));
/// let mut loaded = Vec::new();
/// for (name, load) in names.into_iter().zip(load_each(queries).await) {
///     match load {
///         Ok(datapoints) => loaded.push((name, datapoints)),
///         Err(error) => eprintln!("{name}: {error}"),
///     }
/// }
/// println!("{}", Datapoints::concat_named("collection", loaded)?);
/// # Ok(())
/// # }
/// ```
pub fn load_each(queries: impl IntoIterator<Item = Query>) -> BoxFuture<'static, Vec<Result<Datapoints>>> {
    Box::pin(join_all(queries.into_iter().map(IntoFuture::into_future)))
}
