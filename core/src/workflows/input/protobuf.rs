//! Messages of `prost`, encoded as the Python and Go clients do.
//!
//! A message as the only field of a task is the whole input. Elsewhere it is base64 text.
//!
//! ```
//! # use tilebox_core as tilebox_tokio;
//! use serde::{Deserialize, Serialize};
//! use tilebox_tokio::workflows::Input;
//!
//! #[derive(Serialize, Deserialize)]
//! struct At {
//!     #[serde(with = "tilebox_tokio::workflows::input::protobuf")]
//!     time: prost_types::Timestamp,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Repeat {
//!     #[serde(with = "tilebox_tokio::workflows::input::protobuf")]
//!     first: prost_types::Timestamp,
//!     times: u32,
//! }
//!
//! let time = prost_types::Timestamp { seconds: 5, nanos: 0 };
//! assert_eq!(&Input::Python.encode(&At { time })?[..], [8, 5]);
//! assert_eq!(&Input::Python.encode(&Repeat { first: time, times: 3 })?[..], br#"{"first":"CAU=","times":3}"#);
//! # Ok::<(), tilebox_core::error::Error>(())
//! ```
//!
//! [`option`] is the module for fields of type `Option<Message>`, and [`list`] for `Vec<Message>`.

use std::fmt;
use std::marker::PhantomData;

use prost::Message;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base64;

/// The name under which a message passes through `serde` as a newtype, so that the rules of inputs recognize it.
pub(super) const MESSAGE: &str = "$tilebox::Message";

/// An encoded message.
struct Encoded(Vec<u8>);

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64::encode(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

/// A message within an optional field or a list.
struct Item<M>(M);

impl<M: Message> Serialize for Item<&M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.0, serializer)
    }
}

impl<'de, M: Message + Default> Deserialize<'de> for Item<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

/// Serializes a message.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<M: Message, S: Serializer>(message: &M, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(MESSAGE, &Encoded(message.encode_to_vec()))
}

/// Deserializes a message.
///
/// # Errors
///
/// When the value is not the message: bytes, or base64 text in a format of text.
pub fn deserialize<'de, M: Message + Default, D: Deserializer<'de>>(deserializer: D) -> Result<M, D::Error> {
    struct MessageVisitor<M>(PhantomData<M>);

    impl<'de, M: Message + Default> Visitor<'de> for MessageVisitor<M> {
        type Value = M;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a protobuf message")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<M, D::Error> {
            let bytes = if deserializer.is_human_readable() {
                base64::decode(&String::deserialize(deserializer)?)?
            } else {
                read_bytes(deserializer)?
            };
            M::decode(&bytes[..]).map_err(|error| D::Error::custom(format!("expects a protobuf message: {error}")))
        }
    }

    deserializer.deserialize_newtype_struct(MESSAGE, MessageVisitor(PhantomData))
}

/// Reads bytes from a format that is not text.
pub(super) fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    struct BytesVisitor;

    impl<'de> Visitor<'de> for BytesVisitor {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }

        fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
            Ok(bytes)
        }

        fn visit_seq<Seq: SeqAccess<'de>>(self, mut elements: Seq) -> Result<Vec<u8>, Seq::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = elements.next_element()? {
                bytes.push(byte);
            }
            Ok(bytes)
        }
    }

    deserializer.deserialize_byte_buf(BytesVisitor)
}

/// Optional messages: `null` for `None`.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Until {
///     #[serde(with = "tilebox_tokio::workflows::input::protobuf::option")]
///     end: Option<prost_types::Timestamp>,
/// }
/// ```
pub mod option {
    use super::{Deserialize, Deserializer, Item, Message, Serialize, Serializer};

    /// Serializes an optional message.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<M: Message, S: Serializer>(message: &Option<M>, serializer: S) -> Result<S::Ok, S::Error> {
        message.as_ref().map(Item).serialize(serializer)
    }

    /// Deserializes an optional message.
    ///
    /// # Errors
    ///
    /// When the value is neither the message nor `null`.
    pub fn deserialize<'de, M: Message + Default, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<M>, D::Error> {
        Ok(Option::<Item<M>>::deserialize(deserializer)?.map(|item| item.0))
    }
}

/// Lists of messages.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Times {
///     #[serde(with = "tilebox_tokio::workflows::input::protobuf::list")]
///     times: Vec<prost_types::Timestamp>,
/// }
/// ```
pub mod list {
    use super::{Deserialize, Deserializer, Item, Message, Serializer};

    /// Serializes a list of messages.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<M: Message, S: Serializer>(messages: &[M], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(messages.iter().map(Item))
    }

    /// Deserializes a list of messages.
    ///
    /// # Errors
    ///
    /// When the value is not a list, or an element is not the message.
    pub fn deserialize<'de, M: Message + Default, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<M>, D::Error> {
        Ok(Vec::<Item<M>>::deserialize(deserializer)?.into_iter().map(|item| item.0).collect())
    }
}
