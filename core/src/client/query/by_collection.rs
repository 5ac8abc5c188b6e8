//! The collections of a query, each with a load of its own, in one table that names them.

use std::sync::Arc;

use uuid::Uuid;

use super::Query;
use crate::client::at_once::load_all;
use crate::client::driver::meter::Meter;
use crate::client::driver::spans::operation;
use crate::client::target::{Collections, QueryTarget};
use crate::datapoints::Datapoints;
use crate::datasets::Contents;
use crate::error::{Error, Result};
use crate::metrics::LoadMetrics;

/// The column that names the collection of a datapoint.
const COLUMN: &str = "collection";

impl Query {
    /// Loads each collection with a query of its own, all of them at once, into one table whose first column,
    /// `collection`, is the name of the collection that a datapoint is from.
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
    /// Without [`collections`](Self::collections) it loads all that the dataset has. The datapoints of a collection follow
    /// those of the one before it, in the order in which they were named; [`Datapoints::sort_by_time`] puts them in the
    /// order of time. A [`limit`](Self::limit) counts for each collection. Who hears of the progress hears of each
    /// load, by the name of dataset and collection.
    ///
    /// # Errors
    ///
    /// When something is wrong with the query, or the datapoints have a field `collection`; otherwise that of the load that
    /// fails first. The others are aborted. To get what could be loaded all the same, see
    /// [`load_each`](crate::client::load_each).
    pub async fn load_by_collection(self) -> Result<Datapoints> {
        let operation =
            operation!("datasets/datapoints/query_by_collection", "tilebox.dataset" = self.target.dataset.slug());
        operation.run(self.run_by_collection()).await
    }

    async fn run_by_collection(mut self) -> Result<Datapoints> {
        self.target.check()?;
        self.check_column()?;
        let names = |these: &[(Uuid, Arc<str>)]| these.iter().map(|(_, name)| Arc::clone(name)).collect::<Vec<_>>();
        let runtime = Arc::clone(&self.target.dataset.session.runtime);
        let meter = Arc::new(Meter::new(runtime.now()));
        self.target.dataset = self.target.dataset.metered(&meter);
        let (queries, these) = self.divide().await?;
        let loads = load_all(queries).await?;
        let listing = meter.read_awaited(runtime.now());
        let loaded: LoadMetrics = loads.iter().filter_map(Datapoints::metrics).sum();
        // The loads went on at once, so their times do not add up.
        let metrics = LoadMetrics { waiting: listing.waiting, duration: listing.duration, ..listing + loaded };
        let all = Datapoints::concat_named(COLUMN, names(&these).into_iter().zip(loads))?;
        Ok(all.with_metrics(metrics))
    }

    /// The name of the column has to be free.
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

    /// The same query of each collection alone.
    async fn divide(self) -> Result<(Vec<Self>, Vec<(Uuid, Arc<str>)>)> {
        // What is wrong comes out before anything is asked.
        let (extent, filter, area) = (self.extent?, self.filter?, self.area?);
        let these = self.target.clone().identify().await?;
        let contents = if these.len() == 1 { self.target.contents } else { Contents::default() };
        let query = |collection: &(Uuid, Arc<str>)| Self {
            target: QueryTarget {
                dataset: self.target.dataset.clone(),
                collections: Collections::These(vec![collection.clone()]),
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
        Ok((these.iter().map(query).collect(), these))
    }
}
