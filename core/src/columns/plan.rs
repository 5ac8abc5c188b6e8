//! What to do with each field of a message: the schema compiled for decoding.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_schema::{FieldRef, Fields};

use super::wire::WireType;
use crate::datasets::schema::EnumType;

/// Which wire types a field accepts, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepts(u8);

impl Accepts {
    pub(super) const fn only(wire_type: WireType) -> Self {
        Self(1 << wire_type as u8)
    }

    pub(super) const fn or(self, wire_type: WireType) -> Self {
        Self(self.0 | 1 << wire_type as u8)
    }

    #[inline]
    pub(super) const fn contains(self, wire_type: WireType) -> bool {
        self.0 & 1 << wire_type as u8 != 0
    }
}

/// How to read a message into columns.
#[derive(Debug)]
pub(super) struct MessagePlan {
    /// First one for each column in the order of `columns`, then those of which only the oneof matters.
    pub(super) fields: Vec<FieldPlan>,
    pub(super) columns: Fields,
    pub(super) oneofs: usize,
    lookup: Lookup,
}

/// How to read one field.
#[derive(Debug)]
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) accepts: Accepts,
    pub(super) oneof: Option<usize>,
    pub(super) column: ColumnPlan,
}

/// What becomes of the values of a field.
#[derive(Debug)]
pub(super) enum ColumnPlan {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    Text,
    Bytes,
    Enum(Arc<EnumPlan>),
    Timestamp,
    Duration,
    Uuid,
    Geometry,
    /// The bytes of the message itself.
    Encoded,
    Struct(Arc<MessagePlan>),
    List(Box<ColumnPlan>, FieldRef),
    /// The key and the value, and the field of the entries.
    Map(Arc<MessagePlan>, FieldRef),
    /// Not wanted, but setting the field clears the others of its oneof.
    Unread,
}

impl MessagePlan {
    pub(super) fn new(fields: Vec<FieldPlan>, columns: Fields, oneofs: usize) -> Self {
        let lookup = Lookup::new(fields.iter().map(|field| field.number));
        Self { fields, columns, oneofs, lookup }
    }

    /// The index of the field with this number.
    #[inline]
    pub(super) fn find(&self, number: u32) -> Option<usize> {
        self.lookup.find(number)
    }
}

/// Field number to index.
#[derive(Debug)]
struct Lookup {
    /// Indexes by number, `NONE` in gaps.
    small: Vec<u32>,
    /// Larger numbers with their indexes, ascending.
    large: Vec<(u32, usize)>,
}

impl Lookup {
    /// Below it a table is smaller than what a search costs.
    const FIRST_LARGE: u32 = 256;
    const NONE: u32 = u32::MAX;

    fn new(numbers: impl Iterator<Item = u32>) -> Self {
        let mut small = Vec::new();
        let mut large = Vec::new();
        for (index, number) in numbers.enumerate() {
            match (number as usize, u32::try_from(index)) {
                (slot, Ok(entry)) if number < Self::FIRST_LARGE => {
                    if small.len() <= slot {
                        small.resize(slot + 1, Self::NONE);
                    }
                    if let Some(place) = small.get_mut(slot) {
                        *place = entry;
                    }
                }
                _ => large.push((number, index)),
            }
        }
        large.sort_unstable();
        Self { small, large }
    }

    #[inline]
    fn find(&self, number: u32) -> Option<usize> {
        match self.small.get(number as usize) {
            Some(&Self::NONE) => None,
            Some(&index) => Some(index as usize),
            None => {
                let found = self.large.binary_search_by_key(&number, |(number, _)| *number).ok()?;
                self.large.get(found).map(|(_, index)| *index)
            }
        }
    }
}

/// The dictionary of an enum column.
#[derive(Debug)]
pub(super) struct EnumPlan {
    /// Numbers with their keys in the dictionary, ascending.
    keys: Vec<(i32, i32)>,
    /// The short names; shared by all pages, so that joining them need not merge dictionaries.
    pub(super) names: ArrayRef,
    /// The value that an absent field has where absence cannot be told, as in a map.
    pub(super) default: i32,
}

impl EnumPlan {
    pub(super) fn new(enumeration: &EnumType) -> Self {
        let mut keys: Vec<_> = enumeration.values().iter().map(|value| value.number).zip(0..).collect();
        keys.sort_unstable();
        let names = enumeration.values().iter().map(|value| Some(value.short_name.as_str()));
        let names: ArrayRef = Arc::new(names.collect::<StringArray>());
        Self { keys, names, default: enumeration.values().first().map_or(0, |value| value.number) }
    }

    /// The key of a known number.
    #[inline]
    pub(super) fn key(&self, number: i32) -> Option<i32> {
        let found = self.keys.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.keys.get(found).map(|(_, key)| *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_small_and_large_numbers() {
        let lookup = Lookup::new([5, 300, 1, (1 << 29) - 1].into_iter());
        let found = [0, 1, 2, 5, 6, 255, 256, 300, (1 << 29) - 1].map(|number| lookup.find(number));
        assert_eq!(found, [None, Some(2), None, Some(0), None, None, None, Some(1), Some(3)]);
    }
}
