//! Tables as files: GeoJSON, CSV, Arrow and GeoParquet.
//!
//! [`TableWriter`] writes page by page, so that a load of any size is saved with the memory of one page.
//! [`Datapoints::write`](crate::Datapoints::write) saves loaded datapoints, and
//! [`TelemetryTable::write`](crate::workflows::TelemetryTable::write) the logs and spans of jobs. All of them write to any
//! [`Write`](std::io::Write); this module opens no files.
//!
//! | [`Format`] | feature | extensions | contents |
//! |---|---|---|---|
//! | [`GeoJson`](Format::GeoJson) | | `.geojson`, `.json` | a feature per row: its footprint (RFC 7946) without measures, if it has one; other columns as properties |
//! | [`JsonLines`](Format::JsonLines) | | `.jsonl`, `.ndjson` | an object per line with every column; geometries as GeoJSON, as above |
//! | [`Csv`](Format::Csv) | `csv` | `.csv` | one line per row; geometries as WKT, nested values as JSON |
//! | [`ArrowFile`](Format::ArrowFile) | `arrow-ipc` | `.arrow`, `.feather` | the columns (Arrow IPC file, Feather V2) |
//! | [`ArrowStream`](Format::ArrowStream) | `arrow-ipc` | `.arrows` | the columns, readable while they are written |
//! | [`Parquet`](Format::Parquet) | `parquet` | `.parquet`, `.geoparquet` | the columns, compressed; GeoParquet 1.1 if there is a geometry, with a column of bounding boxes |
//! | [`Stac`](Format::Stac) | | `.stac.json`, `.stac.geojson` | STAC items in a feature collection |
//! | [`StacGeoParquet`](Format::StacGeoParquet) | `parquet` | `.stac.parquet` | STAC items as rows (stac-geoparquet 1.1) |
//!
//! Files use layouts that every Arrow reader knows: geometries are ISO WKB without an SRID, text and bytes are not views,
//! and identifiers in lists are text.
//!
//! A Parquet file of datapoints with a geometry has the bounding box of each one as the last column, `bbox` (or
//! `geometry_bbox`, if there is a field of this name): a struct of `xmin`, `ymin`, `xmax` and `ymax` in degrees, as 32-bit
//! numbers rounded outward. Readers skip row groups by it, such as geopandas with `read_parquet(path, bbox=...)`,
//! which reads every row group with a missing geometry. The box of
//! a geometry across the antimeridian spans all longitudes, so that no reader skips it. [`without_covering`] removes the
//! column after reading. A row group has up to 8192 rows, and the file says of each whether it is sorted by time.
//!
//! A STAC item (version 1.1.0) has the id of its datapoint, the time as `datetime`, the first geometry with its `bbox`, and
//! the assets and links of the STAC messages of Tilebox. Other fields are properties, without missing values;
//! `ingestion_time` is `tilebox:ingestion_time`, and so is a field with the name of a member of an item, such as
//! `tilebox:type`. A datapoint without a geometry is an item with the geometry null and without a `bbox`. A table without the
//! columns `id` and `time` has no items, which is an error. In a `stac-geoparquet` file, assets have the five members of the
//! specification, and the first row group decides their keys.
//!
//! In JSON, times are RFC 3339 in UTC, durations ISO 8601, identifiers and enums text, bytes base64. Missing values are
//! null, so that every row has the same members; numbers that are not finite are null too, because JSON has none. 64-bit
//! integers are numbers with all digits: readers that convert them to doubles, such as JavaScript, round beyond 2⁵³.
//!
//! | file | contents |
//! |---|---|
//! | `format` | [`Format`]: names and file extensions |
//! | `writer` | [`TableWriter`]: pages in, bytes out |
//! | `text` | formats of text, in blocks of rows |
//! | `arrow`, `csv`, `geojson`, `jsonl`, `parquet` | one format each |
//! | `feature_collection` | the collection around the features of GeoJSON and the items of STAC |
//! | `geometry`, `antimeridian` | geometries as GeoJSON, cut at the antimeridian |
//! | `bounds`, `wkb_bounds` | bounding boxes; those of geometries, for readers that skip rows by them |
//! | `row_group`, `column_order` | a row group of Parquet; the order of its floating-point columns |
//! | `geoparquet`, `covering` | the GeoParquet metadata and the column of bounding boxes; a batch without them |
//! | `portable` | columns in layouts that every reader knows |
//! | `value` | a value as JSON or text |
//! | `stac/` | STAC items |
//! | `size` | batches in parts of bounded size |
//! | `sink` | a buffered writer that keeps its first error |

mod antimeridian;
#[cfg(feature = "arrow-ipc")]
mod arrow;
mod bounds;
#[cfg(feature = "parquet")]
mod column_order;
mod covering;
#[cfg(feature = "csv")]
mod csv;
mod feature_collection;
mod format;
mod geojson;
mod geometry;
#[cfg(feature = "parquet")]
mod geoparquet;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod portable;
#[cfg(feature = "parquet")]
mod row_group;
mod sink;
mod size;
mod stac;
#[cfg(test)]
mod tests;
mod text;
mod value;
#[cfg(feature = "parquet")]
mod wkb_bounds;
mod writer;

pub use covering::{covering_columns, without_covering};
pub use format::Format;
pub use writer::TableWriter;
