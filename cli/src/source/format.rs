//! The formats of inputs.

use std::path::Path;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::Fault;

/// The format of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputFormat {
    Csv,
    /// GeoJSON features, STAC items or objects with the fields of the dataset: in a collection, an array, or one after the
    /// other.
    Json,
    /// One of them on each line.
    JsonLines,
    ArrowFile,
    ArrowStream,
    Parquet,
}

/// Each format with its names and file extensions. The first name is listed in the help.
const FORMATS: [(InputFormat, &[&str], &[&str]); 6] = [
    (InputFormat::Parquet, &["parquet", "geoparquet", "stac-geoparquet"], &["parquet", "geoparquet", "pq"]),
    (InputFormat::Csv, &["csv", "tsv"], &["csv", "tsv", "txt"]),
    (InputFormat::ArrowFile, &["arrow", "feather"], &["arrow", "feather", "ipc"]),
    (InputFormat::ArrowStream, &["arrow-stream"], &["arrows"]),
    (InputFormat::JsonLines, &["jsonl", "ndjson"], &["jsonl", "ndjson", "geojsonl", "geojsonseq", "ndgeojson"]),
    (InputFormat::Json, &["geojson", "json", "stac"], &["geojson", "json"]),
];

impl ValueEnum for InputFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Parquet, Self::Csv, Self::ArrowFile, Self::ArrowStream, Self::JsonLines, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (_, names, _) = FORMATS.iter().find(|(format, ..)| format == self)?;
        let (first, others) = names.split_first()?;
        Some(PossibleValue::new(*first).aliases(others.iter().copied()))
    }
}

impl InputFormat {
    /// Returns the format of a file by its extension before `.gz`, or else by its first bytes.
    ///
    /// # Errors
    ///
    /// When neither tells.
    pub(crate) fn detect(path: Option<&Path>, head: &[u8]) -> Result<Self, Fault> {
        let by_extension = path.and_then(Self::from_path);
        match by_extension {
            // Both layouts of Arrow have the same extensions in the wild.
            Some(Self::ArrowFile | Self::ArrowStream) => Ok(Self::from_head(head).or(by_extension)),
            Some(format) => Ok(Some(format)),
            None => Ok(Self::from_head(head)),
        }
        .and_then(|format| {
            format.ok_or_else(|| {
                let names = FORMATS.map(|(_, names, _)| names[0]).join(", ");
                Fault::new("its format is unknown", format!("name it with --format: {names}"))
            })
        })
    }

    fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let (_, extension) = name.rsplit_once('.')?;
        FORMATS.iter().find(|(_, _, extensions)| extensions.contains(&extension)).map(|(format, ..)| *format)
    }

    fn from_head(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        Some(match text {
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Self::ArrowFile,
            [0xff, 0xff, 0xff, 0xff, ..] => Self::ArrowStream,
            // The mark before each text of a GeoJSON sequence (RFC 8142).
            [0x1e, ..] => Self::JsonLines,
            _ if matches!(text.trim_ascii_start(), [b'{' | b'[', ..]) => Self::Json,
            _ if text.contains(&0) || text.trim_ascii().is_empty() => return None,
            _ => Self::Csv,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_or_the_first_bytes_tell_the_format() {
        let of = |path: &str, head: &[u8]| InputFormat::detect(Some(Path::new(path)), head).ok();
        assert_eq!(of("a.csv", b"{"), Some(InputFormat::Csv));
        assert_eq!(of("a.CSV.GZ", b""), Some(InputFormat::Csv));
        assert_eq!(of("a.geojsonl", b""), Some(InputFormat::JsonLines));
        assert_eq!(of("a.arrow", b"\xff\xff\xff\xff"), Some(InputFormat::ArrowStream));
        assert_eq!(of("a.arrow", b""), Some(InputFormat::ArrowFile));
        assert_eq!(of("a.stac.json", b""), Some(InputFormat::Json));
        for (head, format) in [
            (&b"PAR1"[..], InputFormat::Parquet),
            (b"ARROW1\0\0", InputFormat::ArrowFile),
            (b"\xff\xff\xff\xff", InputFormat::ArrowStream),
            (b"\xef\xbb\xbf \n{", InputFormat::Json),
            (b"[{", InputFormat::Json),
            (b"\x1e{", InputFormat::JsonLines),
            (b"time,geometry\n", InputFormat::Csv),
        ] {
            assert_eq!(InputFormat::detect(None, head), Ok(format));
        }
        for unknown in [&b""[..], b" \n", b"\x89PNG\0"] {
            let fault = InputFormat::detect(None, unknown).expect_err("unknown").to_string();
            assert!(fault.starts_with("its format is unknown; name it with --format: parquet, csv"), "{fault}");
        }
    }

    #[test]
    fn every_format_has_a_name() {
        for format in InputFormat::value_variants() {
            let name = format.to_possible_value().expect("a name");
            assert_eq!(InputFormat::from_str(name.get_name(), false), Ok(*format));
        }
    }
}
