//! Reads several messages at once, field by field.
//!
//! A loop over messages looks up every field of every message, and finds a field only after the end of the one before. A
//! block reads the same field of up to 64 messages in one loop: it looks up the column once, the loop is compiled for one
//! kind of value, and no message waits for another.
//!
//! Blocks need the usual encoding: fields in the order of their numbers, each in its usual form, unknown fields at the
//! end. Anything else, errors included, is [`Unusual`]: the block is undone and its messages are read one by one, by code
//! that supports all of protobuf.

use super::views::window::{Cursor, Window};
use crate::columns::plan::ExpectedTag;
use crate::columns::wire::{self, WireType};

/// The maximum messages of a block: a bit set has one bit for each. They should fit into the first-level cache.
pub(super) const MAX_MESSAGES: usize = 64;

/// The error of a block whose messages are not all in the usual encoding.
#[derive(Debug)]
pub(super) struct Unusual;

/// Messages of one type, for consecutive rows of a column.
pub(super) struct Block<'b> {
    pub(super) page: Window<'b>,
    pub(super) first_row: usize,
    /// At most [`MAX_MESSAGES`].
    pub(super) messages: &'b mut [Cursor],
}

impl Block<'_> {
    /// Returns whether a field comes next in any message.
    pub(super) fn has(&self, tag: ExpectedTag) -> bool {
        self.messages.iter().any(|message| message.after_tag(self.page, tag).is_some())
    }

    /// Returns a set bit for each message.
    pub(super) fn all(&self) -> u64 {
        u64::MAX.checked_shr(64 - self.messages.len() as u32).unwrap_or_default()
    }

    /// Returns whether all messages were read to the end.
    pub(super) fn is_read(&self) -> bool {
        self.messages.iter().all(|message| message.at == message.end)
    }
}

impl Cursor {
    /// Returns the rest after a tag, if the tag comes next.
    #[inline(always)]
    pub(super) fn after_tag(self, page: Window<'_>, tag: ExpectedTag) -> Option<Self> {
        self.after_likely_tag(page, tag).filter(|after| after.at <= after.end)
    }

    /// As [`after_tag`](Self::after_tag), but the tag may lie after the end of the message: for callers that compare the end
    /// of the value with the end of the message.
    #[inline(always)]
    pub(super) fn after_likely_tag(self, page: Window<'_>, tag: ExpectedTag) -> Option<Self> {
        let start = u32::from_le_bytes(page.load(self.at)?);
        if tag.matches(start) { Some(Self { at: self.at + tag.length, end: self.end }) } else { None }
    }

    /// Returns the bytes after a length; they may exceed the message.
    #[inline(always)]
    pub(super) fn prefixed(self, page: Window<'_>) -> Option<Self> {
        let start = u32::from_le_bytes(page.load(self.at)?) as usize;
        if start & 0x80 == 0 {
            let at = self.at + 1;
            Some(Self { at, end: at + (start & 0x7f) })
        } else if start & 0x8000 == 0 {
            let at = self.at + 2;
            Some(Self { at, end: at + (start & 0x7f | start >> 1 & 0x3f80) })
        } else {
            self.long(page)
        }
    }

    /// As [`prefixed`](Self::prefixed), without an unpredictable branch where some lengths have one byte and some two.
    #[inline(always)]
    pub(super) fn prefixed_either(self, page: Window<'_>) -> Option<Self> {
        let start = u32::from_le_bytes(page.load(self.at)?) as usize;
        if start & 0x8080 == 0x8080 {
            return self.long(page);
        }
        let second = start >> 7 & 1;
        let at = self.at + 1 + second;
        Some(Self { at, end: at + (start & 0x7f | start >> 1 & second.wrapping_neg() & 0x3f80) })
    }

    /// Returns the bytes after a length of more than two bytes.
    #[cold]
    fn long(self, page: Window<'_>) -> Option<Self> {
        let mut rest = page.part(self)?;
        let length = wire::read_varint(&mut rest).ok()?;
        let at = self.end - rest.len();
        Some(Self { at, end: at.checked_add(usize::try_from(length).ok()?)? })
    }
}

/// Skips a field that is not read. Returns the messages that have it, one bit each.
pub(super) fn skip(tag: ExpectedTag, block: &mut Block<'_>) -> u64 {
    match tag.tag.wire_type {
        WireType::Len => skip_to(tag, block, |page, value| Some(value.prefixed(page)?.end)),
        WireType::I64 => skip_to(tag, block, |_, value| Some(value.at + 8)),
        WireType::I32 => skip_to(tag, block, |_, value| Some(value.at + 4)),
        _ => skip_to(tag, block, |page, value| {
            let mut rest = page.part(value)?;
            wire::skip(tag.tag, &mut rest).ok()?;
            Some(value.end - rest.len())
        }),
    }
}

#[inline(always)]
fn skip_to(tag: ExpectedTag, block: &mut Block<'_>, end: impl Fn(Window<'_>, Cursor) -> Option<usize>) -> u64 {
    let page = block.page;
    let mut missing = 0;
    for (index, message) in block.messages.iter_mut().enumerate() {
        match message.after_likely_tag(page, tag).and_then(|value| end(page, value)) {
            Some(end) if end <= message.end => message.at = end,
            _ => missing |= 1 << index,
        }
    }
    block.all() & !missing
}
