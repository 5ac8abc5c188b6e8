//! How much of a load may wait to be read.

/// The most pages that are loaded or being loaded ahead of whoever reads them.
///
/// When it is used up, nothing more is asked for until a page is read; what is to be read next is always asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadAhead {
    /// How many pages, at least 1.
    pub pages: usize,
    /// How many bytes they hold, encoded and decoded, over all parts; the largest page so far stands for one that is not there
    /// yet. One page more is held where the reader waits for it, however large it is.
    pub bytes: usize,
    /// How many of them are decoded, at least 1: those that are read next. The others wait as they came, compressed, which
    /// takes a fraction of the memory.
    pub decoded: usize,
}

impl ReadAhead {
    /// One page while another is being read.
    pub(super) const ONE_PAGE: Self = Self::new(1, usize::MAX);

    /// At most so many pages and bytes, 8 of them decoded.
    #[must_use]
    pub const fn new(pages: usize, bytes: usize) -> Self {
        Self { pages, bytes, decoded: 8 }
    }

    /// The same with so many of the pages decoded.
    #[must_use]
    pub const fn with_decoded(self, decoded: usize) -> Self {
        Self { decoded, ..self }
    }

    /// Whether one more page may be asked for when there are `pages` with `bytes` ahead.
    pub(super) fn has_room(self, pages: usize, bytes: usize) -> bool {
        pages <= self.pages.max(1) && bytes < self.bytes
    }
}

/// 96 pages, 256 MiB; 8 of them decoded.
impl Default for ReadAhead {
    fn default() -> Self {
        Self::new(96, 256 << 20)
    }
}
