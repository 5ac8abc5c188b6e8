//! The input of a task as bytes, by the rules of the Python and Go clients.
//!
//! The server does not know what the bytes mean, so the code that submits a task and the code that executes it agree on a rule.
//! [`Input`] names the rules; [`Input::Python`] is the default.
//!
//! # Types
//!
//! | Rust | Python | Go | JSON, and how |
//! |---|---|---|---|
//! | integers, also `i128` and `u128` | `int` | `int64`, … | `7` |
//! | `f32`, `f64` | `float` | `float64` | `1.5`; NaN and infinities are an error: the Python client writes `null` for them, and cannot read it as a number |
//! | `bool` | `bool` | `bool` | `true` |
//! | `String`, `char`, `PathBuf` | `str`, `PurePath`, `Decimal`, `ZoneInfo` | `string` | `"text"` |
//! | `Option<T>` | `T \| None` | `*T` | `null` or the value |
//! | `Vec<T>`, arrays, sets, tuples | `list`, `set`, `tuple` | `[]T` | `[1,2]` |
//! | `HashMap`, `BTreeMap` | `dict` | `map` | `{"a":1}`; keys become text |
//! | structs | dataclasses | structs | `{"a":1,"b":"z"}`, in the order of their declaration |
//! | enums of units | `Enum` | `string` | `"red"`; name the variants with `#[serde(rename = "red")]` |
//! | numbered enums | `IntEnum` | `int` | a number, with a crate such as `serde_repr` |
//! | bytes | `bytes` | `[]byte` | base64: `#[serde(with = "...::workflows::input::base64")]`, see [`base64`] |
//! | messages of `prost` | protobuf messages | protobuf messages | base64, or the message itself as the only field: `#[serde(with = "...::workflows::input::protobuf")]`, see [`protobuf`] |
//! | [`Timestamp`](crate::Timestamp) | `datetime` | `time.Time` | `"2024-01-02T03:04:05.600Z"` |
//! | types of `chrono`, with its feature `serde` | `datetime`, `date`, `time` | `time.Time`, `string` | ISO 8601 text |
//! | [`std::time::Duration`], `chrono::TimeDelta` | `timedelta` | `string` | `"P1DT2.5S"`: `#[serde(with = "...::workflows::input::duration")]`, see [`duration`] |
//! | `uuid::Uuid`, with its feature `serde` | `UUID` | `uuid.UUID` | hyphenated text |
//! | [`TimeInterval`](crate::TimeInterval) | `TimeInterval` | | `{"start_time":"…","end_time":"…"}` |
//! | [`IdInterval`](crate::IdInterval) | `IDInterval` | | `{"start_id":{"uuid":"…"},"end_id":{"uuid":"…"}}` |
//! | WKB as bytes | geometries of shapely | | base64, as bytes |
//! | `String` | `CRS`, also of odc.geo | | `"EPSG:4326"`, or WKT for a system without a number |
//! | `[f64; 6]` | `Affine` | | `[10.0,0.0,0.0,0.0,-10.0,0.0]` |
//! | not supported | `LinearRing` of shapely, `SpatialFilter`, raster windows, the other types of odc.geo | | a struct with the same fields can have their JSON |
//!
//! The names of fields are those of Rust: use `#[serde(rename = "N")]` for the exported fields of a Go struct.
//!
//! # The number of fields
//!
//! Under the rule of Python, a task with one field is its bare value:
//!
//! ```
//! # use tilebox_core as tilebox_tokio;
//! use serde::{Deserialize, Serialize};
//! use tilebox_tokio::workflows::Input;
//!
//! #[derive(Serialize, Deserialize)]
//! struct CloudReport {
//!     year: i32,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Month {
//!     year: i32,
//!     month: u32,
//! }
//!
//! assert_eq!(&Input::Python.encode(&CloudReport { year: 2025 })?[..], b"2025");
//! assert_eq!(&Input::Python.encode(&Month { year: 2025, month: 7 })?[..], br#"{"year":2025,"month":7}"#);
//! assert_eq!(&Input::Go.encode(&CloudReport { year: 2025 })?[..], br#"{"year":2025}"#);
//!
//! // Both forms are read.
//! assert_eq!(Input::Python.decode::<CloudReport>(br#"{"year": 2025}"#)?.year, 2025);
//! assert_eq!(Input::Go.decode::<CloudReport>(b"2025")?.year, 2025);
//! # Ok::<(), tilebox_core::error::Error>(())
//! ```
//!
//! A field with `#[serde(skip)]` does not count. A field with `skip_serializing_if` counts also when it is skipped. Unit structs
//! have no fields. A newtype has one, its value. Enums, maps, sequences and structs with `#[serde(flatten)]` are their JSON, not
//! counted. `serde` describes a variant of an untagged enum as it describes a struct, so an enum with `#[serde(untagged)]` belongs
//! into a field of a struct.
//!
//! | file | contents |
//! |---|---|
//! | `automation` | the inputs of tasks that an automation starts |
//! | `encode`, `decode` | the rules |
//! | `json` | JSON as the clients write it |
//! | `raw` | inputs that are bytes rather than JSON |
//! | `reader`, `shape` | the forms of a struct, and the fields that a type asks for |
//! | [`base64`], [`duration`], [`protobuf`] | modules for `#[serde(with)]` |

mod automation;
pub mod base64;
mod decode;
pub mod duration;
mod encode;
mod encode_error;
mod json;
pub mod protobuf;
mod raw;
mod reader;
mod shape;
#[cfg(test)]
mod tests;

pub use automation::{AutomationInput, CronEvent, StorageEvent, StorageEventKind, TriggerEvent};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;

/// A rule by which a value becomes the input of a task, and the input the value. [`input`](self) has a table of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// The rule of Python: no bytes for no fields, the bare value of one field, a JSON object of several. The default.
    #[default]
    Python,
    /// The rule of Go: a JSON object, also for no fields and for one. Keys of maps are sorted, and `<`, `>` and `&` are escaped.
    Go,
    /// One protobuf message: a struct with one field `#[serde(with = "...::workflows::input::protobuf")]`. Its fields are
    /// encoded as in Python and Go.
    Protobuf,
    /// Bytes as they are: a struct with one field of bytes or text, such as `Vec<u8>` or `String`.
    Bytes,
}

impl Input {
    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// When the value has no such form: a number that is not finite, a key of a map that is not text, more than 127 nested
    /// objects and arrays, or under [`Protobuf`](Self::Protobuf) and [`Bytes`](Self::Bytes) a value that is not bytes. The error
    /// names the field.
    pub fn encode<T: Serialize + ?Sized>(self, value: &T) -> Result<Bytes> {
        encode::encode(self, value)
    }

    /// Decodes an input.
    ///
    /// Accepts the forms of all fields and of one field, whatever the rule: a JSON object that has one of the fields, or the bare
    /// value of the only field. White space and unknown keys are ignored. A type without fields ignores the bytes. Under
    /// [`Go`](Self::Go), keys match fields in upper and lower case. If several keys mean one field, the last one counts, as in both
    /// clients.
    ///
    /// # Errors
    ///
    /// When the bytes are not such a value.
    pub fn decode<T: Serialize + DeserializeOwned>(self, input: &[u8]) -> Result<T> {
        decode::decode(self, input)
    }
}
