//! Resolves descriptors to message types.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use prost::Message;
use prost_types::EnumDescriptorProto;
use prost_types::field_descriptor_proto::{Label, Type};

use super::descriptor::{FieldDescriptor, FileDescriptor, FileSet, MessageDescriptor};
use super::recursion::nodes_on_cycles;
use super::symbols::{Definition, Symbols};
use super::well_known::{REQUIRED_FIELDS, WellKnown};
use super::{
    DatasetSchema, EnumType, Features, Field, MessageEncoding, MessageId, MessageType, SchemaError, SchemaErrorKind,
    ValueType,
};
use crate::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind, FieldAnnotation};

/// The largest field number of protobuf.
const MAX_FIELD_NUMBER: i32 = (1 << 29) - 1;

pub(super) fn resolve(annotated: &AnnotatedType) -> Result<DatasetSchema, SchemaError> {
    let type_name = DatasetSchema::full_name(&annotated.type_url);
    let set = FileSet::decode(annotated.descriptor_set.clone()).map_err(|error| {
        let problem = format!("the description of the dataset is not a set of descriptors: {error}");
        SchemaError::new(SchemaErrorKind::Invalid, type_name, problem)
    })?;
    let files = set.file.as_slice();
    let mut symbols = Symbols::default();
    for file in files {
        symbols.add_file(file)?;
    }
    let Some(Definition::Message(descriptor, features)) = symbols.find(type_name) else {
        let problem = "the description of the dataset does not hold this message type";
        return Err(SchemaError::new(SchemaErrorKind::UnknownType, type_name, problem));
    };

    let mut resolver = Resolver { files, symbols, found: Vec::new(), messages: HashMap::new(), enums: HashMap::new() };
    resolver.message_id(type_name, Some((descriptor, features)));
    let mut messages: Vec<MessageType> = Vec::new();
    // Reading the fields of one type appends the types they refer to, so the list grows during the loop.
    while let Some(next) = resolver.found.get(messages.len()) {
        let (full_name, described) = next.clone();
        let annotations = if messages.is_empty() { annotated.field_annotations.as_slice() } else { &[] };
        messages.push(match described {
            Some((descriptor, features)) => resolver.read_message(&full_name, descriptor, features, annotations)?,
            None => unknown_message(full_name),
        });
    }
    mark_recursive(&mut messages);

    let Some(datapoint) = messages.first().cloned() else {
        return Err(SchemaError::new(SchemaErrorKind::UnknownType, type_name, "the type does not exist"));
    };
    let schema = DatasetSchema {
        kind: DatasetKind::try_from(annotated.kind).unwrap_or(DatasetKind::Unspecified),
        datapoint,
        messages,
    };
    REQUIRED_FIELDS.into_iter().try_for_each(|(name, expected)| require_field(&schema, name, expected))?;
    Ok(schema)
}

fn mark_recursive(messages: &mut [MessageType]) {
    let successors: Vec<Vec<usize>> = messages
        .iter()
        .map(|message| {
            let ids = message.fields.iter().filter_map(|field| match field.value_type {
                ValueType::Message(MessageId(id)) => Some(id),
                _ => None,
            });
            ids.collect()
        })
        .collect();
    for (message, on_cycle) in messages.iter_mut().zip(nodes_on_cycles(&successors)) {
        message.is_recursive = on_cycle;
    }
}

fn require_field(schema: &DatasetSchema, name: &str, expected: WellKnown) -> Result<(), SchemaError> {
    let problem = match schema.field(name) {
        None => format!("expects a field {name:?}, as every dataset has"),
        Some(field) => {
            let found = schema.message_type(field);
            if found.and_then(WellKnown::of) == Some(expected) && !field.is_repeated {
                return Ok(());
            }
            let expected = expected.names().join(" or ");
            let found = found.map_or("a scalar", MessageType::full_name);
            format!("expects one {expected}, got {}{found}", if field.is_repeated { "repeated " } else { "" })
        }
    };
    Err(SchemaError::new(SchemaErrorKind::RequiredField, schema.type_name(), problem).in_field(name))
}

type Described<'a> = (&'a MessageDescriptor, Features);

struct Resolver<'a> {
    files: &'a [FileDescriptor],
    symbols: Symbols<'a>,
    /// Full names with their descriptors and features; `None` for a type without a descriptor.
    found: Vec<(String, Option<Described<'a>>)>,
    messages: HashMap<String, MessageId>,
    enums: HashMap<String, Arc<EnumType>>,
}

impl<'a> Resolver<'a> {
    fn message_id(&mut self, full_name: &str, described: Option<Described<'a>>) -> MessageId {
        if let Some(id) = self.messages.get(full_name) {
            return *id;
        }
        let id = MessageId(self.found.len());
        self.found.push((full_name.to_owned(), described));
        self.messages.insert(full_name.to_owned(), id);
        id
    }

    fn enum_type(&mut self, full_name: &str, descriptor: &EnumDescriptorProto) -> Arc<EnumType> {
        if let Some(enumeration) = self.enums.get(full_name) {
            return Arc::clone(enumeration);
        }
        let enumeration = Arc::new(EnumType::new(full_name, descriptor));
        self.enums.insert(full_name.to_owned(), Arc::clone(&enumeration));
        enumeration
    }

    /// Reads a message type with these features.
    fn read_message(
        &mut self,
        full_name: &str,
        descriptor: &'a MessageDescriptor,
        features: Features,
        annotations: &[FieldAnnotation],
    ) -> Result<MessageType, SchemaError> {
        let is_map_entry = descriptor.is_map_entry();
        let mut fields: Vec<Field> = Vec::with_capacity(descriptor.field.len());
        let mut names = HashSet::new();
        let mut numbers = HashSet::new();
        for (index, field) in descriptor.field.iter().enumerate() {
            let mut read =
                self.read_field(full_name, descriptor, field, features).map_err(|error| error.in_field(&field.name))?;
            read.annotation = annotations.get(index).cloned();
            if !names.insert(field.name.as_str()) || !numbers.insert(read.number) {
                let problem = format!("another field has the same name or number ({})", read.number);
                return Err(SchemaError::new(SchemaErrorKind::Invalid, full_name, problem).in_field(&field.name));
            }
            fields.push(read);
        }
        let oneofs = descriptor.oneof_decl.iter().map(|oneof| oneof.name.clone()).collect();
        let full_name = full_name.to_owned();
        let message = MessageType { full_name, fields, oneofs, is_map_entry, is_recursive: false, is_known: true };
        if is_map_entry {
            check_map_entry(&message)?;
        }
        Ok(message)
    }

    fn read_field(
        &mut self,
        scope: &str,
        message: &MessageDescriptor,
        field: &FieldDescriptor,
        features: Features,
    ) -> Result<Field, SchemaError> {
        let invalid = |problem: String| SchemaError::new(SchemaErrorKind::Invalid, scope, problem);
        if field.name.is_empty() {
            return Err(invalid(format!("field number {} has no name", field.number)));
        }
        let number = match u32::try_from(field.number) {
            Ok(number) if (1..=MAX_FIELD_NUMBER).contains(&field.number) => number,
            _ => return Err(invalid(format!("{} is not a field number", field.number))),
        };
        let declared = match field.r#type {
            None if field.type_name.is_some() => None,
            None => return Err(invalid("the field has no type".to_owned())),
            Some(number) => {
                Some(Type::try_from(number).map_err(|_| invalid(format!("{number} is not a protobuf type")))?)
            }
        };
        let value_type = match declared.and_then(scalar_type) {
            Some(scalar) => scalar,
            None => self.named_type(scope, field, declared)?,
        };
        let is_repeated = field.label == i32::from(Label::Repeated);
        let is_map = is_repeated
            && matches!(value_type, ValueType::Message(id) if self.found.get(id.0).is_some_and(is_map_entry));
        // An `optional` field of proto3 has a synthetic oneof, which holds no other field.
        let oneof = match (field.oneof_index, field.proto3_optional) {
            (Some(index), false) => {
                let index = usize::try_from(index).ok().filter(|index| *index < message.oneof_decl.len());
                Some(index.ok_or_else(|| invalid("the field belongs to a oneof that does not exist".to_owned()))?)
            }
            _ => None,
        };
        let features = features.of_field(message, field);
        let is_message = matches!(value_type, ValueType::Message(_));
        let has_presence =
            !is_repeated && (is_message || oneof.is_some() || field.proto3_optional || !features.is_presence_implicit);
        // Maps, their keys and their values always have lengths, whatever the features say.
        let is_delimited = declared == Some(Type::Group)
            || (is_message && !is_map && !message.is_map_entry() && features.encoding == MessageEncoding::Delimited);
        Ok(Field {
            name: field.name.clone(),
            number,
            value_type,
            is_repeated,
            is_map,
            oneof,
            has_presence,
            encoding: if is_delimited { MessageEncoding::Delimited } else { MessageEncoding::LengthPrefixed },
            annotation: None,
        })
    }

    fn named_type(
        &mut self,
        scope: &str,
        field: &FieldDescriptor,
        declared: Option<Type>,
    ) -> Result<ValueType, SchemaError> {
        let found = self.symbols.resolve(scope, field.type_name());
        let unknown = field.type_name().trim_start_matches('.');
        match (found, declared) {
            (Some((name, Definition::Message(descriptor, features))), None | Some(Type::Message | Type::Group)) => {
                Ok(ValueType::Message(self.message_id(&name, Some((descriptor, features)))))
            }
            (Some((name, Definition::Enum(descriptor))), None | Some(Type::Enum)) => {
                Ok(ValueType::Enum(self.enum_type(&name, descriptor)))
            }
            (Some((name, _)), _) => {
                let problem = format!("{name:?} is declared a message here and an enum there, or the other way round");
                Err(SchemaError::new(SchemaErrorKind::Invalid, scope, problem))
            }
            // A field of an unknown type hides no other field: its messages stay encoded, and its enum values are
            // numbers.
            (None, Some(Type::Message | Type::Group)) if !unknown.is_empty() => {
                Ok(ValueType::Message(self.message_id(unknown, None)))
            }
            (None, Some(Type::Enum)) if !unknown.is_empty() => {
                Ok(ValueType::Enum(self.enum_type(unknown, &EnumDescriptorProto::default())))
            }
            (None, _) => {
                let problem = format!(
                    "its type {:?} is neither in the description of the dataset nor known to this version{}",
                    field.type_name(),
                    self.missing_files()
                );
                Err(SchemaError::new(SchemaErrorKind::UnknownType, scope, problem))
            }
        }
    }

    /// Returns the unknown imports, as the end of an error text.
    fn missing_files(&self) -> String {
        let imports = self.files.iter().flat_map(|file| &file.dependency);
        let missing: Vec<_> = imports.filter(|import| !self.symbols.has_file(import)).map(String::as_str).collect();
        if missing.is_empty() { String::new() } else { format!(" (unknown imports: {})", missing.join(", ")) }
    }
}

fn unknown_message(full_name: String) -> MessageType {
    MessageType {
        full_name,
        fields: Vec::new(),
        oneofs: Vec::new(),
        is_map_entry: false,
        is_recursive: false,
        is_known: false,
    }
}

fn is_map_entry((_, described): &(String, Option<Described<'_>>)) -> bool {
    described.is_some_and(|(descriptor, _)| descriptor.is_map_entry())
}

/// Checks that a map entry has one key, which is an integer, a boolean or a string, and one value.
fn check_map_entry(entry: &MessageType) -> Result<(), SchemaError> {
    let is_valid = match entry.entry_fields() {
        Some((key, value)) => {
            let is_key = !matches!(
                key.value_type,
                ValueType::Double | ValueType::Float | ValueType::Bytes | ValueType::Enum(_) | ValueType::Message(_)
            );
            is_key && !key.is_repeated && !value.is_repeated && entry.fields.len() == 2
        }
        None => false,
    };
    if is_valid {
        return Ok(());
    }
    let problem =
        "the entry of a map must have one key (1) that is an integer, a boolean or a string, and one value (2)";
    Err(SchemaError::new(SchemaErrorKind::Invalid, &entry.full_name, problem))
}

fn scalar_type(declared: Type) -> Option<ValueType> {
    Some(match declared {
        Type::Double => ValueType::Double,
        Type::Float => ValueType::Float,
        Type::Int64 => ValueType::Int64,
        Type::Uint64 => ValueType::Uint64,
        Type::Int32 => ValueType::Int32,
        Type::Fixed64 => ValueType::Fixed64,
        Type::Fixed32 => ValueType::Fixed32,
        Type::Bool => ValueType::Bool,
        Type::String => ValueType::String,
        Type::Bytes => ValueType::Bytes,
        Type::Uint32 => ValueType::Uint32,
        Type::Sfixed32 => ValueType::Sfixed32,
        Type::Sfixed64 => ValueType::Sfixed64,
        Type::Sint32 => ValueType::Sint32,
        Type::Sint64 => ValueType::Sint64,
        Type::Enum | Type::Message | Type::Group => return None,
    })
}
