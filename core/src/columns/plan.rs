//! The plan of a message: its schema compiled for decoding.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_schema::{FieldRef, Fields};

use super::wire::{Tag, WireType};
use crate::schema::EnumType;

/// The wire types that a field accepts, one bit each.
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

/// The plan of a message type.
#[derive(Debug)]
pub(super) struct MessagePlan {
    /// In ascending order of their numbers, which is the order of encoders.
    pub(super) fields: Vec<FieldPlan>,
    pub(super) columns: Fields,
    /// The index of the field of each column.
    pub(super) sources: Vec<usize>,
    pub(super) oneofs: usize,
    lookup: Lookup,
}

/// The plan of one field.
#[derive(Debug)]
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) accepts: Accepts,
    pub(super) oneof: Option<usize>,
    /// Whether an absent field is a zero: senders leave it out.
    pub(super) is_implicit: bool,
    pub(super) column: ColumnPlan,
}

/// The column of a field.
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
    /// No column. The plan has the field to skip it fast, and because it clears the other members of its oneof.
    Unread,
}

impl FieldPlan {
    /// Returns the tag that the field usually has.
    pub(super) fn expected_tag(&self) -> ExpectedTag {
        ExpectedTag::of(self)
    }
}

impl MessagePlan {
    /// Returns the plan of `fields`: one for each of `columns`, in their order, then those that are not read.
    pub(super) fn new(fields: Vec<FieldPlan>, columns: Fields, oneofs: usize) -> Self {
        let mut fields: Vec<(usize, FieldPlan)> = fields.into_iter().enumerate().collect();
        fields.sort_by_key(|(_, field)| field.number);
        let mut sources = vec![0; columns.len()];
        for (index, (column, _)) in fields.iter().enumerate() {
            if let Some(source) = sources.get_mut(*column) {
                *source = index;
            }
        }
        let fields: Vec<_> = fields.into_iter().map(|(_, field)| field).collect();
        let lookup = Lookup::new(fields.iter().map(|field| field.number));
        Self { fields, columns, sources, oneofs, lookup }
    }

    /// Returns the index of the field with this number.
    #[inline]
    pub(super) fn find(&self, number: u32) -> Option<usize> {
        self.lookup.find(number)
    }
}

/// The bytes of the tag that a field usually has, for one comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpectedTag {
    bytes: u32,
    mask: u32,
    pub(super) length: usize,
    pub(super) tag: Tag,
}

impl ExpectedTag {
    /// The maximum bytes of a tag; fields with longer tags are read one by one.
    const MAX_LENGTH: usize = 4;
    /// A tag that matches no input.
    const NONE: Self = Self { bytes: 1, mask: 0, length: 0, tag: Tag { number: 0, wire_type: WireType::Varint } };

    fn of(field: &FieldPlan) -> Self {
        // Elements are packed where the type allows both forms.
        let wire_types = [WireType::Len, WireType::Varint, WireType::I64, WireType::I32];
        let usual = wire_types.into_iter().find(|wire_type| field.accepts.contains(*wire_type));
        let Some(wire_type) = usual else { return Self::NONE };
        let mut tag = u64::from(field.number) << 3 | wire_type as u64;
        let (mut bytes, mut length) = (0, 0);
        loop {
            let more = tag >> 7;
            let byte = tag & 0x7f | if more == 0 { 0 } else { 0x80 };
            bytes |= byte << (8 * length);
            length += 1;
            tag = more;
            if more == 0 {
                break;
            }
        }
        let (Ok(bytes), true) = (u32::try_from(bytes), length <= Self::MAX_LENGTH) else { return Self::NONE };
        let mask = u32::MAX >> (32 - 8 * length);
        Self { bytes, mask, length, tag: Tag { number: field.number, wire_type } }
    }

    /// Returns whether an input begins with the tag, given its first bytes with the first in the lowest bits.
    #[inline(always)]
    pub(super) fn matches(&self, start: u32) -> bool {
        start & self.mask == self.bytes
    }
}

/// Field numbers mapped to indexes.
#[derive(Debug)]
struct Lookup {
    /// Indexes by number, `NONE` in gaps.
    small: Vec<u32>,
    /// Larger numbers with their indexes, ascending.
    large: Vec<(u32, usize)>,
}

impl Lookup {
    /// The first number that is searched for; smaller numbers have a table.
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
    /// The keys of small numbers, `UNNAMED` for those without a name.
    small: [i32; Self::FIRST_LARGE],
    /// Numbers with their keys in the dictionary, ascending.
    keys: Vec<(i32, i32)>,
    /// The short names, shared by all pages, so that joining pages does not merge dictionaries.
    pub(super) names: ArrayRef,
    /// The value of an absent field without presence, such as in a map.
    pub(super) default: i32,
}

impl EnumPlan {
    const UNNAMED: i32 = -1;
    /// The first number that is searched for; smaller numbers, of one byte on the wire, have a table.
    const FIRST_LARGE: usize = 128;

    pub(super) fn new(enumeration: &EnumType) -> Self {
        let mut keys: Vec<_> = enumeration.values().iter().map(|value| value.number).zip(0..).collect();
        keys.sort_unstable();
        let mut small = [Self::UNNAMED; Self::FIRST_LARGE];
        for (number, key) in &keys {
            if let Some(place) = usize::try_from(*number).ok().and_then(|number| small.get_mut(number)) {
                *place = *key;
            }
        }
        let names = enumeration.values().iter().map(|value| Some(value.short_name.as_str()));
        let names: ArrayRef = Arc::new(names.collect::<StringArray>());
        Self { small, keys, names, default: enumeration.values().first().map_or(0, |value| value.number) }
    }

    /// Returns the key of a known number.
    #[inline]
    pub(super) fn key(&self, number: i32) -> Option<i32> {
        if let Some(&key) = self.small.get(number as u32 as usize) {
            return (key != Self::UNNAMED).then_some(key);
        }
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
