//! The methods of the Datasets API, one file each.

mod get_collection;
mod get_dataset;
mod list_collections;
mod list_datasets;
mod query;
mod query_by_id;

pub use get_collection::GetCollection;
pub use get_dataset::GetDataset;
pub use list_collections::ListCollections;
pub use list_datasets::ListDatasets;
pub use query::Query;
pub use query_by_id::QueryById;
