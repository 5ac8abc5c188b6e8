//! Reads all messages of a page: in blocks where possible, otherwise one by one.

use super::block::{Block, MAX_MESSAGES};
use super::message::MessageWriter;
use super::views::Page;
use super::views::window::{Cursor, Window};
use crate::columns::error::FieldError;

/// The bytes between two prefetching loads: two cache lines, because processors fetch the neighbour of a line too.
const PREFETCH_STRIDE: usize = 128;

/// The maximum blocks that are read one by one before the next attempt.
const MAX_PAUSE: usize = 63;

impl MessageWriter<'_> {
    /// Reads messages of a page, one for each row from the first one on. An error has the row of its message.
    pub(in crate::columns) fn read_all(
        &mut self,
        page: &Page<'_>,
        messages: &[&[u8]],
    ) -> Result<(), (usize, FieldError)> {
        let mut cursors = [Cursor { at: 0, end: 0 }; MAX_MESSAGES];
        let mut row = 0;
        // The blocks left to read one by one, and the length of the last such pause: an attempt has a cost.
        let (mut pause, mut last_pause) = (0, 0);
        while row < messages.len() {
            let rest = messages.get(row..).unwrap_or_default();
            let mut block =
                Block { page: page.window(), first_row: row, messages: locate(page.window(), rest, &mut cursors) };
            let count = block.messages.len();
            if pause == 0 && count > 0 {
                if self.read_block(&mut block).is_ok() {
                    row += count;
                    last_pause = 0;
                    continue;
                }
                self.truncate(row);
                last_pause = (2 * last_pause + 1).min(MAX_PAUSE);
                pause = last_pause;
            }
            pause = pause.saturating_sub(1);
            for message in rest.iter().take(count.max(1)) {
                self.read(row, message).map_err(|error| (row, error))?;
                row += 1;
            }
        }
        Ok(())
    }
}

/// Locates the first messages in the page, at most as many as a block has.
fn locate<'c>(page: Window<'_>, messages: &[&[u8]], cursors: &'c mut [Cursor]) -> &'c mut [Cursor] {
    let mut count = 0;
    let mut seen = 0;
    for (message, cursor) in messages.iter().zip(cursors.iter_mut()) {
        let Some(place) = page.place_of(message) else { break };
        *cursor = place;
        count += 1;
        // Blocks read across messages, which processors do not predict, so this loads the bytes in order.
        for at in (place.at..place.end).step_by(PREFETCH_STRIDE) {
            seen |= page.load(at).map_or(0, u8::from_ne_bytes);
        }
    }
    std::hint::black_box(seen);
    cursors.get_mut(..count).unwrap_or_default()
}
