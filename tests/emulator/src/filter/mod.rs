//! The filters of a query.

mod bounds;
mod expression;
mod geometry;
mod spatial;
mod value;

use tilebox_core::protocol::wire::datasets::v1::{DatasetKind, QueryFilters};

use crate::store::{Datapoint, DatasetType};
use expression::Expressions;
use spatial::SpatialFilter;

/// The conditions on datapoints besides the interval.
#[derive(Default)]
pub(crate) struct Filter {
    expressions: Expressions,
    spatial: Option<SpatialFilter>,
}

impl Filter {
    /// Validates the filters of a query against a type.
    ///
    /// # Errors
    ///
    /// A message that names the invalid part and the reason.
    pub(crate) fn of(filters: &QueryFilters, r#type: &DatasetType) -> Result<Self, String> {
        let spatial = filters.spatial_extent.as_ref().map(|spatial| {
            if r#type.kind != DatasetKind::Spatiotemporal {
                // The error code of the real server is not known.
                return Err("filters.spatial_extent: the datapoints of this dataset have no geometry".to_owned());
            }
            SpatialFilter::of(spatial).map_err(|reason| format!("filters.spatial_extent: {reason}"))
        });
        Ok(Self { expressions: Expressions::of(&filters.expressions, &r#type.schema)?, spatial: spatial.transpose()? })
    }

    /// Returns whether a datapoint matches.
    pub(crate) fn matches(&self, datapoint: &Datapoint) -> bool {
        // Fields are cheaper to compare than geometries.
        self.expressions.match_fields(datapoint.rest())
            && self.spatial.as_ref().is_none_or(|spatial| spatial.matches(datapoint.geometry()))
    }
}
