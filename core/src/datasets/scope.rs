//! What a query asks for, and in which portions.

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

/// What a query asks for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct QueryScope {
    /// The dataset.
    pub dataset_id: Uuid,
    /// The collections of it; never empty where only some are meant, because none means all.
    pub collection_ids: Vec<Uuid>,
    /// Which datapoints, by time or id.
    pub extent: TemporalExtent,
    /// Which of them, by place.
    pub spatial_extent: Option<SpatialFilter>,
    /// Which of them, by the values of their fields.
    pub filter: Option<Expression>,
    /// Whether only time, id and ingestion time are wanted.
    pub skip_data: bool,
}

impl QueryScope {
    /// All datapoints of a dataset within an extent.
    #[must_use]
    pub fn new(dataset_id: Uuid, extent: TemporalExtent) -> Self {
        Self { dataset_id, collection_ids: Vec::new(), extent, spatial_extent: None, filter: None, skip_data: false }
    }

    /// The scope as it suits the type of the dataset: see [`Expression::suited_to`].
    ///
    /// # Errors
    ///
    /// When the filter does not suit, or there is a spatial extent and the datapoints have no place.
    pub fn suited_to(mut self, schema: &DatasetSchema) -> Result<Self> {
        if self.spatial_extent.is_some() && schema.kind() == wire::DatasetKind::Temporal {
            let reason = "its datapoints have a time and no place";
            return Err(Error::invalid("ask the dataset for an area", reason, "leave the spatial extent out"));
        }
        self.filter = self.filter.map(|filter| filter.suited_to(schema)).transpose()?;
        Ok(self)
    }

    /// Whether it gives every datapoint of its extent.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.filter.is_none() && self.spatial_extent.is_none()
    }

    /// The request for its first page, of the size that the server chooses.
    #[must_use]
    pub fn request(&self) -> wire::QueryRequest {
        self.to_wire(Pagination::default())
    }

    pub(super) fn to_wire(&self, page: Pagination) -> wire::QueryRequest {
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

/// How many datapoints a query gives, in which portions and order, and from where on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Paging {
    /// The most datapoints of a page; the server decides without it, and may give less.
    pub page_size: Option<u64>,
    /// The most datapoints in all, those before a saved position included.
    pub limit: Option<u64>,
    /// Where to begin.
    pub position: Position,
    /// Whether pages come in the order of their datapoints, or each as soon as it is there. With a limit they always come
    /// in order.
    pub in_order: bool,
    /// How much may be loaded ahead.
    pub read_ahead: ReadAhead,
    /// What is known of the collections that are asked.
    pub contents: Contents,
}

/// What is known of the collections that are asked, before asking. It need not be true any more: a load is complete
/// whatever it says, and takes fewer round trips where it is true.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Contents {
    /// From the earliest to the latest datapoint.
    pub availability: Option<TimeInterval>,
    /// How many datapoints there are.
    pub count: Option<u64>,
}

impl From<&CollectionInfo> for Contents {
    fn from(info: &CollectionInfo) -> Self {
        Self { availability: info.availability, count: info.count }
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
            read_ahead: ReadAhead::default(),
            contents: Contents::default(),
        }
    }
}

impl Paging {
    /// Paging from the start.
    #[must_use]
    pub fn new(page_size: Option<u64>, limit: Option<u64>) -> Self {
        Self { page_size, limit, ..Self::default() }
    }

    /// Why it cannot be, and what to do about it.
    pub(crate) fn check(&self) -> Result<(), (String, &'static str)> {
        for (name, value) in [("page size", self.page_size), ("limit", self.limit)] {
            if value.is_some_and(|value| value == 0 || i64::try_from(value).is_err()) {
                let reason = format!("its {name} is {}", value.unwrap_or_default());
                return Err((reason, "use a number from 1 to 2^63 - 1"));
            }
        }
        if self.position.is_nil() {
            return Err(("its cursor is the nil id".to_owned(), "leave it out to start at the beginning"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;

    use super::super::IntoExpression as _;
    use super::super::filter::field;
    use super::*;
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
    fn filters_stand_in_the_request_beside_the_interval() {
        let filter = (field("a").lt(1) & field("b").gt(2)).into_expression().expect("an expression");
        let area = SpatialFilter::new("POINT (1 2)").expect("an area");
        let scope = QueryScope { filter: Some(filter.clone()), spatial_extent: Some(area.clone()), ..scope() };
        let filters = scope.to_wire(Pagination::default()).filters.expect("filters");
        assert!(filters.time_interval.is_some() && filters.datapoint_interval.is_none());
        assert_eq!(filters.expressions, [filter.to_wire()]);
        assert_eq!(filters.spatial_extent, Some(area.to_wire()));
    }

    #[test]
    fn what_is_not_filtered_by_is_absent() {
        let request = scope().to_wire(Pagination::default());
        let filters = request.filters.expect("filters");
        assert!(filters.expressions.is_empty() && filters.spatial_extent.is_none());
        assert!(request.collection_ids.is_empty());
    }

    #[test]
    fn an_area_is_only_asked_of_datapoints_that_have_a_place() {
        let scope = || QueryScope { spatial_extent: SpatialFilter::new("POINT (1 2)").ok(), ..scope() };
        let error = scope().suited_to(&schema(wire::DatasetKind::Temporal)).expect_err("no place");
        assert!(error.to_string().contains("have a time and no place; leave the spatial extent out"), "{error}");
        for kind in [wire::DatasetKind::Spatiotemporal, wire::DatasetKind::Unspecified] {
            assert!(scope().suited_to(&schema(kind)).is_ok());
        }
    }

    #[test]
    fn a_filter_is_held_against_the_dataset() {
        let filter = field("cloud").lt(10).check().expect("an expression");
        let scope = QueryScope { filter: Some(filter), ..scope() };
        let error = scope.suited_to(&schema(wire::DatasetKind::Temporal)).expect_err("no such field");
        assert!(error.to_string().contains("cannot filter by `cloud`"), "{error}");
    }
}
