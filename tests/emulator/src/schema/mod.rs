//! Dataset types: requested by clients, described by the server, applied to datapoints.

mod annotated;
mod canonical;
mod evolution;
mod fields;
mod requested;
mod sentinel2;
mod well_known;

pub(crate) use annotated::dataset_type;
pub(crate) use canonical::canonical;
pub(crate) use evolution::check_change;
pub(crate) use fields::{FieldKind, Schema, SchemaField};
pub(crate) use requested::{is_snake_case, requested_fields};
pub(crate) use sentinel2::sentinel2_fields;
