//! File formats, by name and by file extension.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::closest;

/// A file format of datapoints. The [module](super) lists their contents.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::output::Format;
///
/// assert_eq!("geojson".parse::<Format>()?, Format::GeoJson);
/// assert_eq!(Format::from_path("scenes.geojson")?, Format::GeoJson);
/// let error = Format::from_path("scenes.xlsx").unwrap_err().to_string();
/// assert!(error.starts_with("cannot choose the format of `scenes.xlsx`: no format has the extension `.xlsx`; use one of "));
/// # Ok::<(), tilebox_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A GeoJSON feature collection.
    GeoJson,
    /// One JSON object per line.
    JsonLines,
    /// Comma-separated values with a header line (feature `csv`).
    #[cfg(feature = "csv")]
    Csv,
    /// An Arrow IPC file, also known as Feather V2 (feature `arrow-ipc`).
    #[cfg(feature = "arrow-ipc")]
    ArrowFile,
    /// An Arrow IPC stream (feature `arrow-ipc`).
    #[cfg(feature = "arrow-ipc")]
    ArrowStream,
    /// Parquet, as GeoParquet 1.1 if there is a geometry (feature `parquet`).
    #[cfg(feature = "parquet")]
    Parquet,
    /// STAC items, as a GeoJSON feature collection.
    Stac,
    /// STAC items as Parquet, by the conventions of stac-geoparquet (feature `parquet`).
    #[cfg(feature = "parquet")]
    StacGeoParquet,
}

/// Properties of a format.
struct Properties {
    /// `None` without its feature.
    format: Option<Format>,
    feature: &'static str,
    /// Names; the first one is printed.
    names: &'static [&'static str],
    /// File extensions.
    extensions: &'static [&'static str],
}

/// Evaluates to the format if its feature is enabled.
macro_rules! format_with_feature {
    ($feature:literal, $format:ident) => {{
        #[cfg(feature = $feature)]
        {
            Some(Format::$format)
        }
        #[cfg(not(feature = $feature))]
        {
            None
        }
    }};
}

static FORMATS: [Properties; 8] = [
    Properties { format: Some(Format::GeoJson), feature: "", names: &["geojson"], extensions: &["geojson", "json"] },
    Properties {
        format: Some(Format::JsonLines),
        feature: "",
        names: &["jsonl", "ndjson"],
        extensions: &["jsonl", "ndjson"],
    },
    Properties { format: format_with_feature!("csv", Csv), feature: "csv", names: &["csv"], extensions: &["csv"] },
    Properties {
        format: format_with_feature!("arrow-ipc", ArrowFile),
        feature: "arrow-ipc",
        names: &["arrow", "feather"],
        extensions: &["arrow", "feather"],
    },
    Properties {
        format: format_with_feature!("arrow-ipc", ArrowStream),
        feature: "arrow-ipc",
        names: &["arrow-stream"],
        extensions: &["arrows"],
    },
    Properties {
        format: format_with_feature!("parquet", Parquet),
        feature: "parquet",
        names: &["parquet", "geoparquet"],
        extensions: &["parquet", "geoparquet"],
    },
    Properties {
        format: Some(Format::Stac),
        feature: "",
        names: &["stac"],
        extensions: &["stac.json", "stac.geojson"],
    },
    Properties {
        format: format_with_feature!("parquet", StacGeoParquet),
        feature: "parquet",
        names: &["stac-geoparquet"],
        extensions: &["stac.parquet"],
    },
];

impl Format {
    /// Returns the names that [`parse`](str::parse) accepts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        enabled().flat_map(|properties| properties.names.iter().copied())
    }

    /// Returns the format with the file extension of a path.
    ///
    /// # Errors
    ///
    /// When no format has this extension, or its feature is not enabled.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let purpose = || format!("choose the format of `{}`", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let extensions =
            FORMATS.iter().flat_map(|properties| properties.extensions.iter().map(move |end| (*end, properties)));
        // The longest extension decides: `.stac.json` is not `.json`.
        let longest = extensions.filter(|(end, _)| has_extension(&name, end)).max_by_key(|(end, _)| end.len());
        if let Some((_, properties)) = longest {
            return properties.format(purpose);
        }
        let known = enabled().flat_map(|properties| properties.extensions);
        let known: Vec<_> = known.map(|extension| format!(".{extension}")).collect();
        let extension = Path::new(&name).extension().map(|extension| format!(".{}", extension.to_string_lossy()));
        let (reason, extension) = match extension {
            Some(extension) => (format!("no format has the extension `{extension}`"), extension),
            None => ("it has no extension".to_owned(), String::new()),
        };
        let advice = closest::advice(&extension, known.iter().map(String::as_str), "use one of");
        Err(Error::invalid(purpose(), reason, advice))
    }
}

/// Returns whether a file name has this extension, which may contain dots, after a nonempty stem.
fn has_extension(name: &str, extension: &str) -> bool {
    let stem = name.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.'));
    stem.is_some_and(|stem| !stem.is_empty())
}

impl Properties {
    /// Returns the format, or an error that names its feature.
    fn format(&self, purpose: impl FnOnce() -> String) -> Result<Format> {
        self.format.ok_or_else(|| {
            let reason = format!("the feature `{}` is not enabled", self.feature);
            Error::invalid(purpose(), reason, format!("add `features = [\"{}\"]` to the dependency", self.feature))
        })
    }
}

fn enabled() -> impl Iterator<Item = &'static Properties> {
    FORMATS.iter().filter(|properties| properties.format.is_some())
}

/// Parses a name, such as `parquet`.
impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase();
        let purpose = || format!("use the format `{text}`");
        match FORMATS.iter().find(|properties| properties.names.contains(&name.as_str())) {
            Some(properties) => properties.format(purpose),
            None => {
                let advice = closest::advice(&name, Self::names(), "use one of");
                Err(Error::invalid(purpose(), "there is no such format", advice))
            }
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let properties = FORMATS.iter().find(|properties| properties.format == Some(*self));
        f.pad(properties.and_then(|properties| properties.names.first()).unwrap_or(&"unknown"))
    }
}
