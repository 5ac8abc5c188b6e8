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
//! | [`Csv`](Format::Csv) | `csv` | `.csv` | one line per row; geometries as WKT, nested values as JSON |
//! | [`ArrowFile`](Format::ArrowFile) | `arrow-ipc` | `.arrow`, `.feather` | the columns (Arrow IPC file, Feather V2) |
//! | [`ArrowStream`](Format::ArrowStream) | `arrow-ipc` | `.arrows` | the columns, readable while they are written |
//! | [`Parquet`](Format::Parquet) | `parquet` | `.parquet`, `.geoparquet` | the columns, compressed; GeoParquet 1.1 if there is a geometry |
//!
//! Files use layouts that every Arrow reader knows: geometries are ISO WKB without an SRID, text and bytes are not views,
//! and identifiers in lists are text.
//!
//! | file | contents |
//! |---|---|
//! | `format` | [`Format`]: names and file extensions |
//! | `writer` | [`TableWriter`]: pages in, bytes out |
//! | `arrow`, `csv`, `geojson`, `parquet` | one format each |
//! | `geometry`, `antimeridian` | geometries as GeoJSON, cut at the antimeridian |
//! | `geoparquet` | the GeoParquet metadata of geometries |
//! | `portable` | columns in layouts that every reader knows |
//! | `value` | a value as JSON or text |
//! | `sink` | a buffered writer that keeps its first error |

mod antimeridian;
#[cfg(feature = "arrow-ipc")]
mod arrow;
#[cfg(feature = "csv")]
mod csv;
mod format;
mod geojson;
mod geometry;
#[cfg(feature = "parquet")]
mod geoparquet;
#[cfg(feature = "parquet")]
mod parquet;
mod portable;
mod sink;
#[cfg(test)]
mod tests;
mod value;
mod writer;

pub use format::Format;
pub use writer::TableWriter;
