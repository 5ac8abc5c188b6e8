//! Column writers: one for each column, filled row by row while a page is read.
//!
//! Writing to a row fills the rows before it with nulls, so an absent field costs nothing. Writing to the same row again
//! overwrites or merges, as protobuf requires for a field that occurs twice. Truncating removes rows, which clears the
//! member that a oneof held. An element of a list is a row of the item's writer; the fields of a struct share its row.
//!
//! | file | writes |
//! |---|---|
//! | `blockwise` | all messages of a page, in blocks where possible |
//! | `block` | several messages at once, in the usual encoding |
//! | `values`, `validity` | the values of scalar columns, and the rows that have one |
//! | `out_of_range` | the rows that are null because their value is out of range |
//! | `numbers` | numbers and booleans |
//! | `enumeration` | enums, as dictionary keys |
//! | `views/` | views into the page, the one module with `unsafe` |
//! | `text` | UTF-8 checks |
//! | `bytes` | texts, bytes and encoded messages |
//! | `time` | timestamps and durations |
//! | `identifier` | identifiers and geometries: messages around one bytes field |
//! | `message` | the fields of a message, and structs |
//! | `list`, `map` | repeated fields and maps |

mod block;
mod blockwise;
mod bytes;
mod enumeration;
mod identifier;
mod list;
mod map;
mod message;
mod numbers;
mod out_of_range;
mod text;
mod time;
mod validity;
mod values;
mod views;

use arrow_array::ArrayRef;

use super::error::FieldError;
use super::plan::{ColumnPlan, ExpectedTag};
use super::wire::{self, Tag, WireType};

pub(super) use message::MessageWriter;
pub(super) use out_of_range::Report;
pub(super) use validity::Absent;
pub(super) use views::Page;

use self::block::{Block, Unusual};
use self::bytes::EncodedWriter;
use self::enumeration::EnumWriter;
use self::identifier::{GeometryWriter, UuidWriter};
use self::list::ListWriter;
use self::map::MapWriter;
use self::message::StructWriter;
use self::numbers::{
    BoolWriter, Double, Fixed32, Fixed64, Float, Int32, Int64, NumberWriter, Sfixed32, Sfixed64, Sint32, Sint64,
    Uint32, Uint64,
};
use self::time::{Duration, TimeWriter, Timestamp};
use self::views::{TextViews, Views};

/// A column while it grows.
trait ColumnWriter: Sized {
    /// Reads one value into a row, or merges it with the row's value. The field accepts the wire type of the tag.
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError>;

    /// Reads the field with this tag, which accepts its wire type, from the messages of a block where it comes next. Sets
    /// their rows, none of which is set, and returns the messages, one bit each.
    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let mut found = 0;
        for (index, message) in block.messages.iter_mut().enumerate() {
            while let Some(after) = message.after_tag(block.page, tag) {
                let mut rest = block.page.part(after).ok_or(Unusual)?;
                self.write(block.first_row + index, tag.tag, &mut rest).map_err(|_| Unusual)?;
                message.at = message.end - rest.len();
                found |= 1 << index;
            }
        }
        Ok(found)
    }

    /// Sets a row without a value to the default, for the fields of a map's entry.
    fn write_default(&mut self, row: usize);

    /// Removes this row and those after it, if there are any.
    fn truncate(&mut self, rows: usize);

    /// Adds the values out of range to the report.
    fn report(&self, _: &mut Report) {}

    /// Returns the column with this number of rows. Rows without a value become `absent`.
    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError>;
}

/// The writer of any column. Large and rare ones are boxed, so that the others stay close together.
// Without a representation the discriminant is a niche in one of the writers, which costs more to read.
#[repr(u8)]
enum Column<'p> {
    Double(NumberWriter<Double>),
    Float(NumberWriter<Float>),
    Int32(NumberWriter<Int32>),
    Int64(NumberWriter<Int64>),
    Uint32(NumberWriter<Uint32>),
    Uint64(NumberWriter<Uint64>),
    Sint32(NumberWriter<Sint32>),
    Sint64(NumberWriter<Sint64>),
    Fixed32(NumberWriter<Fixed32>),
    Fixed64(NumberWriter<Fixed64>),
    Sfixed32(NumberWriter<Sfixed32>),
    Sfixed64(NumberWriter<Sfixed64>),
    Bool(BoolWriter),
    Text(TextViews<'p>),
    Bytes(Views<'p>),
    Enum(EnumWriter<'p>),
    Timestamp(TimeWriter<Timestamp>),
    Duration(TimeWriter<Duration>),
    Uuid(UuidWriter),
    Geometry(GeometryWriter<'p>),
    Encoded(Box<EncodedWriter<'p>>),
    Struct(Box<StructWriter<'p>>),
    List(Box<ListWriter<'p>>),
    Map(Box<MapWriter<'p>>),
    Unread,
}

/// Applies an expression to the writer of any column, and another one to a column that is not read.
macro_rules! each {
    ($column:expr, $writer:ident => $body:expr, $unread:expr) => {
        match $column {
            Column::Double($writer) => $body,
            Column::Float($writer) => $body,
            Column::Int32($writer) => $body,
            Column::Int64($writer) => $body,
            Column::Uint32($writer) => $body,
            Column::Uint64($writer) => $body,
            Column::Sint32($writer) => $body,
            Column::Sint64($writer) => $body,
            Column::Fixed32($writer) => $body,
            Column::Fixed64($writer) => $body,
            Column::Sfixed32($writer) => $body,
            Column::Sfixed64($writer) => $body,
            Column::Bool($writer) => $body,
            Column::Text($writer) => $body,
            Column::Bytes($writer) => $body,
            Column::Enum($writer) => $body,
            Column::Timestamp($writer) => $body,
            Column::Duration($writer) => $body,
            Column::Uuid($writer) => $body,
            Column::Geometry($writer) => $body,
            Column::Encoded($writer) => $body,
            Column::Struct($writer) => $body,
            Column::List($writer) => $body,
            Column::Map($writer) => $body,
            Column::Unread => $unread,
        }
    };
}

impl<'p> Column<'p> {
    /// Returns an empty column for an expected number of rows.
    fn new(plan: &'p ColumnPlan, rows: usize, page: &'p Page<'p>) -> Self {
        match plan {
            ColumnPlan::Double => Self::Double(NumberWriter::new(rows)),
            ColumnPlan::Float => Self::Float(NumberWriter::new(rows)),
            ColumnPlan::Int32 => Self::Int32(NumberWriter::new(rows)),
            ColumnPlan::Int64 => Self::Int64(NumberWriter::new(rows)),
            ColumnPlan::Uint32 => Self::Uint32(NumberWriter::new(rows)),
            ColumnPlan::Uint64 => Self::Uint64(NumberWriter::new(rows)),
            ColumnPlan::Sint32 => Self::Sint32(NumberWriter::new(rows)),
            ColumnPlan::Sint64 => Self::Sint64(NumberWriter::new(rows)),
            ColumnPlan::Fixed32 => Self::Fixed32(NumberWriter::new(rows)),
            ColumnPlan::Fixed64 => Self::Fixed64(NumberWriter::new(rows)),
            ColumnPlan::Sfixed32 => Self::Sfixed32(NumberWriter::new(rows)),
            ColumnPlan::Sfixed64 => Self::Sfixed64(NumberWriter::new(rows)),
            ColumnPlan::Bool => Self::Bool(BoolWriter::new(rows)),
            ColumnPlan::Text => Self::Text(TextViews::new(rows, page)),
            ColumnPlan::Bytes => Self::Bytes(Views::new(rows, page)),
            ColumnPlan::Enum(plan) => Self::Enum(EnumWriter::new(plan, rows)),
            ColumnPlan::Timestamp => Self::Timestamp(TimeWriter::new(rows)),
            ColumnPlan::Duration => Self::Duration(TimeWriter::new(rows)),
            ColumnPlan::Uuid => Self::Uuid(UuidWriter::new(rows)),
            ColumnPlan::Geometry => Self::Geometry(GeometryWriter::new(rows, page)),
            ColumnPlan::Encoded => Self::Encoded(Box::new(EncodedWriter::new(rows, page))),
            ColumnPlan::Struct(plan) => Self::Struct(Box::new(StructWriter::new(plan, rows, page))),
            ColumnPlan::List(item, field) => Self::List(Box::new(ListWriter::new(item, field, rows, page))),
            ColumnPlan::Map(entry, field) => Self::Map(Box::new(MapWriter::new(entry, field, rows, page))),
            ColumnPlan::Unread => Self::Unread,
        }
    }

    /// Returns whether elements of this column can be packed.
    fn can_be_packed(&self) -> bool {
        use Column as C;
        match self {
            C::Double(_) | C::Float(_) | C::Int32(_) | C::Int64(_) | C::Uint32(_) | C::Uint64(_) | C::Sint32(_) => true,
            C::Sint64(_) | C::Fixed32(_) | C::Fixed64(_) | C::Sfixed32(_) | C::Sfixed64(_) | C::Bool(_) => true,
            _ => matches!(self, C::Enum(_)),
        }
    }

    /// Appends all elements of a packed field from `row` on. Returns the new number of rows; `None` if elements of this
    /// column are never packed.
    fn write_packed(&mut self, row: usize, chunk: &[u8]) -> Option<Result<usize, FieldError>> {
        Some(match self {
            Self::Double(writer) => writer.write_packed(row, chunk),
            Self::Float(writer) => writer.write_packed(row, chunk),
            Self::Int32(writer) => writer.write_packed(row, chunk),
            Self::Int64(writer) => writer.write_packed(row, chunk),
            Self::Uint32(writer) => writer.write_packed(row, chunk),
            Self::Uint64(writer) => writer.write_packed(row, chunk),
            Self::Sint32(writer) => writer.write_packed(row, chunk),
            Self::Sint64(writer) => writer.write_packed(row, chunk),
            Self::Fixed32(writer) => writer.write_packed(row, chunk),
            Self::Fixed64(writer) => writer.write_packed(row, chunk),
            Self::Sfixed32(writer) => writer.write_packed(row, chunk),
            Self::Sfixed64(writer) => writer.write_packed(row, chunk),
            Self::Bool(writer) => writer.write_packed(row, chunk),
            Self::Enum(writer) => writer.write_packed(row, chunk),
            _ => return None,
        })
    }
}

impl ColumnWriter for Column<'_> {
    #[inline(never)]
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        each!(self, writer => writer.write(row, tag, input), Ok(wire::skip(tag, input)?))
    }

    #[inline(never)]
    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        each!(self, writer => writer.write_block(tag, block), Ok(block::skip(tag, block)))
    }

    fn write_default(&mut self, row: usize) {
        each!(self, writer => writer.write_default(row), ());
    }

    fn truncate(&mut self, rows: usize) {
        each!(self, writer => writer.truncate(rows), ());
    }

    fn report(&self, report: &mut Report) {
        each!(self, writer => writer.report(report), ());
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        each!(self, writer => writer.finish(rows, absent), Ok(std::sync::Arc::new(arrow_array::NullArray::new(rows))))
    }
}

/// Reads the bytes of a message: after a length, or a group up to its end.
#[inline(always)]
fn read_message<'a>(tag: Tag, input: &mut &'a [u8]) -> Result<&'a [u8], FieldError> {
    let body = match tag.wire_type {
        WireType::StartGroup => wire::read_group(tag.number, input),
        _ => wire::read_len(input),
    };
    Ok(body?)
}
