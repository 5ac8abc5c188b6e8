//! The methods of the Datasets API, one file each.

mod create_collection;
mod create_dataset;
mod delete;
mod delete_collection;
mod delete_dataset;
mod get_collection;
mod get_dataset;
mod ingest;
mod list_collections;
mod list_datasets;
mod query;
mod query_by_id;
mod update_dataset;

pub use create_collection::CreateCollection;
pub use create_dataset::CreateDataset;
pub use delete::Delete;
pub use delete_collection::DeleteCollection;
pub use delete_dataset::DeleteDataset;
pub use get_collection::GetCollection;
pub use get_dataset::GetDataset;
pub use ingest::Ingest;
pub use list_collections::ListCollections;
pub use list_datasets::ListDatasets;
pub use query::Query;
pub use query_by_id::QueryById;
pub use update_dataset::UpdateDataset;
