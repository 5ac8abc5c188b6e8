//! The input of a task that an automation started, as a value of `serde`: its bytes.

use std::fmt;

use bytes::Bytes;
use serde::de::Visitor;
use serde::{Deserializer, Serializer, de, ser};

use crate::error::{Error, Result};

pub(super) fn serialize<S: Serializer>(encoded: Result<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&encoded.map_err(|error| ser::Error::custom(in_brief(&error)))?)
}

pub(super) fn deserialize<'de, T, D: Deserializer<'de>>(
    decode: fn(&[u8]) -> Result<T>,
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_bytes(Envelope(decode))
}

struct Envelope<T>(fn(&[u8]) -> Result<T>);

impl<T> Visitor<'_> for Envelope<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of an automation")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<T, E> {
        (self.0)(bytes).map_err(|error| E::custom(in_brief(&error)))
    }
}

/// Returns the reason and the advice: the rest is in the error that contains it.
fn in_brief(error: &Error) -> String {
    match error.advice() {
        "" => error.reason().to_owned(),
        advice => format!("{}; {advice}", error.reason()),
    }
}
