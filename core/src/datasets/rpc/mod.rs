//! The methods of the Datasets API, one file each.

mod create_collection;
mod create_dataset;
mod delete_collection;
mod delete_datapoints;
mod delete_dataset;
mod get_collection;
mod get_dataset;
mod ingest_datapoints;
mod list_collections;
mod list_datasets;
mod query_by_id;
mod query_datapoints;
mod update_dataset;

pub use create_collection::CreateCollection;
pub use create_dataset::CreateDataset;
pub use delete_collection::DeleteCollection;
pub use delete_datapoints::DeleteDatapoints;
pub use delete_dataset::DeleteDataset;
pub use get_collection::GetCollection;
pub use get_dataset::GetDataset;
pub use ingest_datapoints::IngestDatapoints;
pub use list_collections::ListCollections;
pub use list_datasets::ListDatasets;
pub use query_by_id::QueryById;
pub use query_datapoints::QueryDatapoints;
pub use update_dataset::UpdateDataset;
