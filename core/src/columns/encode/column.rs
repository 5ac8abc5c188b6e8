//! Columns matched to the fields of a message, and their rows written as messages.

use std::ops::Range;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;

use super::convert::{Converted, Input};
use super::error::EncodeError;
use super::output;
use super::value::{MessageArray, ScalarArray};
use crate::arrays::to_list;
use crate::schema::well_known::WellKnown;
use crate::schema::{DatasetSchema, Field, MessageEncoding, MessageType, limits};

/// Where a message is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The message is the datapoint.
    Datapoint,
    /// The message is in a field.
    Nested,
}

/// The columns of messages of one type, in ascending order of the numbers of their fields.
#[derive(Debug)]
pub(super) struct MessageColumns {
    fields: Vec<FieldColumn>,
}

#[derive(Debug)]
struct FieldColumn {
    number: u32,
    encoding: MessageEncoding,
    /// Whether the default is not written: for fields without presence in nested messages. The columns of a datapoint
    /// tell a zero from a null.
    omits_default: bool,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    One(Values),
    List { rows: ListRows, items: Values },
    Map { rows: ListRows, keys: ScalarArray, values: Values },
}

/// The values of a column, or the elements of all its lists.
#[derive(Debug)]
enum Values {
    Scalars(ScalarArray),
    Messages(MessageArray),
    Structs(Box<MessageColumns>, Option<NullBuffer>),
}

/// The elements that belong to each row of lists or maps.
#[derive(Debug)]
struct ListRows {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl ListRows {
    /// Returns the rows with offsets from zero, and the range of elements that the offsets count.
    fn new(offsets: &OffsetBuffer<i32>, nulls: Option<&NullBuffer>) -> (Self, Range<usize>) {
        let (start, end) = (offsets.first(), offsets.last());
        let rebased: Vec<i32> = offsets.iter().map(|offset| offset - start).collect();
        let rows = Self { offsets: OffsetBuffer::new(rebased.into()), nulls: nulls.cloned() };
        (rows, start as usize..end as usize)
    }

    fn elements(&self, row: usize) -> Range<usize> {
        let is_null = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            // Offsets are never negative.
            (Some(start), Some(end)) if !is_null => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// Returns the row that an element belongs to.
    fn row_of(&self, element: usize) -> usize {
        self.offsets.partition_point(|offset| *offset as usize <= element).saturating_sub(1)
    }
}

impl MessageColumns {
    /// Finds the field of each column by its name.
    pub(super) fn new<'a>(
        schema: &DatasetSchema,
        message: &MessageType,
        level: Level,
        columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    ) -> Result<Self, EncodeError> {
        let mut fields: Vec<FieldColumn> = Vec::new();
        for (name, column) in columns {
            let field = limits::field(message, name).map_err(|problem| EncodeError::of_field(name, problem))?;
            if fields.iter().any(|other| other.number == field.number()) {
                return Err(EncodeError::of_field(name, "has two columns; give one"));
            }
            if *column.data_type() == DataType::Null {
                continue;
            }
            fields.push(FieldColumn {
                number: field.number(),
                encoding: field.encoding(),
                omits_default: level == Level::Nested && !field.has_presence() && !field.is_repeated(),
                shape: Shape::new(schema, field, column)?,
            });
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

impl Shape {
    fn new(schema: &DatasetSchema, field: &Field, column: &ArrayRef) -> Result<Self, EncodeError> {
        let entry = schema.message_type(field).filter(|_| field.is_map()).and_then(MessageType::entry_fields);
        match entry {
            Some((key, value)) => Self::map(schema, field, (key, value), column),
            None if field.is_repeated() => Self::list(schema, field, column),
            None => Ok(Self::One(Values::new(schema, field, column)?)),
        }
    }

    fn list(schema: &DatasetSchema, field: &Field, column: &ArrayRef) -> Result<Self, EncodeError> {
        let list = to_list(column).ok_or_else(|| Input { field, column }.expects("a list"))?;
        let list = list.map_err(|error| EncodeError::of_field(field.name(), error.to_string()))?;
        let list = list.as_list::<i32>();
        let (rows, elements) = ListRows::new(list.offsets(), list.nulls());
        let items = list.values().slice(elements.start, elements.len());
        let items =
            Values::new(schema, field, &items).map_err(|error| error.map_row(|element| rows.row_of(element)))?;
        // A null message is an empty one, which reads as null again. A scalar has no such form.
        if let Values::Scalars(scalars) = &items
            && let Some(nulls) = scalars.nulls()
            && let Some(row) = (0..list.len()).find(|row| rows.elements(*row).any(|element| nulls.is_null(element)))
        {
            return Err(EncodeError::of_value(field.name(), row, "has a list with a null element; remove it"));
        }
        Ok(Self::List { rows, items })
    }

    fn map(
        schema: &DatasetSchema,
        field: &Field,
        (key, value): (&Field, &Field),
        column: &ArrayRef,
    ) -> Result<Self, EncodeError> {
        let expects = |expected| Input { field, column }.expects(expected);
        let map = column.as_map_opt().ok_or_else(|| expects("a map"))?;
        let (rows, elements) = ListRows::new(map.offsets(), map.nulls());
        let values_of = |field: &Field, column: &ArrayRef| {
            let column = column.slice(elements.start, elements.len());
            Values::new(schema, field, &column).map_err(|error| error.map_row(|element| rows.row_of(element)))
        };
        let (keys, values) = (values_of(key, map.keys())?, values_of(value, map.values())?);
        match keys {
            Values::Scalars(keys) => Ok(Self::Map { rows, keys, values }),
            // The schema allows keys that are integers, booleans or text.
            Values::Messages(_) | Values::Structs(..) => Err(expects("a map with scalar keys")),
        }
    }
}

impl Values {
    fn new(schema: &DatasetSchema, field: &Field, column: &ArrayRef) -> Result<Self, EncodeError> {
        if let (Some(message), Some(columns)) = (schema.message_type(field), column.as_struct_opt())
            && WellKnown::of(message).is_none()
        {
            let named = columns.fields().iter().map(|field| field.name().as_str()).zip(columns.columns());
            let columns_of = MessageColumns::new(schema, message, Level::Nested, named);
            let inner = columns_of.map_err(|error| error.inside(field.name()))?;
            return Ok(Self::Structs(Box::new(inner), columns.nulls().cloned()));
        }
        Ok(match (Input { field, column }).convert(schema)? {
            Converted::Scalars(array) => Self::Scalars(array),
            Converted::Messages(array) => Self::Messages(array),
        })
    }

    fn is_null(&self, index: usize) -> bool {
        let nulls = match self {
            Self::Scalars(array) => array.nulls(),
            Self::Messages(array) => array.nulls(),
            Self::Structs(_, nulls) => nulls.as_ref(),
        };
        nulls.is_some_and(|nulls| nulls.is_null(index))
    }

    /// Appends a field with one value. A null is an empty message.
    fn write(&self, number: u32, encoding: MessageEncoding, index: usize, out: &mut Vec<u8>) {
        if let Self::Scalars(array) = self {
            return array.get(index).write_field(number, out);
        }
        output::message_field(number, encoding, out, |content| match self {
            _ if self.is_null(index) => {}
            Self::Messages(array) => array.write(index, content),
            Self::Structs(columns, _) => columns.write(index, content),
            Self::Scalars(_) => {}
        });
    }
}

impl FieldColumn {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match &self.shape {
            Shape::One(values) => self.write_one(values, row, out),
            Shape::List { rows, items } => self.write_list(items, rows.elements(row), out),
            Shape::Map { rows, keys, values } => self.write_map(keys, values, rows.elements(row), out),
        }
    }

    fn write_one(&self, values: &Values, row: usize, out: &mut Vec<u8>) {
        let is_omitted = match values {
            _ if values.is_null(row) => true,
            Values::Scalars(array) => self.omits_default && array.get(row).is_default(),
            Values::Messages(_) | Values::Structs(..) => false,
        };
        if !is_omitted {
            values.write(self.number, self.encoding, row, out);
        }
    }

    fn write_list(&self, items: &Values, elements: Range<usize>, out: &mut Vec<u8>) {
        match items {
            _ if elements.is_empty() => {}
            Values::Scalars(array) if array.is_packed() => {
                output::packed_field(self.number, out, |packed| {
                    elements.for_each(|element| array.get(element).write(packed));
                });
            }
            _ => elements.for_each(|element| items.write(self.number, self.encoding, element, out)),
        }
    }

    /// Appends the entries in the order of their keys. Entries and their messages always have lengths.
    fn write_map(&self, keys: &ScalarArray, values: &Values, elements: Range<usize>, out: &mut Vec<u8>) {
        const LENGTHS: MessageEncoding = MessageEncoding::LengthPrefixed;
        let mut entries: Vec<usize> = elements.collect();
        entries.sort_by(|left, right| keys.compare(*left, *right));
        for entry in entries {
            output::message_field(self.number, LENGTHS, out, |content| {
                if !keys.nulls().is_some_and(|nulls| nulls.is_null(entry)) {
                    keys.get(entry).write_field(1, content);
                }
                if !values.is_null(entry) {
                    values.write(2, LENGTHS, entry, content);
                }
            });
        }
    }
}
