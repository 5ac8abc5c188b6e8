//! Datapoints as files: GeoJSON, CSV, Arrow, GeoParquet.
//!
//! [`DatapointWriter`] takes one page after the other, so that a load of any size is saved with the memory of a page;
//! [`Datapoints::write`](crate::Datapoints::write) saves what is there already. Bytes go to any [`Write`](std::io::Write): nothing here opens a
//! file.
//!
//! | [`Format`] | feature | endings | what it holds |
//! |---|---|---|---|
//! | [`GeoJson`](Format::GeoJson) | | `.geojson`, `.json` | footprints (RFC 7946), with the other columns as properties; measures are left out |
//! | [`Csv`](Format::Csv) | `csv` | `.csv` | a line for each datapoint, geometries as WKT, nested values as JSON |
//! | [`ArrowFile`](Format::ArrowFile) | `arrow-ipc` | `.arrow`, `.feather` | the columns (Arrow IPC file, Feather V2) |
//! | [`ArrowStream`](Format::ArrowStream) | `arrow-ipc` | `.arrows` | the columns, to be read while they are written |
//! | [`Parquet`](Format::Parquet) | `parquet` | `.parquet`, `.geoparquet` | the columns, compressed; GeoParquet 1.1 when there is a geometry |
//!
//! Files are for other programs, so geometries are plain WKB (ISO, without an SRID) there, and text and bytes have the
//! layouts that every reader of Arrow knows, where [`Datapoints`](crate::Datapoints) have views. Identifiers in lists are text.
//!
//! | file | holds |
//! |---|---|
//! | `format` | [`Format`]: names and endings |
//! | `writer` | [`DatapointWriter`]: pages in, bytes out |
//! | `arrow`, `csv`, `geojson`, `parquet` | one format each |
//! | `geometry`, `antimeridian` | geometries as GeoJSON, cut where the map ends |
//! | `geoparquet` | what GeoParquet says of its geometries |
//! | `plain` | the columns as other programs read them |
//! | `value` | a value as JSON or text |
//! | `sink` | who notices that bytes could not be written |

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
mod plain;
mod sink;
#[cfg(test)]
mod tests;
mod value;
mod writer;

pub use format::Format;
pub use writer::DatapointWriter;
