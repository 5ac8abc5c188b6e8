//! The choice of the pages to decode: those near the reader. A decoded page takes several times the memory of its
//! response.
//!
//! A page further ahead is inspected while few others are being decoded, so that the rest of its part is requested
//! early. Then the page is evicted to its encoded form, and restored when the reader is near.

use super::{Page, PartId, Plan, State};
use crate::datasets::pages::encoded::EncodedPages;
use crate::datasets::pages::read_ahead::DecodingRoom;

/// Number of pages being decoded below which a page far from the reader is inspected.
pub(in crate::datasets::pages) const MAX_INSPECTIONS: usize = 2;

impl Plan {
    /// Returns the part whose page is decoded next, and the maximum bytes of its message.
    ///
    /// The read-ahead limits the memory of these pages, with one exception: the page that the reader waits for is
    /// decoded at any size, but only while no other page is being decoded.
    pub(in crate::datasets::pages) fn next_to_decode(
        &self,
        encoded: &EncodedPages,
        room: DecodingRoom,
    ) -> Option<(PartId, usize)> {
        if encoded.len() == room.decoding {
            return None;
        }
        let loaded = self.parts.iter().filter(|part| matches!(part.state, State::Loaded(_))).count();
        let open = self.parts.iter().filter(|part| !part.is_delivered());
        for (place, part) in open.enumerate() {
            let Some(is_large) = encoded.waiting(part.id) else { continue };
            let is_next = if self.in_order { place == 0 } else { loaded == 0 };
            if is_next && room.decoding == 0 {
                return Some((part.id, usize::MAX));
            }
            let is_inspected = !matches!(part.state, State::Requested { .. });
            let is_wanted = if self.in_order {
                place < room.max_decoded || (!is_inspected && room.decoding < MAX_INSPECTIONS)
            } else {
                loaded + room.decoding < room.max_decoded
            };
            if is_wanted && room.has_memory && !is_large {
                return Some((part.id, room.message_bytes));
            }
        }
        None
    }

    /// Returns whether a part is among the next `parts` to be delivered.
    fn is_near(&self, id: PartId, parts: usize) -> bool {
        self.parts.iter().filter(|part| !part.is_delivered()).take(parts).any(|part| part.id == id)
    }

    /// Drops the decoded page of a part, unless the part is among the next `most` to be delivered or order does not
    /// matter. Returns whether it dropped the page.
    pub(in crate::datasets::pages) fn evict(&mut self, id: PartId, most: usize) -> bool {
        if !self.in_order || self.is_near(id, most) {
            return false;
        }
        let loaded = self.parts.iter_mut().find_map(|part| match &part.state {
            State::Loaded(page) if part.id == id => Some((page.batch.num_rows(), part)),
            _ => None,
        });
        let Some((rows, part)) = loaded else { return false };
        part.state = State::Evicted { rows };
        true
    }

    /// Restores the evicted page of a part. Returns the page if the part has none.
    pub(in crate::datasets::pages) fn restore(&mut self, id: PartId, mut page: Page) -> Option<Page> {
        let evicted = self.parts.iter_mut().find_map(|part| match part.state {
            State::Evicted { rows } if part.id == id => Some((part, rows)),
            _ => None,
        });
        let Some((part, rows)) = evicted else { return Some(page) };
        // The plan cut off the rows that another page covers as well.
        page.keep(rows);
        part.state = State::Loaded(Box::new(page));
        None
    }
}
