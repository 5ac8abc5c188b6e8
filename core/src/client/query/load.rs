//! A validated query, and the start of its load.

use std::pin::Pin;

use futures::stream::{Peekable, StreamExt as _};

use super::Query;
use crate::client::Dataset;
use crate::client::current_definition::with_current_definition;
use crate::client::driver::page_drive::PageDrive;
use crate::client::target::{Collections, QueryTarget};
use crate::columns::PageDecoder;
use crate::datasets::{Contents, Pages, Paging, QueryScope, SpatialFilter};
use crate::error::{Error, Result};
use crate::schema::{TemporalExtent, TimeInterval};

/// A query whose options are valid, as far as they can be checked without the current definition of the dataset.
pub(super) struct ValidQuery {
    pub(super) target: QueryTarget,
    /// The scope without collections, and with a filter that is not validated against the schema.
    scope: QueryScope,
    pub(super) paging: Paging,
    columns: Option<Vec<String>>,
    /// Whether the id is decoded as an additional last column: parts are told apart by it.
    adds_id: bool,
}

impl Query {
    /// Starts the load and waits for its first page. `adds_id` decodes the id as an additional last column.
    pub(super) async fn start_load(self, adds_id: bool) -> Result<Peekable<PageDrive>> {
        let query = self.validate(adds_id)?;
        let prepare = |dataset: &Dataset| query.prepare(dataset);
        with_current_definition(&query.target.dataset, prepare, |(scope, decoder)| query.load(scope, decoder)).await
    }

    pub(super) fn validate(self, adds_id: bool) -> Result<ValidQuery> {
        let target = self.target;
        let invalid = |reason: String, advice: &'static str| {
            Error::invalid(format!("load {}", target.description()), reason, advice)
        };
        let mut scope = QueryScope::new(target.dataset.id(), target.dataset.session.fixed_extent(self.extent?)?);
        scope.filter = self.filter?;
        scope.skip_data = self.skip_data;
        scope.spatial_extent = match self.area? {
            None if self.mode.is_some() || self.coordinate_system.is_some() => {
                let reason = "it says how to compare with an area, and there is none".to_owned();
                return Err(invalid(reason, "give it a `spatial_extent`"));
            }
            None => None,
            Some(area) => {
                let area = self.mode.into_iter().fold(area, SpatialFilter::with_mode);
                Some(self.coordinate_system.into_iter().fold(area, SpatialFilter::with_coordinate_system))
            }
        };
        if let Some(reason) = self.no_cursor {
            return Err(invalid(format!("the id to start after is not valid: {reason}"), "pass the id of a datapoint"));
        }
        if let Err((reason, advice)) = self.paging.check() {
            return Err(Error::invalid(format!("load {}", target.description()), reason, advice));
        }
        target.check()?;
        target.check_columns(self.columns.as_deref().unwrap_or_default(), self.skip_data)?;
        let paging = Paging { contents: target.contents, ..self.paging };
        Ok(ValidQuery { target, scope, paging, columns: self.columns, adds_id })
    }
}

impl ValidQuery {
    /// Validates the filter against a definition of the dataset, and compiles the decoder of its pages.
    pub(super) fn prepare(&self, dataset: &Dataset) -> Result<(QueryScope, PageDecoder)> {
        let scope = self.scope.clone().validate(dataset.schema()?)?;
        let target = self.target.of(dataset);
        let decoder = match &self.columns {
            Some(columns) => target.decoder_of(columns, self.adds_id)?,
            None => target.decoder(scope.skip_data)?,
        };
        Ok((scope, decoder))
    }

    /// Returns target and paging of the load. A load from the end needs to know where the datapoints end: if their
    /// availability is unknown, one call reads it.
    async fn locate_end(&self, extent: TemporalExtent) -> Result<(QueryTarget, Paging)> {
        let (mut target, mut paging) = (self.target.clone(), self.paging.clone());
        if paging.newest_first && paging.contents.availability.is_none() {
            let infos = target.contents().await?;
            paging.contents = Contents::of_all(&infos);
            if !matches!(target.collections, Collections::All) {
                let collections = infos.into_iter().map(|info| (info.id, info.name.into())).collect();
                target.collections = Collections::Resolved(collections);
            }
            if paging.contents.availability.is_none()
                && let TemporalExtent::Time(interval) = extent
            {
                // Few datapoints are later than now.
                let now = target.dataset.session.wall_time()?;
                let start = interval.start().min(now);
                paging.contents.availability = Some(TimeInterval::new(start, now).with_end_inclusive(true));
            }
        }
        Ok((target, paging))
    }

    /// Looks up the collections and loads the first page.
    async fn load(&self, scope: QueryScope, decoder: PageDecoder) -> Result<Peekable<PageDrive>> {
        let session = &self.target.dataset.session;
        let (target, paging) = self.locate_end(scope.extent).await?;
        let resolved = target.resolve().await?;
        let scope = QueryScope { collection_ids: resolved.collection_ids, ..scope };
        let purpose = format!("load {}", resolved.description);
        let pages = Pages::new(session.caller(), scope, paging, purpose, decoder)?;
        let mut pages = PageDrive::new(pages, session).peekable();
        match Pin::new(&mut pages).next_if(Result::is_err).await {
            Some(Err(error)) => Err(error),
            _ => Ok(pages),
        }
    }
}
