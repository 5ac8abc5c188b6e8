//! Types of datasets as the server describes them.

mod annotated;
mod sentinel2;

pub(crate) use annotated::{FieldSpec, dataset_type};
pub(crate) use sentinel2::SENTINEL2_FIELDS;
