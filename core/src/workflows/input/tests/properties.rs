//! Properties over random values.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::ser::{SerializeMap as _, SerializeStruct as _, SerializeStructVariant as _, Serializer};

use super::*;

const RULES: [Input; 4] = [Input::Python, Input::Go, Input::Protobuf, Input::Bytes];

/// Any value that a type can give to `serde`.
#[derive(Clone, Debug)]
enum Node {
    Bool(bool),
    Signed(i128),
    Unsigned(u64),
    Float(f64),
    Single(f32),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    None,
    Unit,
    UnitStruct,
    UnitVariant,
    Some(Box<Node>),
    Newtype(Box<Node>),
    Message(Vec<u8>),
    NewtypeVariant(Box<Node>),
    Seq(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// Fields; `None` for a skipped one.
    Struct(Vec<Option<Node>>),
    StructVariant(Vec<Option<Node>>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAMES: [&str; 4] = ["a", "b", "<c>", ""];
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i128(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Single(value) => serializer.serialize_f32(*value),
            Self::Char(value) => serializer.serialize_char(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::None => serializer.serialize_none(),
            Self::Unit => serializer.serialize_unit(),
            Self::UnitStruct => serializer.serialize_unit_struct("Unit"),
            Self::UnitVariant => serializer.serialize_unit_variant("Enum", 0, "unit"),
            Self::Some(value) => serializer.serialize_some(value),
            Self::Newtype(value) => serializer.serialize_newtype_struct("Newtype", value),
            Self::Message(value) => crate::workflows::input::protobuf::serialize(
                &prost_types::Any { value: value.clone(), ..Default::default() },
                serializer,
            ),
            Self::NewtypeVariant(value) => serializer.serialize_newtype_variant("Enum", 1, "newtype", value),
            Self::Seq(values) => serializer.collect_seq(values),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::Struct(fields) => {
                let mut object = serializer.serialize_struct("Struct", fields.len())?;
                for (name, field) in NAMES.into_iter().zip(fields) {
                    match field {
                        Some(field) => object.serialize_field(name, field)?,
                        None => object.skip_field(name)?,
                    }
                }
                object.end()
            }
            Self::StructVariant(fields) => {
                let mut object = serializer.serialize_struct_variant("Enum", 2, "struct", fields.len())?;
                for (name, field) in NAMES.into_iter().zip(fields) {
                    match field {
                        Some(field) => object.serialize_field(name, field)?,
                        None => object.skip_field(name)?,
                    }
                }
                object.end()
            }
        }
    }
}

fn nodes() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Node::Bool),
        any::<i128>().prop_map(Node::Signed),
        any::<u64>().prop_map(Node::Unsigned),
        prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY)].prop_map(Node::Float),
        any::<f32>().prop_map(Node::Single),
        any::<char>().prop_map(Node::Char),
        ".{0,8}".prop_map(Node::Text),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(Node::Bytes),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(Node::Message),
        Just(Node::None),
        Just(Node::Unit),
        Just(Node::UnitStruct),
        Just(Node::UnitVariant),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let fields = || proptest::collection::vec(proptest::option::of(inner.clone()), 0..4);
        prop_oneof![
            boxed().prop_map(Node::Some),
            boxed().prop_map(Node::Newtype),
            boxed().prop_map(Node::NewtypeVariant),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::Seq),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Node::Map),
            fields().prop_map(Node::Struct),
            fields().prop_map(Node::StructVariant),
        ]
    })
}

/// A task with fields of many types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wide {
    #[serde(rename = "<n>", alias = "number")]
    n: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    ratio: f64,
    #[serde(with = "crate::workflows::input::base64")]
    bytes: Vec<u8>,
    map: BTreeMap<String, Vec<Option<u8>>>,
    nested: Kind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(String),
    Struct { v: u128 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Nothing,
    Some { text: String },
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Unit), ".{0,8}".prop_map(Kind::Newtype), any::<u128>().prop_map(|v| Kind::Struct { v }),]
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |value| value.is_finite())
}

fn wide() -> impl Strategy<Value = Wide> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..8);
    let map = proptest::collection::btree_map(".{0,4}", proptest::collection::vec(any::<Option<u8>>(), 0..3), 0..3);
    (any::<i64>(), proptest::option::of(".{0,8}"), finite(), bytes, map, kinds())
        .prop_map(|(n, text, ratio, bytes, map, nested)| Wide { n, text, ratio, bytes, map, nested })
}

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    rule: Input,
    value: &T,
) -> Result<(), TestCaseError> {
    let input = rule.encode(value).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let decoded = rule.decode::<T>(&input).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&decoded, value, "{:?} {}", rule, String::from_utf8_lossy(&input));
    Ok(())
}

proptest! {
    #[test]
    fn any_value_is_encoded_or_refused(node in nodes()) {
        for rule in RULES {
            let Ok(input) = rule.encode(&node) else { continue };
            let is_message = format!("{node:?}").contains("Message");
            if matches!(rule, Input::Python | Input::Go) && !is_message && !input.is_empty() {
                let json = serde_json::from_slice::<serde::de::IgnoredAny>(&input);
                prop_assert!(json.is_ok(), "{:?} {}", rule, String::from_utf8_lossy(&input));
            }
        }
    }

    #[test]
    fn a_decoded_input_equals_its_value(task in wide(), text in ".{0,8}", kind in kinds()) {
        for rule in [Input::Python, Input::Go] {
            round_trip(rule, &task)?;
            round_trip(rule, &One { v: task.clone() })?;
            round_trip(rule, &One { v: Some(task.clone()) })?;
            round_trip(rule, &Two { a: task.clone(), b: text.clone() })?;
            round_trip(rule, &One { v: text.clone() })?;
            round_trip(rule, &One { v: BTreeMap::from([("v".to_owned(), text.clone())]) })?;
            round_trip(rule, &One { v: One { v: kind.clone() } })?;
            round_trip(rule, &kind)?;
            round_trip(rule, &Tagged::Nothing)?;
            round_trip(rule, &Tagged::Some { text: text.clone() })?;
            round_trip(rule, &One { v: Tagged::Nothing })?;
        }
        round_trip(Input::Bytes, &One { v: task.bytes })?;
        round_trip(Input::Bytes, &One { v: text })?;
    }

    #[test]
    fn any_input_is_decoded_or_refused(input in proptest::collection::vec(any::<u8>(), 0..40), json in "[\\[\\]{}:,\"av0-9 ]{0,20}") {
        for rule in RULES {
            for input in [&input[..], json.as_bytes()] {
                let _ = rule.decode::<Wide>(input);
                let _ = rule.decode::<One<Kind>>(input);
                let _ = rule.decode::<Tagged>(input);
                let _ = rule.decode::<Option<One<String>>>(input);
                prop_assert!(rule.decode::<()>(input).is_ok());
            }
        }
    }
}
