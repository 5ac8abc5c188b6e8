//! Several messages at once, field by field.
//!
//! Read one after the other, each field of each message has to be found, and where it ends is known before the next one
//! can be. In a block the same field of up to 64 messages is read by one loop: its column is looked up once, the loop is
//! made for one kind of value, and no message waits for another.
//!
//! That suits messages with their fields in the order of the numbers, each in the form and as often as encoders write
//! it, with unknown ones at the end. Whatever else there is, errors included, is [`Unusual`]: the block is undone and its
//! messages are read one by one, which knows everything that protobuf allows.

use super::views::Window;
use super::{MessageWriter, Page};
use crate::columns::error::Fault;
use crate::columns::plan::UsualTag;
use crate::columns::wire::{self, WireType};

/// The most messages of a block: one bit each says which have a field. All of them should fit into the first cache.
pub(super) const MAX_MESSAGES: usize = 64;

/// Two cache lines, because processors fetch the neighbour of one.
const LOOKED_AHEAD: usize = 128;

/// The most blocks that are read one by one before another one is tried.
const MOST_WAITED: usize = 63;

/// The messages of a block are not all as encoders write them.
#[derive(Debug)]
pub(super) struct Unusual;

/// What is left of a message: from an offset in the page to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) at: usize,
    pub(super) end: usize,
}

/// Messages of one type, for the rows of a column from one on.
pub(super) struct Block<'b> {
    pub(super) page: Window<'b>,
    pub(super) first_row: usize,
    /// At most [`MAX_MESSAGES`].
    pub(super) messages: &'b mut [Cursor],
}

impl Block<'_> {
    /// Whether a field is the next one of any message.
    pub(super) fn has(&self, tag: UsualTag) -> bool {
        self.messages.iter().any(|message| message.after_tag(self.page, tag).is_some())
    }

    /// A bit for each message.
    pub(super) fn all(&self) -> u64 {
        u64::MAX.checked_shr(64 - self.messages.len() as u32).unwrap_or_default()
    }

    /// Whether all messages were read to the end.
    pub(super) fn is_read(&self) -> bool {
        self.messages.iter().all(|message| message.at == message.end)
    }
}

impl Cursor {
    /// What follows a tag, if that is next.
    #[inline(always)]
    pub(super) fn after_tag(self, page: Window<'_>, tag: UsualTag) -> Option<Self> {
        self.after_likely_tag(page, tag).filter(|after| after.at <= after.end)
    }

    /// As [`after_tag`](Self::after_tag), or what follows the same bytes behind the end of the message: for those that
    /// compare the end of the value with that of the message.
    #[inline(always)]
    pub(super) fn after_likely_tag(self, page: Window<'_>, tag: UsualTag) -> Option<Self> {
        let start = u32::from_le_bytes(page.load(self.at)?);
        if tag.matches(start) { Some(Self { at: self.at + tag.length, end: self.end }) } else { None }
    }

    /// What follows a length, as long as that says, which may be too long.
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

    /// As [`prefixed`](Self::prefixed), for lengths of which some take one byte and some two, which no processor can
    /// foretell.
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

    /// What follows a length of more than two bytes.
    #[cold]
    fn long(self, page: Window<'_>) -> Option<Self> {
        let mut rest = page.part(self)?;
        let length = wire::read_varint(&mut rest).ok()?;
        let at = self.end - rest.len();
        Some(Self { at, end: at.checked_add(usize::try_from(length).ok()?)? })
    }
}

impl MessageWriter<'_> {
    /// Reads messages that lie in a page, one for each row from the first one on. An error says which one is at fault.
    pub(in crate::columns) fn read_all(&mut self, page: &Page<'_>, messages: &[&[u8]]) -> Result<(), (usize, Fault)> {
        let mut cursors = [Cursor { at: 0, end: 0 }; MAX_MESSAGES];
        let mut row = 0;
        // How many blocks to read one by one, and how many it were the last time: looking has its price.
        let (mut wait, mut waited) = (0, 0);
        while row < messages.len() {
            let rest = messages.get(row..).unwrap_or_default();
            let mut block =
                Block { page: page.window(), first_row: row, messages: place(page.window(), rest, &mut cursors) };
            let count = block.messages.len();
            if wait == 0 && count > 0 {
                if self.read_block(&mut block).is_ok() {
                    row += count;
                    waited = 0;
                    continue;
                }
                self.truncate(row);
                waited = (2 * waited + 1).min(MOST_WAITED);
                wait = waited;
            }
            wait = wait.saturating_sub(1);
            for message in rest.iter().take(count.max(1)) {
                self.read(row, message).map_err(|fault| (row, fault))?;
                row += 1;
            }
        }
        Ok(())
    }
}

/// The first messages of these that a block may have.
fn place<'c>(page: Window<'_>, messages: &[&[u8]], cursors: &'c mut [Cursor]) -> &'c mut [Cursor] {
    let mut count = 0;
    let mut seen = 0;
    for (message, cursor) in messages.iter().zip(cursors.iter_mut()) {
        let Some(place) = page.place_of(message) else { break };
        *cursor = place;
        count += 1;
        // Their bytes are wanted field by field, which processors do not foresee; here they are asked for in order.
        for at in (place.at..place.end).step_by(LOOKED_AHEAD) {
            seen |= page.load(at).map_or(0, u8::from_ne_bytes);
        }
    }
    std::hint::black_box(seen);
    cursors.get_mut(..count).unwrap_or_default()
}

/// Skips a field that is not read, and says which messages have it.
pub(super) fn skip(tag: UsualTag, block: &mut Block<'_>) -> u64 {
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
fn skip_to(tag: UsualTag, block: &mut Block<'_>, end: impl Fn(Window<'_>, Cursor) -> Option<usize>) -> u64 {
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
