//! How much of a load may wait to be read.

use super::plan::MAX_INSPECTIONS;

/// Pages of at most this many bytes stay decoded wherever they are, or of a smaller part of a small read-ahead.
const SMALL_PAGE: usize = 1 << 20;
/// The part of the read-ahead that a small page takes at most.
const SMALL_PART: usize = 256;

/// The most pages that are loaded or being loaded ahead of the reader.
///
/// When it is used up, nothing more is requested until a page is read; the page that is read next is always requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadAhead {
    /// Number of pages, at least 1.
    pub pages: usize,
    /// Bytes that they hold, encoded and decoded, over all parts; the largest page so far stands for one that has not arrived
    /// yet. One page more is held where the reader waits for it, however large it is.
    pub bytes: usize,
    /// Number of them that are decoded, at least 1: those that are read next. The others stay compressed, as they arrived,
    /// which takes a fraction of the memory; only pages that are small (1 MiB) stay decoded.
    pub decoded: usize,
}

impl ReadAhead {
    /// One page while another is being read.
    pub(super) const ONE_PAGE: Self = Self::new(1, usize::MAX);

    /// A read-ahead of some pages and bytes, with 8 pages decoded.
    #[must_use]
    pub const fn new(pages: usize, bytes: usize) -> Self {
        Self { pages, bytes, decoded: 8 }
    }

    /// Sets the number of pages that are decoded.
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

    /// Returns the bytes of a page up to which it stays decoded: evicting it would save little.
    pub(super) fn small_page(self) -> usize {
        SMALL_PAGE.min(self.bytes / SMALL_PART)
    }

    /// Returns the room for decoding while `decoding` pages are being decoded and decoded ones hold `held` bytes, the largest
    /// so far `largest`.
    pub(super) fn decoding_room(self, decoding: usize, held: usize, largest: usize) -> DecodingRoom {
        let max_decoded = self.max_decoded();
        // Half of what may be held is for pages that are being decoded; a usual page has twice the room that it needs.
        let fair = self.bytes / (2 * (max_decoded + MAX_INSPECTIONS));
        let message_bytes = fair.max(largest.saturating_mul(2));
        let held = held.saturating_add(decoding.saturating_mul(message_bytes));
        let has_memory = self.bytes.saturating_sub(held) >= message_bytes;
        DecodingRoom { decoding, max_decoded, message_bytes, has_memory }
    }
}

/// 96 pages, 256 MiB; 8 of them decoded.
impl Default for ReadAhead {
    fn default() -> Self {
        Self::new(96, 256 << 20)
    }
}

/// The pages that may be decoded at some moment.
#[derive(Clone, Copy)]
pub(super) struct DecodingRoom {
    /// Number of pages that are being decoded.
    pub(super) decoding: usize,
    /// Number of pages that may be decoded.
    pub(super) max_decoded: usize,
    /// Maximum bytes of the message of each.
    pub(super) message_bytes: usize,
    /// Whether one more such message fits into the read-ahead.
    pub(super) has_memory: bool,
}
