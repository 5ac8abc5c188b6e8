//! Random message types.

use std::collections::BTreeSet;

use fastrand::Rng;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, MessageOptions, OneofDescriptorProto};
use tilebox_core::protocol::wire::datasets::v1::AnnotatedType;
use tilebox_tests::reflection::{annotated, field, named, repeated};

/// The number of message types of a schema beside the datapoint. Each can have fields of later types.
const MESSAGES: usize = 3;

const SCALARS: [Type; 15] = [
    Type::Double,
    Type::Float,
    Type::Int64,
    Type::Uint64,
    Type::Int32,
    Type::Fixed64,
    Type::Fixed32,
    Type::Bool,
    Type::String,
    Type::Bytes,
    Type::Uint32,
    Type::Sfixed32,
    Type::Sfixed64,
    Type::Sint32,
    Type::Sint64,
];

const KEYS: [Type; 5] = [Type::Int32, Type::Int64, Type::Uint64, Type::String, Type::Bool];

const WELL_KNOWN: [&str; 5] = [
    ".google.protobuf.Timestamp",
    ".google.protobuf.Duration",
    ".datasets.v1.UUID",
    ".datasets.v1.Geometry",
    ".datasets.v1.LatLon",
];

pub(crate) fn random(random: &mut Rng) -> AnnotatedType {
    let others = (0..MESSAGES).map(|index| message(random, &format!("M{index}"), index + 1, 1));
    let others: Vec<_> = others.collect();
    annotated(message(random, "Datapoint", 0, 4), others)
}

/// Returns a type with fields numbered from `first`, which refers to the messages from `next`.
fn message(random: &mut Rng, name: &str, next: usize, first: i32) -> DescriptorProto {
    let mut message = DescriptorProto { name: Some(name.to_owned()), ..Default::default() };
    let mut numbers = BTreeSet::new();
    let mut number = first;
    for _ in 0..random.usize(1..10) {
        numbers.insert(number);
        // Field numbers with tags of one to five bytes.
        number += [1, 1, 1, random.i32(1..30), 300, 3_000, 500_000, 40_000_000][random.usize(..8)];
    }
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    if random.bool() {
        random.shuffle(&mut numbers);
    }
    if random.bool() {
        message.oneof_decl.push(OneofDescriptorProto { name: Some("choice".to_owned()), options: None });
    }
    for number in numbers {
        let name = format!("f{number}");
        let made = match random.u8(..10) {
            0 => map(random, &mut message, &name, number, next),
            1..4 => repeated(value(random, &name, number, next)),
            _ => FieldDescriptorProto {
                oneof_index: (!message.oneof_decl.is_empty() && random.u8(..3) == 0).then_some(0),
                ..value(random, &name, number, next)
            },
        };
        message.field.push(made);
    }
    if !message.field.iter().any(|field| field.oneof_index.is_some()) {
        message.oneof_decl.clear();
    }
    message
}

fn value(random: &mut Rng, name: &str, number: i32, next: usize) -> FieldDescriptorProto {
    match random.u8(..10) {
        0 => named(name, number, Type::Enum, ".datasets.v1.ProcessingLevel"),
        1..4 => named(name, number, Type::Message, WELL_KNOWN[random.usize(..WELL_KNOWN.len())]),
        4 | 5 if next < MESSAGES => {
            let kind = if random.u8(..4) == 0 { Type::Group } else { Type::Message };
            named(name, number, kind, &format!(".test.v1.M{}", random.usize(next..MESSAGES)))
        }
        _ => field(name, number, SCALARS[random.usize(..SCALARS.len())]),
    }
}

fn map(random: &mut Rng, message: &mut DescriptorProto, name: &str, number: i32, next: usize) -> FieldDescriptorProto {
    // The name of a map entry in protobuf, which prost-reflect checks.
    let entry = format!("F{number}Entry");
    let mut value = value(random, "value", 2, next);
    if value.r#type() == Type::Group {
        value.set_type(Type::Message);
    }
    message.nested_type.push(DescriptorProto {
        name: Some(entry.clone()),
        field: vec![field("key", 1, KEYS[random.usize(..KEYS.len())]), value],
        options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
        ..Default::default()
    });
    let scope = message.name();
    repeated(named(name, number, Type::Message, &format!(".test.v1.{scope}.{entry}")))
}
