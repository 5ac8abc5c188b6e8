//! The bytes of a page, loaded without a check of each load. The invariants stand in the parent module.

use crate::columns::writer::text::{NOT_ASCII, is_ascii, is_utf8};

/// A place in a page, such as the rest of a message: a range of offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::columns::writer) struct Cursor {
    pub(in crate::columns::writer) at: usize,
    pub(in crate::columns::writer) end: usize,
}

/// The maximum bytes of a value that a view holds itself.
pub(super) const MAX_INLINE: usize = 12;

/// The maximum bytes of one load.
pub(super) const LOADED: usize = 16;

/// Masks by number of bytes.
const MASKS: [u128; LOADED + 1] = {
    let mut masks = [0; LOADED + 1];
    let mut length = 1;
    while length <= LOADED {
        masks[length] = masks[length - 1] << 8 | 0xff;
        length += 1;
    }
    masks
};

/// The bytes of a page except the last 15, so that 16 bytes can be loaded from any offset.
#[derive(Clone, Copy)]
pub(in crate::columns::writer) struct Window<'a> {
    /// At least `LOADED - 1` bytes follow in the same memory.
    bytes: &'a [u8],
}

impl<'a> Window<'a> {
    /// Returns the window of a page.
    #[inline(always)]
    pub(super) fn of_page(page: &'a [u8]) -> Self {
        let loadable = (page.len() + 1).saturating_sub(LOADED);
        Self { bytes: page.get(..loadable).unwrap_or_default() }
    }

    /// Returns whether another window is of the same page.
    #[inline(always)]
    pub(super) fn is_same(self, other: Window<'_>) -> bool {
        std::ptr::eq(self.bytes, other.bytes)
    }

    /// Loads bytes from an offset in the page.
    #[inline(always)]
    pub(in crate::columns::writer) fn load<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        const { assert!(N <= LOADED) };
        if at >= self.bytes.len() {
            return None;
        }
        // SAFETY: 5 of the module: one byte lies in the window and `LOADED - 1` follow, and `N` is not more.
        Some(unsafe { self.bytes.as_ptr().add(at).cast::<[u8; N]>().read_unaligned() })
    }

    /// Returns the bytes of a place.
    #[inline(always)]
    pub(in crate::columns::writer) fn part(self, place: Cursor) -> Option<&'a [u8]> {
        self.bytes.get(place.at..place.end)
    }

    /// Returns the place of a part of the page.
    pub(in crate::columns::writer) fn place_of(self, part: &[u8]) -> Option<Cursor> {
        let at = offset(self.bytes, part)?;
        Some(Cursor { at, end: at + part.len() })
    }

    /// Returns the view of a place in the window.
    #[inline(always)]
    pub(super) fn view(self, place: Cursor) -> Option<u128> {
        let length = self.part(place)?.len();
        Some(view(place.at, length, u128::from_le_bytes(self.load(place.at)?)))
    }

    /// Returns whether the value of a view is UTF-8.
    #[inline(always)]
    pub(super) fn is_text(self, view: u128) -> bool {
        let (length, offset) = (view as u32 as usize, (view >> 96) as usize);
        if length <= MAX_INLINE {
            // Zeros follow a short value.
            return view >> 32 & NOT_ASCII == 0 || is_utf8(view.to_le_bytes().get(4..4 + length).unwrap_or_default());
        }
        self.part(Cursor { at: offset, end: offset + length }).is_some_and(|text| is_ascii(text) || is_utf8(text))
    }
}

/// Returns the view of `length` bytes at an offset of the page. `start` holds the first 16 of them, or all and zeros.
#[inline(always)]
pub(super) fn view(offset: usize, length: usize, start: u128) -> u128 {
    // A page has at most i32::MAX bytes.
    let (place, size) = (offset as u128, length as u128);
    if length <= MAX_INLINE
        && let Some(mask) = MASKS.get(length)
    {
        return (start & mask) << 32 | size;
    }
    place << 96 | (start & 0xffff_ffff) << 32 | size
}

/// Returns the offset of a part in these bytes; `None` if it is not a part of them.
#[inline(always)]
pub(super) fn offset(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let offset = part.as_ptr().addr().wrapping_sub(bytes.as_ptr().addr());
    // A part that begins in the bytes and is not longer than their rest lies in them, because its addresses do.
    let room = bytes.len().checked_sub(offset)?;
    (part.len() <= room).then_some(offset)
}
