//! Which column goes to which field.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;

use super::convert::{self, Wrong};
use super::error::EncodeError;
use super::output;
use super::value::Value;
use crate::columns::wire::WireType;
use crate::schema::meaning::WellKnown;
use crate::schema::{DatasetSchema, Field, MessageEncoding, MessageType};

/// Where a message is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the datapoint.
    Datapoint,
    /// It is in a field.
    Inside,
}

/// The columns of messages of one type, in ascending order of the numbers of their fields.
#[derive(Debug)]
pub(super) struct MessageColumns {
    fields: Vec<FieldColumn>,
}

#[derive(Debug)]
struct FieldColumn {
    number: u32,
    is_delimited: bool,
    /// Whether its zero is not written: a field without presence, other than those of the datapoint itself, whose
    /// columns tell a zero from a null.
    leaves_zero_out: bool,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    One(Value),
    List { rows: Rows, items: Value },
    Map { rows: Rows, keys: Value, values: Value },
}

/// Which elements belong to which row.
#[derive(Debug)]
struct Rows {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Rows {
    fn elements(&self, row: usize) -> std::ops::Range<usize> {
        let is_null = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            // Offsets are never negative.
            (Some(start), Some(end)) if !is_null => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// The row that an element belongs to.
    fn row_of(&self, element: usize) -> usize {
        self.offsets.partition_point(|offset| *offset as usize <= element).saturating_sub(1)
    }
}

impl MessageColumns {
    /// Finds the field of each column by its name.
    pub(super) fn new<'a>(
        schema: &DatasetSchema,
        message: &MessageType,
        place: Place,
        columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    ) -> Result<Self, EncodeError> {
        let mut fields: Vec<FieldColumn> = Vec::new();
        for (name, column) in columns {
            let field = message.field(name).ok_or_else(|| unknown_field(message, name))?;
            if fields.iter().any(|other| other.number == field.number()) {
                return Err(EncodeError::of_field(name, "has two columns"));
            }
            if *column.data_type() == DataType::Null {
                continue;
            }
            let is_delimited = field.encoding() == MessageEncoding::Delimited;
            let leaves_zero_out = place == Place::Inside && !field.has_presence() && !field.is_repeated();
            let shape = shape(schema, field, column)?;
            fields.push(FieldColumn { number: field.number(), is_delimited, leaves_zero_out, shape });
        }
        fields.sort_unstable_by_key(|field| field.number);
        Ok(Self { fields })
    }

    /// Appends the fields of a row.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        for field in &self.fields {
            field.write(row, out);
        }
    }
}

pub(crate) fn unknown_field(message: &MessageType, name: &str) -> EncodeError {
    if !message.is_known() {
        let problem =
            format!("belongs to the type {}, which is not described: give encoded messages", message.full_name());
        return EncodeError::of_field(name, problem);
    }
    let known: Vec<_> = message.fields().iter().map(Field::name).collect();
    EncodeError::of_field(name, format!("does not exist; the fields are {}", known.join(", ")))
}

fn shape(schema: &DatasetSchema, field: &Field, column: &ArrayRef) -> Result<Shape, EncodeError> {
    let name = field.name();
    if let Some((key, value)) =
        schema.message_type(field).filter(|_| field.is_map()).and_then(MessageType::entry_fields)
    {
        let map = column.as_map_opt().ok_or_else(|| wrong_type(name, "a map", column))?;
        let (rows, elements) = rows(map.offsets(), map.nulls());
        let of = |field: &Field, column: &ArrayRef| {
            let column = column.slice(elements.start, elements.len());
            value_of(schema, field, &column).map_err(|error| error.map_row(|element| rows.row_of(element)))
        };
        let (keys, values) = (of(key, map.keys())?, of(value, map.values())?);
        return Ok(Shape::Map { rows, keys, values });
    }
    if !field.is_repeated() {
        return Ok(Shape::One(value_of(schema, field, column)?));
    }
    let list = convert::to_list(column).ok_or_else(|| wrong_type(name, "a list", column))?;
    let list = list.as_list::<i32>();
    let (rows, elements) = rows(list.offsets(), list.nulls());
    let items = list.values().slice(elements.start, elements.len());
    let items = value_of(schema, field, &items).map_err(|error| error.map_row(|element| rows.row_of(element)))?;
    if !items.can_be_missing() {
        for row in 0..list.len() {
            if rows.elements(row).any(|element| items.is_null(element)) {
                return Err(EncodeError::of_value(name, row, "has an element that is missing"));
            }
        }
    }
    Ok(Shape::List { rows, items })
}

/// Offsets that start at zero, and the range of elements that they are offsets into.
fn rows(offsets: &OffsetBuffer<i32>, nulls: Option<&NullBuffer>) -> (Rows, std::ops::Range<usize>) {
    let (start, end) = (offsets.first(), offsets.last());
    let rebased: Vec<i32> = offsets.iter().map(|offset| offset - start).collect();
    (Rows { offsets: OffsetBuffer::new(rebased.into()), nulls: nulls.cloned() }, start as usize..end as usize)
}

fn value_of(schema: &DatasetSchema, field: &Field, column: &ArrayRef) -> Result<Value, EncodeError> {
    let name = field.name();
    if let (Some(message), Some(columns)) = (schema.message_type(field), column.as_struct_opt())
        && WellKnown::of(message).is_none()
    {
        let named = columns.fields().iter().map(|field| field.name().as_str()).zip(columns.columns());
        let inner = MessageColumns::new(schema, message, Place::Inside, named).map_err(|error| error.inside(name))?;
        return Ok(Value::Message(Box::new(inner), columns.nulls().cloned()));
    }
    convert::to_value(schema, field, column).map_err(|wrong| match wrong {
        Wrong::Type(expected) => wrong_type(name, expected, column),
        Wrong::Value(row, problem) => EncodeError::of_value(name, row, problem),
    })
}

fn wrong_type(name: &str, expected: &str, column: &ArrayRef) -> EncodeError {
    EncodeError::of_field(name, format!("takes {expected}, and its column has the type {}", column.data_type()))
}

impl FieldColumn {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match &self.shape {
            Shape::One(value) if value.is_null(row) || (self.leaves_zero_out && value.is_zero(row)) => {}
            Shape::One(value) => self.write_value(value, row, out),
            Shape::List { rows, items } => {
                let elements = rows.elements(row);
                match items.wire_type() {
                    _ if elements.is_empty() => {}
                    WireType::Len => elements.for_each(|element| self.write_value(items, element, out)),
                    _ => {
                        output::tag(self.number, WireType::Len, out);
                        output::message(out, |body| elements.for_each(|element| items.write(element, body)));
                    }
                }
            }
            Shape::Map { rows, keys, values } => {
                let mut entries: Vec<usize> = rows.elements(row).collect();
                entries.sort_by(|left, right| keys.compare(*left, *right));
                for entry in entries {
                    output::tag(self.number, WireType::Len, out);
                    output::message(out, |body| {
                        for (number, column) in [(1, keys), (2, values)] {
                            if !column.is_null(entry) {
                                output::tag(number, column.wire_type(), body);
                                column.write(entry, body);
                            }
                        }
                    });
                }
            }
        }
    }

    fn write_value(&self, value: &Value, index: usize, out: &mut Vec<u8>) {
        if self.is_delimited {
            output::tag(self.number, WireType::StartGroup, out);
            value.write_content(index, out);
            output::tag(self.number, WireType::EndGroup, out);
        } else {
            output::tag(self.number, value.wire_type(), out);
            value.write(index, out);
        }
    }
}
