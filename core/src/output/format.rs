//! The formats of files, by name and by ending.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::closest;

/// What datapoints are written as. See the [module](super) for what each holds.
///
/// ```
/// use tilebox_core::output::Format;
///
/// assert_eq!("geojson".parse::<Format>()?, Format::GeoJson);
/// assert_eq!(Format::of_path("scenes.geojson".as_ref())?, Format::GeoJson);
/// let error = Format::of_path("scenes.xlsx".as_ref()).unwrap_err().to_string();
/// assert!(error.starts_with("cannot tell the format of `scenes.xlsx`: no format has this ending; use one of "));
/// # Ok::<(), tilebox_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A GeoJSON feature collection.
    GeoJson,
    /// Comma-separated values, with a line of names at the top.
    #[cfg(feature = "csv")]
    Csv,
    /// An Arrow IPC file, also known as Feather V2.
    #[cfg(feature = "arrow-ipc")]
    ArrowFile,
    /// An Arrow IPC stream.
    #[cfg(feature = "arrow-ipc")]
    ArrowStream,
    /// Parquet, with what GeoParquet 1.1 says of it when there is a geometry.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// What is known of each: its names, of which the first is shown, and its endings.
const KNOWN: &[(Format, &[&str], &[&str])] = &[
    (Format::GeoJson, &["geojson"], &["geojson", "json"]),
    #[cfg(feature = "csv")]
    (Format::Csv, &["csv"], &["csv"]),
    #[cfg(feature = "arrow-ipc")]
    (Format::ArrowFile, &["arrow", "feather"], &["arrow", "feather"]),
    #[cfg(feature = "arrow-ipc")]
    (Format::ArrowStream, &["arrow-stream"], &["arrows"]),
    #[cfg(feature = "parquet")]
    (Format::Parquet, &["parquet", "geoparquet"], &["parquet", "geoparquet"]),
];

impl Format {
    /// The names that a format is [read](str::parse) from.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().flat_map(|(_, names, _)| names.iter().copied())
    }

    /// The format that the ending of a path stands for.
    ///
    /// # Errors
    ///
    /// When no format has this ending, or its feature is not enabled.
    pub fn of_path(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        let found = KNOWN.iter().find(|(_, _, endings)| endings.contains(&ending.as_str()));
        found.map(|(format, ..)| *format).ok_or_else(|| {
            let endings = KNOWN.iter().flat_map(|(_, _, endings)| endings.iter().map(|e| format!(".{e}")));
            let endings: Vec<_> = endings.collect();
            let advice = closest::advice(&format!(".{ending}"), endings.iter().map(String::as_str), "use one of");
            let purpose = format!("tell the format of `{}`", path.display());
            Error::invalid(purpose, "no format has this ending", advice)
        })
    }
}

/// By its name, such as `parquet`.
impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase();
        let found = KNOWN.iter().find(|(_, names, _)| names.contains(&name.as_str()));
        found.map(|(format, ..)| *format).ok_or_else(|| {
            let advice = closest::advice(&name, Self::names(), "use one of");
            Error::invalid(format!("write the format `{text}`"), "there is no such format", advice)
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = KNOWN.iter().find(|(format, ..)| format == self);
        f.pad(known.and_then(|(_, names, _)| names.first()).unwrap_or(&"unknown"))
    }
}
