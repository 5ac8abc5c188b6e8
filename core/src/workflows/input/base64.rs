//! Bytes as base64 text, as Python writes `bytes` and Go writes `[]byte`.
//!
//! For fields of type `Vec<u8>`, `Box<[u8]>`, [`Bytes`], and `Option`s of them.
//!
//! ```
//! # use tilebox_core as tilebox_tokio;
//! use serde::{Deserialize, Serialize};
//! use tilebox_tokio::workflows::Input;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Thumbnail {
//!     #[serde(with = "tilebox_tokio::workflows::input::base64")]
//!     png: Vec<u8>,
//!     width: u32,
//! }
//!
//! let thumbnail = Thumbnail { png: vec![0x89, 0x50], width: 2 };
//! assert_eq!(&Input::Python.encode(&thumbnail)?[..], br#"{"png":"iVA=","width":2}"#);
//! # Ok::<(), tilebox_core::error::Error>(())
//! ```

use ::base64::Engine as _;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

/// Writes padding; reads text with and without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Types of bytes.
pub trait ByteField: Sized + sealed::ByteField {}

impl<T: sealed::ByteField> ByteField for T {}

mod sealed {
    #[expect(unnameable_types, reason = "a sealed trait")]
    pub trait ByteField: Sized {
        /// Returns the bytes; `None` if the field is `None`.
        fn bytes(&self) -> Option<&[u8]>;

        /// Returns the field of these bytes; `None` if it is not optional, but has no bytes.
        fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self>;
    }
}

macro_rules! byte_fields {
    ($($type:ty)*) => {$(
        impl sealed::ByteField for $type {
            fn bytes(&self) -> Option<&[u8]> {
                Some(self)
            }

            fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
                bytes.map(Self::from)
            }
        }

        impl sealed::ByteField for Option<$type> {
            fn bytes(&self) -> Option<&[u8]> {
                self.as_deref()
            }

            fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
                Some(bytes.map(<$type>::from))
            }
        }
    )*};
}

byte_fields! { Vec<u8> Box<[u8]> Bytes }

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

pub(super) fn decode<E: serde::de::Error>(text: &str) -> Result<Vec<u8>, E> {
    BASE64.decode(text).map_err(|error| E::custom(format!("expects base64, got other text: {error}")))
}

/// Serializes bytes; in formats that are not text, as they are.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<T: ByteField, S: Serializer>(bytes: &T, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes.bytes() {
        None => serializer.serialize_none(),
        Some(bytes) if serializer.is_human_readable() => serializer.serialize_str(&encode(bytes)),
        Some(bytes) => serializer.serialize_bytes(bytes),
    }
}

/// Deserializes bytes.
///
/// # Errors
///
/// When the text is not base64, or the value is not text.
pub fn deserialize<'de, T: ByteField, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let bytes = if deserializer.is_human_readable() {
        Option::<String>::deserialize(deserializer)?.map(|text| decode(&text)).transpose()?
    } else {
        Some(super::protobuf::read_bytes(deserializer)?)
    };
    T::from_bytes(bytes).ok_or_else(|| D::Error::custom("expects base64, got null"))
}
