//! Which answers are decoded: those that the reader comes to soon. A page takes several times the memory of its answer.
//!
//! What comes for a part further on is decoded only to see what it leaves of its part, while there is nothing better to do,
//! and put away again: whatever has to be asked for once more should be asked for early.

use super::{Page, PartId, Plan, State};
use crate::protocol::calls::Unseal;

/// How many answers are decoded at the same time only to see what they say.
pub(in super::super) const GLANCES: usize = 2;

impl Plan {
    /// What becomes of the answer for a part when `decoding` answers are being decoded and `most` may be, each within so
    /// many bytes.
    pub(in super::super) fn unseal(&self, id: PartId, decoding: usize, most: usize, bytes: usize) -> Unseal {
        if !self.in_order {
            let loaded = self.parts.iter().filter(|part| matches!(part.state, State::Loaded(_))).count();
            return if loaded + decoding < most { Unseal::Within(bytes) } else { Unseal::Later };
        }
        if self.is_near(id, most) {
            return Unseal::Within(bytes);
        }
        let unseen = self.parts.iter().any(|part| part.id == id && matches!(part.state, State::Running { .. }));
        if unseen && decoding < GLANCES { Unseal::Copy(bytes) } else { Unseal::Later }
    }

    /// Whether the reader waits for this part: it is the first, or nothing is loaded where order does not matter.
    pub(in super::super) fn is_next(&self, id: PartId) -> bool {
        if self.in_order {
            return self.is_near(id, 1);
        }
        !self.parts.iter().any(|part| matches!(part.state, State::Loaded(_)))
    }

    /// Whether a part is one of the next so many to be delivered.
    fn is_near(&self, id: PartId, parts: usize) -> bool {
        let open = self.parts.iter().filter(|part| !matches!(part.state, State::Delivered));
        open.take(parts).any(|part| part.id == id)
    }

    /// Drops the page of a part that is not near. Says whether it did.
    pub(in super::super) fn put_away(&mut self, id: PartId, most: usize) -> bool {
        if self.is_near(id, most) {
            return false;
        }
        let part = self.parts.iter_mut().find(|part| part.id == id);
        let Some((part, rows)) = part.and_then(|part| match &part.state {
            State::Loaded(page) => Some(page.batch.num_rows()).map(|rows| (part, rows)),
            _ => None,
        }) else {
            return false;
        };
        part.state = State::PutAway { rows };
        true
    }

    /// The page of a part is there again that was put away. Gives it back where none was.
    pub(in super::super) fn taken_out(&mut self, id: PartId, mut page: Page) -> Option<Page> {
        let put_away = self.parts.iter_mut().find_map(|part| match part.state {
            State::PutAway { rows } if part.id == id => Some((part, rows)),
            _ => None,
        });
        let Some((part, rows)) = put_away else { return Some(page) };
        // What another page covers, too, was cut off.
        page.keep(rows);
        part.state = State::Loaded(Box::new(page));
        None
    }
}
