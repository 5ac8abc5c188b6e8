//! The pure part of the Datasets API.
//!
//! | file | holds |
//! |---|---|
//! | [`filter`] | conditions on the fields of datapoints |
//! | `spatial` | areas, from geometries, WKT, GeoJSON and WKB |
//! | `selection` | which collections of a dataset are asked |
//! | `scope` | all of that together: what a query asks for |
//! | `name` | names and ids that no server has to be asked for |
//! | [`rpc`] | the methods, one small file each |
//! | `pages` | the pages of one query as a machine |
//! | `ingest`, `delete` | datapoints are stored and deleted, as machines |
//! | `definition` | what a dataset should be, or become |
//! | `info`, `tree` | what the server says of datasets, groups and collections |

mod definition;
mod delete;
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

pub use definition::{DatasetChanges, DatasetDefinition, FieldDefinition, FieldRole, FieldType};
pub use delete::{CollectionIds, DatapointIds, Delete, DeleteReply};
pub use filter::{Expression, IntoExpression};
pub use info::{CollectionInfo, DatasetInfo};
pub use ingest::{
    ChunkLimits, DatapointEncoder, Ingest, IngestEvent, IngestTarget, Ingested, IntoDatapoints, Messages,
    PartialIngestion, Records,
};
pub use pages::{Page, Pages, Position, ReadAhead};
pub use scope::{Contents, Paging, QueryScope};
pub use selection::{CollectionKey, Selection};
pub use spatial::{CoordinateSystem, IntoSpatialFilter, SpatialFilter, SpatialMode};
pub use tree::{Group, Leaf, Summary};
