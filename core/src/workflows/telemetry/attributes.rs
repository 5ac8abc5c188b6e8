//! Attributes of log records, spans, events and runners.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::protocol::wire::opentelemetry::proto::common::v1 as wire;
use crate::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use crate::protocol::wire::opentelemetry::proto::resource::v1::Resource;

/// Maximum number of lists and maps around a value. Deeper values are replaced by the text `…`.
///
/// A message has fewer levels, because its decoder allows 100 nested messages.
const MAX_DEPTH: usize = 64;

/// The value of an attribute, which may nest.
///
/// It prints as JSON, except that a text prints as it is. It serializes like JSON: bytes as base64, numbers that are not finite
/// as null.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// No value.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Values in order, of any types.
    List(Vec<AttributeValue>),
    /// Named values.
    Map(Attributes),
}

impl AttributeValue {
    pub(super) fn from_wire(value: Option<wire::AnyValue>) -> Self {
        Self::within(value, 0)
    }

    fn within(value: Option<wire::AnyValue>, depth: usize) -> Self {
        match value.and_then(|value| value.value) {
            None => Self::Null,
            Some(Value::StringValue(text)) => Self::Text(text),
            Some(Value::BoolValue(value)) => Self::Bool(value),
            Some(Value::IntValue(value)) => Self::Int(value),
            Some(Value::DoubleValue(value)) => Self::Float(value),
            // A copy, because these bytes would keep the whole response in memory.
            Some(Value::BytesValue(bytes)) => Self::Bytes(bytes.to_vec()),
            Some(Value::ArrayValue(_) | Value::KvlistValue(_)) if depth >= MAX_DEPTH => Self::Text("…".to_owned()),
            Some(Value::ArrayValue(list)) => {
                Self::List(list.values.into_iter().map(|value| Self::within(Some(value), depth + 1)).collect())
            }
            Some(Value::KvlistValue(map)) => Self::Map(Attributes::within(map.values, depth + 1)),
        }
    }

    /// Returns the text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer, if it is one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the number, rounded if it is an integer above 2^53.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the bytes, if it is some.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the values of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[AttributeValue]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// Returns the named values of a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&Attributes> {
        match self {
            Self::Map(values) => Some(values),
            _ => None,
        }
    }

    /// Returns whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            other => write_json(other, f),
        }
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_str(&BASE64_STANDARD.encode(bytes)),
            Self::List(values) => serializer.collect_seq(values),
            Self::Map(values) => values.serialize(serializer),
        }
    }
}

/// Named values in the order in which they were sent.
///
/// Names are unique: of several values with one name the last counts. Prints as a JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(Vec<(String, AttributeValue)>);

impl Attributes {
    pub(super) fn from_wire(attributes: Vec<wire::KeyValue>) -> Self {
        Self::within(attributes, 0)
    }

    fn within(attributes: Vec<wire::KeyValue>, depth: usize) -> Self {
        let values = attributes.into_iter().map(|entry| (entry.key, AttributeValue::within(entry.value, depth)));
        Self::of_pairs(values.collect())
    }

    fn of_pairs(mut values: Vec<(String, AttributeValue)>) -> Self {
        let last: HashMap<&str, usize> = values.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        if last.len() < values.len() {
            let mut kept = vec![false; values.len()];
            for at in last.into_values() {
                kept[at] = true;
            }
            let mut kept = kept.into_iter();
            values.retain(|_| kept.next() == Some(true));
        }
        Self(values)
    }

    /// Returns the value with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Returns names and values in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>> FromIterator<(N, AttributeValue)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (N, AttributeValue)>>(values: I) -> Self {
        Self::of_pairs(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_json(self, f)
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn write_json(value: &impl Serialize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&serde_json::to_string(value).map_err(|_| fmt::Error)?)
}

/// Shares the attributes of runners: successive records usually come from the same one.
#[derive(Default)]
pub(super) struct Runners(Arc<Attributes>);

impl Runners {
    pub(super) fn attributes(&mut self, resource: Option<Resource>) -> Arc<Attributes> {
        let attributes = Attributes::from_wire(resource.map(|resource| resource.attributes).unwrap_or_default());
        if *self.0 != attributes {
            self.0 = Arc::new(attributes);
        }
        Arc::clone(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::telemetry::samples::{any_value, entry, nested};

    #[test]
    fn a_value_keeps_its_type_and_nested_values() {
        let value = AttributeValue::from_wire(Some(any_value(Value::KvlistValue(wire::KeyValueList {
            values: vec![
                entry("text", Value::StringValue("a".to_owned())),
                entry("int", Value::IntValue(1)),
                entry("float", Value::DoubleValue(1.0)),
                entry("bool", Value::BoolValue(true)),
                entry("bytes", Value::BytesValue(vec![0xff, 0].into())),
                entry(
                    "list",
                    Value::ArrayValue(wire::ArrayValue {
                        values: vec![wire::AnyValue { value: None }, any_value(Value::DoubleValue(f64::NAN))],
                    }),
                ),
                wire::KeyValue { key: "none".to_owned(), value: None },
            ],
        }))));
        let map = value.as_map().expect("a map");
        assert_eq!(map.get("text").and_then(AttributeValue::as_str), Some("a"));
        assert_eq!(map.get("int").and_then(AttributeValue::as_i64), Some(1));
        assert_eq!(map.get("int").and_then(AttributeValue::as_f64), Some(1.0));
        assert_eq!(map.get("float").and_then(AttributeValue::as_i64), None);
        assert_eq!(map.get("float").and_then(AttributeValue::as_f64), Some(1.0));
        assert_eq!(map.get("bool").and_then(AttributeValue::as_bool), Some(true));
        assert_eq!(map.get("bytes").and_then(AttributeValue::as_bytes), Some(&[0xff, 0][..]));
        assert_eq!(map.get("list").and_then(AttributeValue::as_list).map(<[_]>::len), Some(2));
        assert!(map.get("none").is_some_and(AttributeValue::is_null) && map.get("absent").is_none());
        assert_eq!(
            value.to_string(),
            r#"{"text":"a","int":1,"float":1.0,"bool":true,"bytes":"/wA=","list":[null,null],"none":null}"#
        );
    }

    #[test]
    fn the_last_value_of_a_name_counts() {
        let attributes = Attributes::from_wire(vec![
            entry("a", Value::IntValue(1)),
            entry("b", Value::IntValue(2)),
            entry("a", Value::IntValue(3)),
        ]);
        assert_eq!(attributes.to_string(), r#"{"b":2,"a":3}"#);
        assert_eq!(attributes.get("a").and_then(AttributeValue::as_i64), Some(3));
    }

    #[test]
    fn deep_values_end_in_an_ellipsis() {
        let text = AttributeValue::from_wire(Some(nested(10_000))).to_string();
        assert_eq!(text, format!("{}\"…\"{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH)));
    }

    #[test]
    fn successive_records_share_the_attributes_of_their_runner() {
        let resource =
            |pid| Resource { attributes: vec![entry("process.pid", Value::IntValue(pid))], ..Default::default() };
        let mut runners = Runners::default();
        let first = runners.attributes(Some(resource(1)));
        assert!(Arc::ptr_eq(&first, &runners.attributes(Some(resource(1)))));
        assert_eq!(runners.attributes(Some(resource(2))).to_string(), r#"{"process.pid":2}"#);
        assert!(runners.attributes(None).is_empty());
    }
}
