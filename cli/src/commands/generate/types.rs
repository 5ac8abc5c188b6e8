//! The Rust types of the fields of a dataset.

use std::collections::{BTreeSet, HashMap, VecDeque};

use tilebox_tokio::schema::{DatasetSchema, EnumType, Field, MessageId, MessageType, ValueType};

use super::names::{self, Names};

/// The fields of every datapoint. The server sets them or requires them, so they are never missing.
const ALWAYS_THERE: [&str; 3] = ["time", "id", "ingestion_time"];

/// A type that the code declares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Declared<'a> {
    /// A struct of the fields of a message.
    Struct(&'a MessageType),
    /// An enum of the values of an enum.
    Enum(&'a EnumType),
}

/// A type from another crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Used {
    BTreeMap,
    Footprint,
    TimeDelta,
    Timestamp,
    Uuid,
}

/// The declared types in the order of their first use, and the types they use.
pub(super) struct Types<'a> {
    schema: &'a DatasetSchema,
    names: Names,
    structs: HashMap<MessageId, String>,
    enums: HashMap<&'a str, String>,
    /// Types that are named and not declared yet.
    pending: VecDeque<(String, Declared<'a>)>,
    used: BTreeSet<Used>,
}

impl<'a> Types<'a> {
    /// Starts with the datapoint type, which has this name.
    pub(super) fn new(schema: &'a DatasetSchema, datapoint: &str) -> Self {
        let mut names = Names::of_types();
        let name = names.take(&[datapoint.to_owned()]);
        let pending = VecDeque::from([(name, Declared::Struct(schema.datapoint()))]);
        Self { schema, names, structs: HashMap::new(), enums: HashMap::new(), pending, used: BTreeSet::new() }
    }

    /// Returns the next type to declare, with its name.
    pub(super) fn next(&mut self) -> Option<(String, Declared<'a>)> {
        self.pending.pop_front()
    }

    /// Returns the types from other crates that the fields so far use.
    pub(super) fn used(&self) -> &BTreeSet<Used> {
        &self.used
    }

    /// Returns the type of a field of this message.
    pub(super) fn of_field(&mut self, message: &MessageType, field: &'a Field) -> String {
        let value = self.of_value(field);
        if field.is_map() || field.is_repeated() || self.is_always_there(message, field) {
            value
        } else {
            format!("Option<{value}>")
        }
    }

    /// Returns whether each message has a value of this field.
    ///
    /// The columns of a datapoint are null where a field is absent. Inside messages, fields without presence are zero then.
    fn is_always_there(&self, message: &MessageType, field: &Field) -> bool {
        if message.full_name() == self.schema.datapoint().full_name() {
            ALWAYS_THERE.contains(&field.name())
        } else {
            !field.has_presence()
        }
    }

    fn of_value(&mut self, field: &'a Field) -> String {
        let schema = self.schema;
        if let Some((key, value)) = map_fields(schema, field) {
            let (key, value) = (self.of_one(key), self.of_one(value));
            self.used.insert(Used::BTreeMap);
            return format!("BTreeMap<{key}, {value}>");
        }
        let one = self.of_one(field);
        if field.is_repeated() { format!("Vec<{one}>") } else { one }
    }

    /// Returns the type of one value of a field.
    fn of_one(&mut self, field: &'a Field) -> String {
        let name = match field.value_type() {
            ValueType::Double => "f64",
            ValueType::Float => "f32",
            ValueType::Int32 | ValueType::Sint32 | ValueType::Sfixed32 => "i32",
            ValueType::Int64 | ValueType::Sint64 | ValueType::Sfixed64 => "i64",
            ValueType::Uint32 | ValueType::Fixed32 => "u32",
            ValueType::Uint64 | ValueType::Fixed64 => "u64",
            ValueType::Bool => "bool",
            ValueType::String => "String",
            ValueType::Enum(enumeration) => return self.enumeration(enumeration),
            ValueType::Message(id) => return self.message(*id),
            // Bytes, and what a later version of protobuf adds.
            _ => "Vec<u8>",
        };
        name.to_owned()
    }

    fn message(&mut self, id: MessageId) -> String {
        let Some(message) = self.schema.message(id) else { return "Vec<u8>".to_owned() };
        if let Some((used, name)) = well_known(message) {
            self.used.insert(used);
            return name.to_owned();
        }
        if is_encoded(message) {
            return "Vec<u8>".to_owned();
        }
        if let Some(name) = self.structs.get(&id) {
            return name.clone();
        }
        let name = self.names.take(&type_names(message.full_name()));
        self.structs.insert(id, name.clone());
        self.pending.push_back((name.clone(), Declared::Struct(message)));
        name
    }

    fn enumeration(&mut self, enumeration: &'a EnumType) -> String {
        if let Some(name) = self.enums.get(enumeration.full_name()) {
            return name.clone();
        }
        let name = self.names.take(&type_names(enumeration.full_name()));
        self.enums.insert(enumeration.full_name(), name.clone());
        self.pending.push_back((name.clone(), Declared::Enum(enumeration)));
        name
    }

    /// Returns the message type of values that stay encoded.
    pub(super) fn encoded_type(&self, field: &'a Field) -> Option<&'a MessageType> {
        let value = map_fields(self.schema, field).map_or(field, |(_, value)| value);
        self.schema.message_type(value).filter(|message| well_known(message).is_none() && is_encoded(message))
    }
}

/// Returns the key and the value of a map.
fn map_fields<'a>(schema: &'a DatasetSchema, field: &Field) -> Option<(&'a Field, &'a Field)> {
    let entry = schema.message_type(field).filter(|_| field.is_map())?;
    let by_number = |number| entry.fields().iter().find(|field| field.number() == number);
    by_number(1).zip(by_number(2))
}

/// Returns the Rust type of a message that fills one column.
fn well_known(message: &MessageType) -> Option<(Used, &'static str)> {
    match message.full_name() {
        "google.protobuf.Timestamp" => Some((Used::Timestamp, "Timestamp")),
        "google.protobuf.Duration" => Some((Used::TimeDelta, "TimeDelta")),
        "datasets.v1.UUID" | "tilebox.v1.ID" => Some((Used::Uuid, "Uuid")),
        "datasets.v1.Geometry" => Some((Used::Footprint, "Footprint")),
        _ => None,
    }
}

/// Returns whether messages of this type stay encoded in their column.
fn is_encoded(message: &MessageType) -> bool {
    message.is_recursive() || !message.is_known()
}

/// Returns the names for a type: its own, then with those of the types around it.
fn type_names(full_name: &str) -> Vec<String> {
    let segments: Vec<&str> = full_name.split('.').collect();
    let own = segments.len().saturating_sub(1);
    // Packages are in lower case by convention.
    let outer = segments.iter().take(own).rposition(|name| !name.starts_with(|first: char| first.is_ascii_uppercase()));
    let first = outer.map_or(0, |index| index + 1).min(own);
    (first..=own)
        .rev()
        .map(|start| names::camel(&segments.get(start..).unwrap_or_default().join("_"), "Type"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_type_is_named_after_the_types_around_it() {
        assert_eq!(type_names("test.v1.Outer.Inner"), ["Inner", "OuterInner"]);
        assert_eq!(type_names("test.v1.Sample"), ["Sample"]);
        assert_eq!(type_names("Sample"), ["Sample"]);
        assert_eq!(type_names("test.v1.sample"), ["Sample"]);
        assert_eq!(type_names("test.v1.9"), ["Type9"]);
    }
}
