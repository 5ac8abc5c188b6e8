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
//! | [`Parquet`](Format::Parquet) | `parquet` | `.parquet`, `.geoparquet` | the columns, compressed; GeoParquet 1.1 if there is a geometry |
//!
//! Files use layouts that every Arrow reader knows: geometries are ISO WKB without an SRID, text and bytes are not views,
//! and identifiers in lists are text.
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
//! | `geometry`, `antimeridian` | geometries as GeoJSON, cut at the antimeridian |
//! | `geoparquet` | the GeoParquet metadata of geometries |
//! | `portable` | columns in layouts that every reader knows |
//! | `value` | a value as JSON or text |
//! | `size` | batches in parts of bounded size |
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
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod portable;
mod sink;
mod size;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod writer;

pub use format::Format;
pub use writer::TableWriter;
