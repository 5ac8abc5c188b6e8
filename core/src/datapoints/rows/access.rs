//! Rows, structs, lists and maps as `serde` accesses them.

use std::ops::Range;

use arrow_array::ArrayRef;
use arrow_schema::{Field, FieldRef, Fields};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::cell::{Cell, cell};
use super::error::RowError;

type Result<T> = std::result::Result<T, RowError>;

/// One row of several columns: a datapoint or a message.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) fields: &'a Fields,
    pub(super) columns: &'a [ArrayRef],
    pub(super) row: usize,
}

impl<'a> Row<'a> {
    pub(super) fn into_access(self) -> RowAccess<'a> {
        RowAccess { row: self, next: 0 }
    }

    fn get(&self, index: usize) -> Option<(&'a Field, Cell<'a>)> {
        let (field, column) = (self.fields.get(index)?, self.columns.get(index)?);
        Some((field, cell(field, column, self.row)))
    }
}

/// Deserializes the value of a cell.
fn read<'de, S: DeserializeSeed<'de>>(seed: S, cell: Cell<'de>) -> Result<S::Value> {
    seed.deserialize(cell).map_err(|error| error.with_kind(|| cell.kind()))
}

pub(super) struct RowAccess<'a> {
    row: Row<'a>,
    next: usize,
}

impl<'de> MapAccess<'de> for RowAccess<'de> {
    type Error = RowError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some((field, _)) = self.row.get(self.next) else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(field.name())).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let Some((field, cell)) = self.row.get(self.next) else { return Err(RowError::no_value()) };
        self.next += 1;
        read(seed, cell).map_err(|error| error.inside(field.name()))
    }
}

impl<'de> SeqAccess<'de> for RowAccess<'de> {
    type Error = RowError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some((field, cell)) = self.row.get(self.next) else { return Ok(None) };
        self.next += 1;
        read(seed, cell).map_err(|error| error.inside(field.name())).map(Some)
    }
}

impl<'de> Deserializer<'de> for Row<'de> {
    type Error = RowError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self.into_access())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    /// Reads columns by position.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self.into_access())
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit_struct map struct enum
        identifier
    }
}

/// Elements of a list.
pub(super) struct Elements<'a> {
    pub(super) field: &'a FieldRef,
    pub(super) values: &'a ArrayRef,
    /// First row of the list in `values`.
    pub(super) first: usize,
    pub(super) rows: Range<usize>,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = RowError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(row) = self.rows.next() else { return Ok(None) };
        let index = row - self.first;
        read(seed, cell(self.field, self.values, row)).map_err(|error| error.inside(&format!("[{index}]"))).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rows.len())
    }
}

/// Entries of a map.
pub(super) struct Entries<'a> {
    pub(super) fields: [&'a FieldRef; 2],
    pub(super) keys: &'a ArrayRef,
    pub(super) values: &'a ArrayRef,
    pub(super) rows: Range<usize>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = RowError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        read(seed, cell(self.fields[0], self.keys, self.rows.start)).map_err(|error| error.inside("key")).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let Some(row) = self.rows.next() else { return Err(RowError::no_value()) };
        read(seed, cell(self.fields[1], self.values, row)).map_err(|error| error.inside("value"))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rows.len())
    }
}
