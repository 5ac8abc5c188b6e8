//! Types of datasets: asked for by clients, described by the server, and applied to datapoints.

mod annotated;
mod canonical;
mod evolution;
mod fields;
mod known;
mod message;
mod requested;
mod sentinel2;

pub(crate) use annotated::dataset_type;
pub(crate) use canonical::canonical;
pub(crate) use evolution::check_change;
pub(crate) use fields::{FieldKind, Schema, SchemaField};
pub(crate) use requested::{is_snake_case, requested_fields};
pub(crate) use sentinel2::sentinel2_fields;
