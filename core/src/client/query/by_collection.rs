//! One load per collection of a query, joined into one table with a column of collection names.

use std::sync::Arc;

use uuid::Uuid;

use super::Query;
use crate::client::driver::meter::Meter;
use crate::client::driver::spans::operation;
use crate::client::load_all;
use crate::client::target::{Collections, QueryTarget};
use crate::datapoints::Datapoints;
use crate::datasets::Contents;
use crate::error::{Error, Result};
use crate::metrics::LoadMetrics;

/// The name of the column with the name of the collection.
const COLUMN: &str = "collection";

impl Query {
    /// Loads the collections concurrently, each by its own query, into one table. Its first column, `collection`, contains
    /// the name of the collection of each datapoint.
    ///
    /// ```no_run
    /// # async fn example(dataset: tilebox_core::Dataset) -> tilebox_core::Result<()> {
    /// let scenes = dataset
    ///     .query(("2025-03-01", "2025-03-02"))
    ///     .collections(["S2A_S2MSI1C", "S2B_S2MSI1C"])
    ///     .load_by_collection()
    ///     .await?;
    /// println!("{scenes}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Without [`collections`](Self::collections) it loads all collections of the dataset. The table contains the collections
    /// one after the other, in the order of their names in the query; [`Datapoints::sort_by_time`] orders it by time. A
    /// [`limit`](Self::limit) applies to each collection. The progress observer sees each load, by the name of dataset and
    /// collection.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid, or the datapoints have a
    /// field `collection`; otherwise the first error of a load. The other loads are aborted; [`load_each`](crate::load_each)
    /// continues them.
    pub async fn load_by_collection(self) -> Result<Datapoints> {
        let operation =
            operation!("datasets/datapoints/query_by_collection", "tilebox.dataset" = self.target.dataset.slug());
        operation.run(self.run_by_collection()).await
    }

    async fn run_by_collection(mut self) -> Result<Datapoints> {
        self.target.check()?;
        self.check_column()?;
        self.fix_extent();
        let runtime = Arc::clone(&self.target.dataset.session.runtime);
        let meter = Arc::new(Meter::new(runtime.now()));
        self.target.dataset = self.target.dataset.metered(&meter);
        let (queries, collections) = self.split().await?;
        let loads = load_all(queries).await?;
        let listing = meter.read_awaited(runtime.now());
        let loaded: LoadMetrics = loads.iter().filter_map(Datapoints::metrics).sum();
        // The loads ran at the same time, so their durations do not add up.
        let metrics = LoadMetrics { waiting: listing.waiting, duration: listing.duration, ..listing + loaded };
        let all = Datapoints::concat_named(COLUMN, collections.into_iter().map(|(_, name)| name).zip(loads))?;
        Ok(all.with_metrics(metrics))
    }

    /// Checks that the datapoints have no column of the same name.
    fn check_column(&self) -> Result<()> {
        let is_taken = match &self.columns {
            Some(columns) => columns.iter().any(|name| name == COLUMN),
            None => !self.skip_data && self.target.dataset.schema()?.field(COLUMN).is_some(),
        };
        if is_taken {
            let purpose = format!("load {} by collection", self.target.description());
            let reason = format!("its datapoints have a field `{COLUMN}`, too");
            let advice = "choose other `columns`, or use `load_each` and `Datapoints::concat_named` with another name";
            return Err(Error::invalid(purpose, reason, advice));
        }
        Ok(())
    }

    /// Returns the same query for each collection, with the ids and names of the collections.
    async fn split(self) -> Result<(Vec<Self>, Vec<(Uuid, Arc<str>)>)> {
        // Errors of options come before any request.
        let (extent, filter, area) = (self.extent?, self.filter?, self.area?);
        let collections = self.target.clone().identify().await?;
        let contents = if collections.len() == 1 { self.target.contents } else { Contents::default() };
        let query = |collection: &(Uuid, Arc<str>)| Self {
            target: QueryTarget {
                dataset: self.target.dataset.clone(),
                collections: Collections::Resolved(vec![collection.clone()]),
                contents,
            },
            extent: Ok(extent),
            filter: Ok(filter.clone()),
            area: Ok(area.clone()),
            mode: self.mode,
            coordinate_system: self.coordinate_system,
            skip_data: self.skip_data,
            columns: self.columns.clone(),
            paging: self.paging.clone(),
            no_cursor: self.no_cursor.clone(),
            progress: self.progress.clone(),
        };
        Ok((collections.iter().map(query).collect(), collections))
    }
}
