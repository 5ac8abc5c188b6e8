//! The limits of the pages that wait to be read.

use super::plan::MAX_INSPECTIONS;

/// Maximum bytes of a page that stays decoded at any distance from the reader; less with a small read-ahead.
const SMALL_PAGE: usize = 1 << 20;
/// Divisor of the bytes of the read-ahead that yields the maximum bytes of such a page.
const SMALL_PART: usize = 256;

/// The limits of the pages that are loaded or being loaded ahead of the reader.
///
/// At a limit, the load sends no request until a page is read. The page to read next is always requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadAhead {
    /// Maximum number of pages, at least 1.
    pub pages: usize,
    /// Maximum bytes of these pages, encoded and decoded. A page that has not arrived yet counts as the largest page so
    /// far. The page that the reader waits for is loaded in addition, at any size.
    pub bytes: usize,
    /// Maximum number of decoded pages, at least 1: the ones to read next. The others stay compressed as they arrived,
    /// which takes a fraction of the memory. Up to two more are decoded for inspection. Pages of at most 1 MiB and at most
    /// 1/256 of `bytes` stay decoded.
    pub decoded: usize,
}

impl ReadAhead {
    /// One page while another is being read.
    pub(super) const ONE_PAGE: Self = Self::new(1, usize::MAX);

    /// Creates a read-ahead of up to `pages` pages and `bytes` bytes, with 8 pages decoded.
    #[must_use]
    pub const fn new(pages: usize, bytes: usize) -> Self {
        Self { pages, bytes, decoded: 8 }
    }

    /// Sets the maximum number of decoded pages (minimum 1).
    #[must_use]
    pub const fn with_decoded(self, decoded: usize) -> Self {
        Self { decoded, ..self }
    }

    /// Returns whether one more page may be requested when `pages` pages with `bytes` bytes are ahead.
    pub(super) fn has_room(self, pages: usize, bytes: usize) -> bool {
        pages <= self.pages.max(1) && bytes < self.bytes
    }

    /// Returns the number of pages that are decoded ahead of the reader.
    pub(super) fn max_decoded(self) -> usize {
        self.decoded.max(1)
    }

    /// Returns the maximum bytes of a page that stays decoded, because evicting it would save little.
    pub(super) fn small_page(self) -> usize {
        SMALL_PAGE.min(self.bytes / SMALL_PART)
    }

    /// Returns the room for decoding while `decoding` pages are being decoded, decoded pages hold `held` bytes, and the
    /// largest page so far holds `largest` bytes.
    pub(super) fn decoding_room(self, decoding: usize, held: usize, largest: usize) -> DecodingRoom {
        let max_decoded = self.max_decoded();
        // Pages being decoded may take half of the bytes; a usual page gets twice the room that it needs.
        let fair = self.bytes / (2 * (max_decoded + MAX_INSPECTIONS));
        let message_bytes = fair.max(largest.saturating_mul(2));
        let held = held.saturating_add(decoding.saturating_mul(message_bytes));
        let has_memory = self.bytes.saturating_sub(held) >= message_bytes;
        DecodingRoom { decoding, max_decoded, message_bytes, has_memory }
    }
}

/// 96 pages of 256 MiB in total, 8 of them decoded.
impl Default for ReadAhead {
    fn default() -> Self {
        Self::new(96, 256 << 20)
    }
}

/// The room for decoding at one moment.
#[derive(Clone, Copy)]
pub(super) struct DecodingRoom {
    /// Number of pages that are being decoded.
    pub(super) decoding: usize,
    /// Number of pages that may be decoded.
    pub(super) max_decoded: usize,
    /// Maximum bytes of each message.
    pub(super) message_bytes: usize,
    /// Whether one more such message fits into the read-ahead.
    pub(super) has_memory: bool,
}
