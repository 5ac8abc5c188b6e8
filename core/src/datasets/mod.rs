//! The Datasets API as pure values and machines.
//!
//! | file | holds |
//! |---|---|
//! | [`filter`] | conditions on the fields of datapoints |
//! | `spatial` | areas, from geometries, WKT, GeoJSON and WKB |
//! | `selection`, `column_names` | the selection of collections and columns |
//! | `scope` | the scope of a query: collections, extent, area, filter |
//! | `name` | checks of names and ids |
//! | [`rpc`] | the methods of the API, one file each |
//! | `pages` | the machine of a query |
//! | `estimate` | the estimated size of a query |
//! | `ingest`, `delete` | the machines of ingestion and deletion |
//! | `definition` | definitions and changes of datasets |
//! | `info`, `tree` | datasets, groups and collections as the server describes them |

mod column_names;
mod definition;
mod delete;
#[cfg(feature = "client")]
pub(crate) mod estimate;
pub mod filter;
mod info;
mod ingest;
#[cfg(feature = "client")]
pub(crate) mod name;
mod pages;
pub mod rpc;
mod scope;
mod selection;
pub(crate) mod spatial;
mod tree;

pub use crate::columns::EncodeError;
pub use column_names::IntoColumnNames;
pub use definition::{DatasetChanges, DatasetDefinition, FieldDefinition, FieldRole, FieldType};
pub use delete::{CollectionIds, DatapointIds, DeleteChunks, DeletionResponse};
#[cfg(feature = "client")]
pub use estimate::LoadEstimate;
pub use filter::{Expression, IntoExpression};
pub use info::{CollectionInfo, DatasetInfo};
pub use ingest::{
    ChunkLimits, DatapointEncoder, IngestChunks, IngestEvent, IngestTarget, Ingested, IntoDatapoints, Messages,
    PartialIngestion, Records,
};
pub use pages::{Decoded, EncodedPage, Page, PageEvent, Pages, Position, ReadAhead};
pub use scope::{Contents, Paging, QueryScope};
#[cfg(feature = "client")]
pub(crate) use selection::single_collection_keys;
pub use selection::{CollectionKey, IntoCollectionKeys, Selection};
pub use spatial::{CoordinateSystem, IntoSpatialFilter, SpatialFilter, SpatialMode};
pub use tree::{Group, Leaf, Summary};
