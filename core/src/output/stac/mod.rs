//! STAC items (SpatioTemporal Asset Catalog 1.1.0), as GeoJSON or as Parquet.
//!
//! | column | in an item |
//! |---|---|
//! | `id` | `id` |
//! | `time` | the property `datetime` |
//! | the geometry | `geometry` and `bbox`, both without a value if the geometry is empty or missing |
//! | STAC assets | `assets`, with the extensions that they use |
//! | STAC links | `links` |
//! | `collection`, if a link has the relation `collection` | `collection` |
//! | `ingestion_time` | the property `tilebox:ingestion_time` |
//! | another column | a property of its name, or `tilebox:NAME` if STAC has another meaning for `NAME` |
//!
//! | file | contents |
//! |---|---|
//! | `columns` | the columns of a table by their place in an item |
//! | `item` | a row as an item |
//! | `assets`, `links` | assets and links of an item, from the messages of Tilebox |
//! | `media_type` | media types by their names |
//! | `table` | rows as columns of stac-geoparquet |

mod assets;
mod columns;
mod item;
mod links;
mod media_type;
#[cfg(feature = "parquet")]
mod table;

pub(super) use item::Items;
#[cfg(feature = "parquet")]
pub(super) use table::ItemTable;

/// The version of the specification.
const STAC_VERSION: &str = "1.1.0";
