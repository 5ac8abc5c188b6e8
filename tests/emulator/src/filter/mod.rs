//! Filters of a query: which datapoints match.

mod bounds;
mod expression;
mod figure;
mod spatial;
mod value;

use tilebox_core::protocol::wire::datasets::v1::{DatasetKind, QueryFilters};

use crate::store::{Datapoint, DatasetType};
use expression::Expressions;
use spatial::SpatialFilter;

/// What datapoints must fulfil beside being in an interval.
#[derive(Default)]
pub(crate) struct Filter {
    expressions: Expressions,
    spatial: Option<SpatialFilter>,
}

impl Filter {
    /// Reads the filters of a query about datapoints of this type.
    ///
    /// # Errors
    ///
    /// Names the part of the message that is wrong, and why.
    pub(crate) fn of(filters: &QueryFilters, r#type: &DatasetType) -> Result<Self, String> {
        let spatial = filters.spatial_extent.as_ref().map(|spatial| {
            if r#type.kind != DatasetKind::Spatiotemporal {
                // Which code the real server answers with is not known.
                return Err("filters.spatial_extent: the datapoints of this dataset have no geometry".to_owned());
            }
            SpatialFilter::of(spatial).map_err(|reason| format!("filters.spatial_extent: {reason}"))
        });
        Ok(Self { expressions: Expressions::of(&filters.expressions, &r#type.schema)?, spatial: spatial.transpose()? })
    }

    /// Whether a datapoint fulfils everything.
    pub(crate) fn matches(&self, datapoint: &Datapoint) -> bool {
        // Fields are cheaper to look at than geometries.
        self.expressions.match_fields(datapoint.rest())
            && self.spatial.as_ref().is_none_or(|spatial| spatial.matches(datapoint.geometry()))
    }
}
