//! The scope of a query, and its paging.

use uuid::Uuid;

use super::filter::Expression;
use super::pages::{Position, ReadAhead};
use super::{CollectionInfo, SpatialFilter};
use crate::error::{Error, Result};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::schema::DatasetSchema;
use crate::schema::extent::TemporalExtent;
use crate::schema::interval::TimeInterval;

/// The datapoints that a query returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct QueryScope {
    /// The dataset.
    pub dataset_id: Uuid,
    /// The collections of the dataset. Empty for all collections, so a choice of collections is never empty.
    pub collection_ids: Vec<Uuid>,
    /// The interval of times or ids.
    pub extent: TemporalExtent,
    /// The area of the datapoints; `None` for all.
    pub spatial_extent: Option<SpatialFilter>,
    /// The condition on the fields; `None` for all datapoints.
    pub filter: Option<Expression>,
    /// Whether to return only time, id and ingestion time.
    pub skip_data: bool,
}

impl QueryScope {
    /// Selects all datapoints of a dataset within an extent.
    #[must_use]
    pub fn new(dataset_id: Uuid, extent: TemporalExtent) -> Self {
        Self { dataset_id, collection_ids: Vec::new(), extent, spatial_extent: None, filter: None, skip_data: false }
    }

    /// Validates the scope against the dataset: see [`Expression::validate`].
    ///
    /// # Errors
    ///
    /// If the filter is not valid for the dataset, or the scope has a spatial extent and the dataset is temporal.
    pub fn validate(mut self, schema: &DatasetSchema) -> Result<Self> {
        if self.spatial_extent.is_some() && schema.kind() == wire::DatasetKind::Temporal {
            let reason = "the dataset is temporal: its datapoints have no geometry";
            return Err(Error::invalid("query an area", reason, "leave the spatial extent out"));
        }
        self.filter = self.filter.map(|filter| filter.validate(schema)).transpose()?;
        Ok(self)
    }

    /// Returns whether the scope contains every datapoint of its extent.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.filter.is_none() && self.spatial_extent.is_none()
    }

    /// Returns the request for the first page, with the default page size of the server.
    #[must_use]
    pub fn request(&self) -> wire::QueryRequest {
        self.to_wire(Pagination::default())
    }

    pub(crate) fn to_wire(&self, page: Pagination) -> wire::QueryRequest {
        let mut filters = wire::QueryFilters {
            spatial_extent: self.spatial_extent.as_ref().map(SpatialFilter::to_wire),
            expressions: self.filter.iter().map(Expression::to_wire).collect(),
            ..Default::default()
        };
        match self.extent {
            TemporalExtent::Time(interval) => filters.time_interval = Some(interval.to_wire()),
            TemporalExtent::Ids(interval) => filters.datapoint_interval = Some(interval.to_wire()),
        }
        wire::QueryRequest {
            dataset_id: Some(id::to_wire(self.dataset_id)),
            collection_ids: self.collection_ids.iter().copied().map(id::to_wire).collect(),
            filters: Some(filters),
            page: Some(page),
            skip_data: self.skip_data,
        }
    }
}

/// The limit, page size, order and start of a query.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Paging {
    /// The most datapoints of a page; `None` for the default of the server. The server may return fewer.
    pub page_size: Option<u64>,
    /// The most datapoints of the query, including those before a saved position.
    pub limit: Option<u64>,
    /// The position to start at.
    pub position: Position,
    /// Whether pages are delivered in datapoint order rather than as they arrive. A query with a limit always delivers in
    /// order.
    pub in_order: bool,
    /// Whether the load begins at the end: pages and their datapoints are in reverse order, and the limit selects the last
    /// datapoints. Datapoints before 1970 come last, in the order of the server, because the order of their ids is
    /// unspecified. After a window with more datapoints than a page, its rest is loaded beyond the read-ahead.
    pub newest_first: bool,
    /// The limit of pages loaded ahead of the reader.
    pub read_ahead: ReadAhead,
    /// The expected contents of the queried collections.
    pub contents: Contents,
}

/// The expected contents of the queried collections.
///
/// It is a hint and may be outdated: a load is complete in any case, and takes fewer round trips if the hint is right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Contents {
    /// The interval from the earliest to the latest datapoint.
    pub availability: Option<TimeInterval>,
    /// The number of datapoints.
    pub count: Option<u64>,
}

impl From<&CollectionInfo> for Contents {
    fn from(info: &CollectionInfo) -> Self {
        Self { availability: info.availability, count: info.count }
    }
}

#[cfg(feature = "client")]
impl Contents {
    /// Returns the contents of several collections together: what is unknown of one is unknown of all.
    pub(crate) fn of_all(collections: &[CollectionInfo]) -> Self {
        let filled = || collections.iter().filter(|info| info.count != Some(0));
        let availability = filled().map(|info| info.availability.filter(|interval| !interval.is_empty()));
        let both = |one: TimeInterval, other: TimeInterval| {
            let interval = TimeInterval::new(one.start().min(other.start()), one.end().max(other.end()));
            interval.with_end_inclusive(true)
        };
        let availability = availability.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().reduce(both));
        Self { availability, count: filled().map(|info| info.count).sum() }
    }
}

/// All datapoints, in order.
impl Default for Paging {
    fn default() -> Self {
        Self {
            page_size: None,
            limit: None,
            position: Position::start(),
            in_order: true,
            newest_first: false,
            read_ahead: ReadAhead::default(),
            contents: Contents::default(),
        }
    }
}

impl Paging {
    /// Returns paging from the start.
    #[must_use]
    pub fn new(page_size: Option<u64>, limit: Option<u64>) -> Self {
        Self { page_size, limit, ..Self::default() }
    }

    /// Checks the values. An error has a reason and an advice.
    pub(crate) fn check(&self) -> Result<(), (String, &'static str)> {
        for (name, value) in [("page size", self.page_size), ("limit", self.limit)] {
            if value.is_some_and(|value| value == 0 || i64::try_from(value).is_err()) {
                let reason = format!("expects a {name} from 1 to 2^63 - 1, got {}", value.unwrap_or_default());
                return Err((reason, "use a number in this range"));
            }
        }
        if self.position.is_nil() {
            return Err(("the cursor is the nil id".to_owned(), "leave it out to start at the beginning"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;

    use super::*;
    use crate::datasets::IntoExpression as _;
    use crate::datasets::filter::field;
    use crate::schema::IntoTemporalExtent as _;
    use crate::schema::samples;

    fn scope() -> QueryScope {
        let extent = ("2025-01-01", "2026-01-01").into_temporal_extent().expect("an extent");
        QueryScope::new(Uuid::from_u128(7), extent)
    }

    fn schema(kind: wire::DatasetKind) -> DatasetSchema {
        let mut fields = vec![samples::field("cloud_cover", 5, Type::Double)];
        if kind == wire::DatasetKind::Spatiotemporal {
            fields.push(samples::named("geometry", 4, Type::Message, "datasets.v1.Geometry"));
        }
        let annotated = wire::AnnotatedType { kind: kind.into(), ..samples::annotated(fields, |_| {}) };
        DatasetSchema::from_annotated_type(&annotated).expect("a schema")
    }

    #[test]
    fn a_request_has_the_filters_and_the_interval() {
        let filter = (field("a").lt(1) & field("b").gt(2)).into_expression().expect("an expression");
        let area = SpatialFilter::new("POINT (1 2)").expect("an area");
        let scope = QueryScope { filter: Some(filter.clone()), spatial_extent: Some(area.clone()), ..scope() };
        let filters = scope.to_wire(Pagination::default()).filters.expect("filters");
        assert!(filters.time_interval.is_some() && filters.datapoint_interval.is_none());
        assert_eq!(filters.expressions, [filter.to_wire()]);
        assert_eq!(filters.spatial_extent, Some(area.to_wire()));
    }

    #[test]
    fn a_request_omits_absent_filters() {
        let request = scope().to_wire(Pagination::default());
        let filters = request.filters.expect("filters");
        assert!(filters.expressions.is_empty() && filters.spatial_extent.is_none());
        assert!(request.collection_ids.is_empty());
    }

    #[test]
    fn a_temporal_dataset_refuses_an_area() {
        let scope = || QueryScope { spatial_extent: SpatialFilter::new("POINT (1 2)").ok(), ..scope() };
        let error = scope().validate(&schema(wire::DatasetKind::Temporal)).expect_err("a temporal dataset");
        assert!(error.to_string().contains("its datapoints have no geometry; leave the spatial extent out"), "{error}");
        for kind in [wire::DatasetKind::Spatiotemporal, wire::DatasetKind::Unspecified] {
            assert!(scope().validate(&schema(kind)).is_ok());
        }
    }

    #[test]
    fn a_filter_is_validated_against_the_dataset() {
        let filter = field("cloud").lt(10).check().expect("an expression");
        let scope = QueryScope { filter: Some(filter), ..scope() };
        let error = scope.validate(&schema(wire::DatasetKind::Temporal)).expect_err("no such field");
        assert!(error.to_string().contains("cannot filter by `cloud`"), "{error}");
    }
}
