//! The number of datapoints of a query.

use futures::stream::TryStreamExt as _;

use super::Query;
use crate::client::driver::spans::operation;
use crate::client::target::{Collections, ID};
use crate::datasets::estimate::counted;
use crate::datasets::{CollectionInfo, Selection};
use crate::error::Result;
use crate::schema::QueryExtent;

impl Query {
    /// Counts the datapoints that the query returns, without their data.
    ///
    /// The server knows the number of datapoints of each collection. A query of all times of a collection, without filter
    /// and area, takes one or two requests. Otherwise the ids of the datapoints are loaded, several pages at once, and
    /// counted; [`estimate`](Self::estimate) is faster and not exact.
    ///
    /// ```no_run
    /// # async fn example(dataset: tilebox_core::Dataset) -> tilebox_core::Result<()> {
    /// let all = dataset.query(..).count().await?;
    /// let clear = dataset.query("2025-03").filter("cloud_cover < 10").count().await?;
    /// println!("{clear} of {all} scenes");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("len", "size"))]
    pub async fn count(self) -> Result<u64> {
        let operation = operation!("datasets/datapoints/count", "tilebox.dataset" = self.target.dataset.slug());
        operation.run(self.run_count()).await
    }

    async fn run_count(mut self) -> Result<u64> {
        self.fix_extent();
        self.skip_data = true;
        self.columns = Some(vec![ID.to_owned()]);
        self.paging.in_order = self.paging.limit.is_some();
        let mut known = 0;
        if self.selects_all_of_its_extent()
            && let Ok(QueryExtent::Fixed(extent)) = &self.extent
        {
            let extent = extent.milliseconds();
            self.target.check()?;
            let mut rest: Vec<CollectionInfo> = Vec::new();
            for info in self.target.contents().await? {
                match counted(&info, &extent) {
                    Some(count) => known += count,
                    None => rest.push(info),
                }
            }
            let limit = self.paging.limit.unwrap_or(u64::MAX);
            if rest.is_empty() || known >= limit {
                return Ok(known.min(limit));
            }
            if rest.len() <= Selection::MAX_COLLECTIONS {
                let rest = rest.into_iter().map(|info| (info.id, info.name.into())).collect();
                self.target.collections = Collections::Resolved(rest);
                self.paging.limit = self.paging.limit.map(|limit| limit - known);
            } else {
                known = 0;
            }
        }
        let mut pages = self.pages();
        while let Some(page) = pages.try_next().await? {
            known += page.len() as u64;
        }
        Ok(known)
    }

    /// Returns whether the query is valid and returns every datapoint of its extent, up to its limit.
    pub(super) fn selects_all_of_its_extent(&self) -> bool {
        let is_plain = matches!((&self.filter, &self.area), (Ok(None), Ok(None))) && self.mode.is_none();
        let is_whole = self.paging.position.is_start() && self.no_cursor.is_none() && self.paging.check().is_ok();
        is_plain && is_whole && self.coordinate_system.is_none()
    }
}
