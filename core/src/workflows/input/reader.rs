//! Reads a task in one of the forms that it may have.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde_json::Error;
use serde_json::de::SliceRead;

use super::protobuf::MESSAGE;
use super::raw::RawReader;

/// The form of a task or of a value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A task that is not a struct.
    Task,
    /// A value: JSON, or the bytes of a protobuf message.
    Value,
    /// A struct as an object.
    Object(Keys),
    /// A struct with one field, as the value of its first field.
    Bare,
    /// A struct without any of its fields.
    Empty,
    /// An enum with an internal tag, as this tag.
    Tag,
}

/// How the keys of an object match the names of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Exact,
    /// In upper and lower case, unless a name matches exactly.
    AnyCase,
}

impl Keys {
    /// Returns the field that a key means.
    fn field(self, key: &str, fields: &[&'static str]) -> Option<&'static str> {
        let exact = fields.iter().find(|field| **field == key);
        let field = exact.or_else(|| match self {
            Self::Exact => None,
            Self::AnyCase => fields.iter().find(|field| field.eq_ignore_ascii_case(key)),
        });
        field.copied()
    }
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    pub(super) bytes: &'de [u8],
    pub(super) form: Form,
}

type Json<'de> = serde_json::Deserializer<SliceRead<'de>>;

impl<'de> Reader<'de> {
    /// Reads the whole input as JSON.
    fn json<T>(self, read: impl FnOnce(&mut Json<'de>) -> Result<T, Error>) -> Result<T, Error> {
        let mut json = serde_json::Deserializer::from_slice(self.bytes);
        let value = read(&mut json)?;
        json.end()?;
        Ok(value)
    }

    fn value(self) -> Self {
        Self { form: Form::Value, ..self }
    }
}

macro_rules! json {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.json(|json| json.$method($($argument,)* visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    json! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
        deserialize_byte_buf() deserialize_seq() deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize) deserialize_map()
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) deserialize_identifier()
        deserialize_ignored_any()
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.form != Form::Tag {
            return self.json(|json| json.deserialize_any(visitor));
        }
        // Such an enum takes its tag from a map, whose key is unknown here, or from the first element of a sequence.
        let tag: String = serde_json::from_slice(self.bytes)?;
        visitor.visit_seq(SeqDeserializer::new(std::iter::once(tag)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.bytes.trim_ascii() == b"null" { visitor.visit_none() } else { visitor.visit_some(self.value()) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.form {
            Form::Task => visitor.visit_unit(),
            _ => self.json(|json| json.deserialize_unit(visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match name {
            MESSAGE => visitor.visit_newtype_struct(RawReader(self.bytes)),
            // Unparsed JSON and the like.
            _ if name.starts_with("$serde_json::") => self.json(|json| json.deserialize_newtype_struct(name, visitor)),
            _ => visitor.visit_newtype_struct(self.value()),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match (self.form, fields.first()) {
            (Form::Object(keys), _) => {
                let names = Names { fields, keys, replaced: &replaced(self.bytes, fields, keys) };
                self.json(|json| json.deserialize_map(Renamed { inner: visitor, names, next: 0 }))
            }
            (Form::Bare, Some(field)) => {
                visitor.visit_map(MapDeserializer::new(std::iter::once((*field, self.value()))))
            }
            (Form::Bare, None) | (Form::Empty, _) => {
                visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
            }
            _ => self.json(|json| json.deserialize_struct(name, fields, visitor)),
        }
    }
}

impl<'de> IntoDeserializer<'de, Error> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The fields that the keys of an object mean.
#[derive(Clone, Copy)]
struct Names<'a> {
    fields: &'static [&'static str],
    keys: Keys,
    /// The positions of the keys whose field has a later key, in ascending order.
    replaced: &'a [usize],
}

/// Reads an object, with its keys replaced by the names of the fields that they mean.
struct Renamed<'a, Inner> {
    inner: Inner,
    names: Names<'a>,
    /// The position of the next key.
    next: usize,
}

impl<'de, Inner: Visitor<'de>> Visitor<'de> for Renamed<'_, Inner> {
    type Value = Inner::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<Map: MapAccess<'de>>(self, map: Map) -> Result<Inner::Value, Map::Error> {
        self.inner.visit_map(Renamed { inner: map, names: self.names, next: 0 })
    }
}

impl<'de, Inner: MapAccess<'de>> MapAccess<'de> for Renamed<'_, Inner> {
    type Error = Inner::Error;

    fn next_key_seed<Seed: DeserializeSeed<'de>>(&mut self, seed: Seed) -> Result<Option<Seed::Value>, Inner::Error> {
        let Names { fields, keys, replaced } = self.names;
        while let Some(key) = self.inner.next_key::<String>()? {
            let position = self.next;
            self.next += 1;
            if replaced.binary_search(&position).is_err() {
                let name = keys.field(&key, fields).unwrap_or(&key);
                return seed.deserialize(StrDeserializer::new(name)).map(Some);
            }
            self.inner.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<Seed: DeserializeSeed<'de>>(&mut self, seed: Seed) -> Result<Seed::Value, Inner::Error> {
        self.inner.next_value_seed(seed)
    }
}

/// Whether the input is a JSON object that has one of these fields.
pub(super) fn has_field(bytes: &[u8], fields: &'static [&'static str], keys: Keys) -> bool {
    fields_of(bytes, fields, keys).iter().any(Option::is_some)
}

/// Returns the positions of the keys whose field has a later key: the last one counts, as in Python and Go.
fn replaced(bytes: &[u8], fields: &'static [&'static str], keys: Keys) -> Vec<usize> {
    let meant = fields_of(bytes, fields, keys);
    let has_later = |position: usize| meant[position].is_some() && meant[position + 1..].contains(&meant[position]);
    (0..meant.len()).filter(|position| has_later(*position)).collect()
}

/// Returns the field that each key of a JSON object means. Empty if the input is not an object.
fn fields_of(bytes: &[u8], fields: &'static [&'static str], keys: Keys) -> Vec<Option<&'static str>> {
    struct EachKey(&'static [&'static str], Keys);

    impl<'de> Visitor<'de> for EachKey {
        type Value = Vec<Option<&'static str>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<Map: MapAccess<'de>>(self, mut map: Map) -> Result<Self::Value, Map::Error> {
            let mut meant = Vec::new();
            while let Some(key) = map.next_key::<String>()? {
                meant.push(self.1.field(&key, self.0));
                map.next_value::<IgnoredAny>()?;
            }
            Ok(meant)
        }
    }

    serde_json::Deserializer::from_slice(bytes).deserialize_map(EachKey(fields, keys)).unwrap_or_default()
}
