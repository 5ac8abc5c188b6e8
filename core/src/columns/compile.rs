//! Compiles a schema and a projection to a plan and an Arrow schema.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_schema::{DataType, Field as ArrowField, Fields};

use super::arrow_type;
use super::plan::{Accepts, ColumnPlan, EnumPlan, FieldPlan, MessagePlan};
use super::wire::WireType;
use crate::schema::well_known::WellKnown;
use crate::schema::{DatasetSchema, Field, MessageId, MessageType, SchemaError, SchemaErrorKind, ValueType};

/// The maximum nesting of structs, in levels. Each level takes some of the call stack.
const MAX_DEPTH: usize = 64;

/// The maximum number of columns, including those inside structs and lists. Each page allocates a writer for each column,
/// and a few types that contain each other several times make any number of columns.
const MAX_COLUMNS: usize = 10_000;

/// Compiles the columns with these names, in their order; `None` for all, in the order of the schema.
pub(super) fn compile(schema: &DatasetSchema, names: Option<&[&str]>) -> Result<MessagePlan, SchemaError> {
    let datapoint = schema.datapoint();
    let fields: Vec<&Field> = match names {
        None => datapoint.fields().iter().collect(),
        Some(names) => {
            let mut seen = HashSet::new();
            names.iter().map(|name| project(datapoint, name, &mut seen)).collect::<Result<_, _>>()?
        }
    };
    let mut compiler = Compiler { schema, messages: HashMap::new(), enums: HashMap::new() };
    compiler.message(datapoint, &fields, 0).map(|(plan, _)| plan)
}

fn project<'a>(datapoint: &'a MessageType, name: &str, seen: &mut HashSet<u32>) -> Result<&'a Field, SchemaError> {
    let error = |problem| Err(SchemaError::new(SchemaErrorKind::UnknownField, datapoint.full_name(), problem));
    match datapoint.field(name) {
        None => {
            let known: Vec<_> = datapoint.fields().iter().map(Field::name).collect();
            error(format!("there is no field {name:?}; the fields are {}", known.join(", ")))
        }
        Some(field) if !seen.insert(field.number()) => error(format!("duplicate field {name:?}; ask for it once")),
        Some(field) => Ok(field),
    }
}

/// The size of a part of the plan.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    columns: usize,
    depth: usize,
}

impl Size {
    const LEAF: Self = Self { columns: 1, depth: 0 };

    fn add(self, other: Self) -> Self {
        Self { columns: self.columns.saturating_add(other.columns), depth: self.depth.max(other.depth) }
    }
}

struct Compiler<'s> {
    schema: &'s DatasetSchema,
    /// One plan for each type, so that the plan does not grow with the uses of a type.
    messages: HashMap<MessageId, (Arc<MessagePlan>, Size)>,
    enums: HashMap<String, Arc<EnumPlan>>,
}

impl<'s> Compiler<'s> {
    /// Compiles the plan of a message type for some of its fields.
    fn message(
        &mut self,
        message: &'s MessageType,
        fields: &[&'s Field],
        depth: usize,
    ) -> Result<(MessagePlan, Size), SchemaError> {
        let mut plans = Vec::with_capacity(fields.len());
        let mut columns = Vec::with_capacity(fields.len());
        let mut size = Size::LEAF;
        for field in fields {
            let (plan, column, field_size) = self.field(field, depth)?;
            plans.push(plan);
            columns.push(arrow_type::annotate(column, field.annotation()));
            size = size.add(field_size);
        }
        if size.columns > MAX_COLUMNS || depth + size.depth > MAX_DEPTH {
            let problem = format!(
                "the type has more than {MAX_COLUMNS} columns or {MAX_DEPTH} levels; ask for some of its fields"
            );
            return Err(SchemaError::new(SchemaErrorKind::TooLarge, message.full_name(), problem));
        }
        let selected: HashSet<u32> = fields.iter().map(|field| field.number()).collect();
        let unread = message.fields().iter().filter(|field| !selected.contains(&field.number()));
        plans.extend(unread.map(|field| field_plan(field, ColumnPlan::Unread)));
        Ok((MessagePlan::new(plans, Fields::from(columns), message.oneofs().len()), size))
    }

    fn field(&mut self, field: &'s Field, depth: usize) -> Result<(FieldPlan, ArrowField, Size), SchemaError> {
        if let Some((entry, key, value)) = self.map_entry(field) {
            let (entry, size) = self.message(entry, &[key, value], depth)?;
            let entries = arrow_type::map_entries(&entry.columns);
            let column = ArrowField::new(field.name(), DataType::Map(Arc::clone(&entries), false), true);
            return Ok((field_plan(field, ColumnPlan::Map(Arc::new(entry), entries)), column, size));
        }
        if field.is_repeated() {
            let (item_plan, item, size) = self.value(field, "item", depth)?;
            let item = Arc::new(item);
            let column = arrow_type::list(field.name(), Arc::clone(&item));
            return Ok((field_plan(field, ColumnPlan::List(Box::new(item_plan), item)), column, size));
        }
        let (plan, column, size) = self.value(field, field.name(), depth)?;
        Ok((field_plan(field, plan), column, size))
    }

    /// Returns the entry of a map, its key and its value.
    fn map_entry(&self, field: &Field) -> Option<(&'s MessageType, &'s Field, &'s Field)> {
        let entry = self.schema.message_type(field).filter(|_| field.is_map())?;
        let (key, value) = entry.entry_fields()?;
        Some((entry, key, value))
    }

    /// Compiles one value of a field as a column with this name.
    fn value(
        &mut self,
        field: &'s Field,
        name: &str,
        depth: usize,
    ) -> Result<(ColumnPlan, ArrowField, Size), SchemaError> {
        let leaf = |plan, data_type| Ok((plan, arrow_type::plain(name, data_type), Size::LEAF));
        match field.value_type() {
            ValueType::Double => leaf(ColumnPlan::Double, DataType::Float64),
            ValueType::Float => leaf(ColumnPlan::Float, DataType::Float32),
            ValueType::Int32 => leaf(ColumnPlan::Int32, DataType::Int32),
            ValueType::Int64 => leaf(ColumnPlan::Int64, DataType::Int64),
            ValueType::Uint32 => leaf(ColumnPlan::Uint32, DataType::UInt32),
            ValueType::Uint64 => leaf(ColumnPlan::Uint64, DataType::UInt64),
            ValueType::Sint32 => leaf(ColumnPlan::Sint32, DataType::Int32),
            ValueType::Sint64 => leaf(ColumnPlan::Sint64, DataType::Int64),
            ValueType::Fixed32 => leaf(ColumnPlan::Fixed32, DataType::UInt32),
            ValueType::Fixed64 => leaf(ColumnPlan::Fixed64, DataType::UInt64),
            ValueType::Sfixed32 => leaf(ColumnPlan::Sfixed32, DataType::Int32),
            ValueType::Sfixed64 => leaf(ColumnPlan::Sfixed64, DataType::Int64),
            ValueType::Bool => leaf(ColumnPlan::Bool, DataType::Boolean),
            ValueType::String => leaf(ColumnPlan::Text, DataType::Utf8View),
            ValueType::Bytes => leaf(ColumnPlan::Bytes, DataType::BinaryView),
            ValueType::Enum(enumeration) => {
                let plan = self.enums.entry(enumeration.full_name().to_owned());
                let plan = Arc::clone(plan.or_insert_with(|| Arc::new(EnumPlan::new(enumeration))));
                leaf(ColumnPlan::Enum(plan), arrow_type::enumeration())
            }
            ValueType::Message(id) => self.message_value(*id, name, depth),
        }
    }

    fn message_value(
        &mut self,
        id: MessageId,
        name: &str,
        depth: usize,
    ) -> Result<(ColumnPlan, ArrowField, Size), SchemaError> {
        let Some(message) = self.schema.message(id) else {
            let problem = "the type of a field is not part of the schema";
            return Err(SchemaError::new(SchemaErrorKind::UnknownType, self.schema.type_name(), problem));
        };
        if let Some(known) = WellKnown::of(message) {
            let plan = match known {
                WellKnown::Timestamp => ColumnPlan::Timestamp,
                WellKnown::Duration => ColumnPlan::Duration,
                WellKnown::Uuid => ColumnPlan::Uuid,
                WellKnown::Geometry => ColumnPlan::Geometry,
            };
            return Ok((plan, arrow_type::well_known(name, known), Size::LEAF));
        }
        if message.is_recursive() || !message.is_known() {
            return Ok((ColumnPlan::Encoded, arrow_type::encoded(name, message.full_name()), Size::LEAF));
        }
        let (plan, size) = self.struct_plan(id, message, depth)?;
        let column = arrow_type::plain(name, DataType::Struct(plan.columns.clone()));
        Ok((ColumnPlan::Struct(plan), column, Size { depth: size.depth + 1, ..size }))
    }

    /// Compiles the plan of a message type that becomes a struct, or returns the one compiled before.
    fn struct_plan(
        &mut self,
        id: MessageId,
        message: &'s MessageType,
        depth: usize,
    ) -> Result<(Arc<MessagePlan>, Size), SchemaError> {
        if let Some(compiled) = self.messages.get(&id) {
            return Ok(compiled.clone());
        }
        if depth >= MAX_DEPTH {
            let problem = format!("messages nest deeper than {MAX_DEPTH} levels");
            return Err(SchemaError::new(SchemaErrorKind::TooLarge, message.full_name(), problem));
        }
        let fields: Vec<_> = message.fields().iter().collect();
        let (plan, size) = self.message(message, &fields, depth + 1)?;
        let compiled = (Arc::new(plan), size);
        self.messages.insert(id, compiled.clone());
        Ok(compiled)
    }
}

fn field_plan(field: &Field, column: ColumnPlan) -> FieldPlan {
    FieldPlan {
        name: field.name().to_owned(),
        number: field.number(),
        accepts: accepts(field),
        oneof: field.oneof(),
        is_implicit: !field.has_presence() && !field.is_repeated(),
        column,
    }
}

/// Returns the wire types that a field accepts. Numbers are read packed and unpacked, whatever the schema declares.
fn accepts(field: &Field) -> Accepts {
    let wire_type = WireType::of(field);
    let one = Accepts::only(wire_type);
    if field.is_repeated() && wire_type.can_be_packed() { one.or(WireType::Len) } else { one }
}
