//! One decoded page of datapoints.

use std::collections::HashMap;

use arrow_array::{Array as _, RecordBatch};
use uuid::Uuid;

use crate::arrays;
use crate::columns::{NulledValues, PageDecoder};
use crate::error::UnreadableMessage;
use crate::protocol::connect::UnaryResponse;
use crate::protocol::id;
use crate::schema::timestamp::Timestamp;

/// One page of datapoints.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The datapoints as columns, in the order of their ids.
    pub batch: RecordBatch,
    /// Bytes of the datapoints as protobuf.
    pub datapoint_bytes: usize,
    /// The out-of-range values by field, which are null in the batch.
    pub nulled: Vec<NulledValues>,
    /// The time of the response, by the clock of the server.
    pub responded_at: Option<Timestamp>,
    /// Bytes that the columns hold.
    pub(super) held_bytes: usize,
    /// The cursor after which the requested range continues; `None` at its end.
    pub(super) next: Option<Uuid>,
    /// The page size in the response, beside the cursor.
    pub(super) echoed_limit: Option<i64>,
}

impl Page {
    pub(super) fn decode(decoder: &PageDecoder, response: &UnaryResponse) -> Result<Self, UnreadableMessage> {
        let page = decoder.decode_page(&response.message)?;
        let pagination = page.next_page.unwrap_or_default();
        let next = match &pagination.starting_after {
            None => None,
            Some(cursor) if cursor.uuid.is_empty() => None,
            Some(cursor) => match id::from_wire(cursor) {
                Some(cursor) => Some(cursor),
                None => return Err(UnreadableMessage::new("its cursor is not an id")),
            },
        };
        Ok(Self {
            held_bytes: held_bytes(&page.batch),
            batch: page.batch,
            datapoint_bytes: page.datapoint_bytes,
            nulled: page.nulled,
            responded_at: responded_at(response),
            next,
            echoed_limit: pagination.limit,
        })
    }

    /// Returns a page with the columns and without datapoints.
    pub(super) fn empty(decoder: &PageDecoder) -> Self {
        Self {
            batch: RecordBatch::new_empty(decoder.schema().clone()),
            datapoint_bytes: 0,
            nulled: Vec::new(),
            held_bytes: 0,
            responded_at: None,
            next: None,
            echoed_limit: None,
        }
    }

    /// Keeps the first `rows` datapoints.
    pub(super) fn keep(&mut self, rows: usize) {
        let all = self.batch.num_rows();
        if rows < all {
            // The buffers still hold the other rows, so `held_bytes` stays the same.
            self.batch = self.batch.slice(0, rows);
            self.datapoint_bytes = (self.datapoint_bytes as f64 * rows as f64 / all as f64) as usize;
        }
    }

    /// Keeps the last `rows` datapoints.
    pub(super) fn keep_last(&mut self, rows: usize) {
        let all = self.batch.num_rows();
        if rows < all {
            self.batch = self.batch.slice(all - rows, rows);
            self.datapoint_bytes = (self.datapoint_bytes as f64 * rows as f64 / all as f64) as usize;
        }
    }

    /// Reverses the order of the datapoints.
    pub(super) fn reverse(&mut self) {
        let rows: Vec<usize> = (0..self.batch.num_rows()).rev().collect();
        // Every row exists, so this cannot fail.
        if let Ok(batch) = arrays::take_batch(&self.batch, &rows) {
            self.batch = batch;
        }
    }
}

/// Returns the bytes of all buffers of a batch. Shared buffers count once: columns are views into one page.
fn held_bytes(batch: &RecordBatch) -> usize {
    let mut buffers = HashMap::new();
    let mut arrays: Vec<_> = batch.columns().iter().map(|column| column.to_data()).collect();
    while let Some(array) = arrays.pop() {
        let nulls = array.nulls().map(|nulls| nulls.buffer());
        for buffer in array.buffers().iter().chain(nulls) {
            buffers.insert(buffer.data_ptr(), buffer.capacity());
        }
        arrays.extend(array.child_data().iter().cloned());
    }
    buffers.values().sum()
}

fn responded_at(response: &UnaryResponse) -> Option<Timestamp> {
    let date = response.metadata.headers.get(http::header::DATE)?.to_str().ok()?;
    let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
    Timestamp::from_unix(date.timestamp(), 0).ok()
}
