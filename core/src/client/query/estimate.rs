//! The estimated size of a load.

use std::sync::Arc;

use super::Query;
use super::load::ValidQuery;
use crate::client::Dataset;
use crate::client::current_definition::with_current_definition;
use crate::client::driver::meter::Meter;
use crate::client::driver::spans::operation;
use crate::client::target::Collections;
use crate::client::unreadable;
use crate::datasets::estimate::{EstimatedQuery, LoadEstimate, SamplePage};
use crate::datasets::{QueryScope, rpc};
use crate::error::{Result, UnreadableMessage};
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Pagination;

impl Query {
    /// Estimates how much the load would transfer, from its first page and the contents of its collections: three requests
    /// at any size. [`LoadEstimate`] describes how far to trust it.
    ///
    /// [`columns`](Self::columns) do not change it: the server sends all fields. [`skip_data`](Self::skip_data) does.
    ///
    /// ```no_run
    /// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::Result<()> {
    /// let estimate = collection.query(("2015", "2026")).estimate().await?;
    /// println!("{estimate}"); // about 120000 datapoints in 24 pages, 31.5 MB
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("dry_run", "explain"))]
    pub async fn estimate(self) -> Result<LoadEstimate> {
        let operation = operation!("datasets/datapoints/estimate", "tilebox.dataset" = self.target.dataset.slug());
        operation.run(self.run_estimate()).await
    }

    async fn run_estimate(mut self) -> Result<LoadEstimate> {
        self.fix_extent();
        let is_unfiltered = self.selects_all_of_its_extent();
        let query = self.validate(false)?;
        let prepare = |dataset: &Dataset| query.prepare(dataset);
        let sample = |(scope, _)| query.sample(scope, is_unfiltered);
        with_current_definition(&query.target.dataset, prepare, sample).await
    }
}

impl ValidQuery {
    /// Loads the first page, and extrapolates the rest.
    async fn sample(&self, scope: QueryScope, is_unfiltered: bool) -> Result<LoadEstimate> {
        let dataset = &self.target.dataset;
        let purpose = format!("estimate {}", self.target.description());
        let collections = self.target.contents().await?;
        let mut extent = scope.extent.milliseconds();
        let (paging, delivered) = (&self.paging, self.paging.position.delivered());
        let after = paging.position.cursor();
        if let Some(after) = after {
            extent.start = extent.start.max(milliseconds(after));
        }
        let limit = paging.limit.map(|limit| limit.saturating_sub(delivered));
        if limit == Some(0) {
            return Ok(LoadEstimate { is_exact: true, ..LoadEstimate::default() });
        }
        let collection_ids = match &self.target.collections {
            Collections::All => Vec::new(),
            Collections::Resolved(_) | Collections::Unresolved(_) => collections.iter().map(|info| info.id).collect(),
        };
        let scope = QueryScope { collection_ids, ..scope };
        let size = [paging.page_size, limit].into_iter().flatten().min();
        let page = Pagination {
            limit: size.and_then(|size| i64::try_from(size).ok()),
            starting_after: after.map(id::to_wire),
        };
        // Only the bytes of this page count.
        let meter = Arc::new(Meter::new(dataset.session.runtime.now()));
        let session = dataset.session.metered(&meter);
        let call = session.endpoint.call::<rpc::QueryDatapoints>(&scope.to_wire(page), purpose.clone())?;
        let page = session.call(call).await?;
        let cursor = page.next_page.and_then(|next| next.starting_after).filter(|cursor| !cursor.uuid.is_empty());
        let cursor =
            cursor.map(|cursor| id::from_wire(&cursor).ok_or(UnreadableMessage::new("its cursor is not an id")));
        let cursor = cursor.transpose().map_err(|error| unreadable(purpose, error))?;
        let sample = SamplePage {
            rows: page.data.map_or(0, |data| data.value.len() as u64),
            bytes: meter.read(session.runtime.now()).bytes_received,
            covered: cursor.map(|cursor| extent.start..milliseconds(cursor).saturating_add(1)),
        };
        // A cursor already excludes the delivered datapoints.
        let delivered = if after.is_some() { 0 } else { delivered };
        let query = EstimatedQuery { extent, collections: &collections, is_unfiltered, limit, delivered };
        Ok(LoadEstimate::extrapolate(&sample, &query))
    }
}

/// Returns the milliseconds since 1970 with which an id begins.
fn milliseconds(id: uuid::Uuid) -> i64 {
    i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX)
}
