//! Groups datapoints into chunks, limited by count and bytes.

use std::collections::VecDeque;

use bytes::Bytes;

/// The most datapoints of a request, a limit of the server.
pub(super) const MAX_DATAPOINTS: usize = 8192;
/// The most bytes of a request, unless a single datapoint is larger.
///
/// The server documents no limit. 8192 datapoints of a kilobyte fit into 8 MiB, and a line of 10 Mbit/s sends four such
/// chunks at once within 30 seconds, half of the timeout of an attempt.
const MAX_BYTES: usize = 8 << 20;
/// Chunks in flight: enough to keep the connection and the server busy while responses arrive.
const IN_FLIGHT: usize = 4;

/// The size of the chunks of an ingestion, and the number of chunks in flight.
///
/// The default is 8192 datapoints or 8 MiB, whichever is reached first, and 4 chunks in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLimits {
    datapoints: usize,
    bytes: usize,
    in_flight: usize,
}

impl Default for ChunkLimits {
    fn default() -> Self {
        Self { datapoints: MAX_DATAPOINTS, bytes: MAX_BYTES, in_flight: IN_FLIGHT }
    }
}

impl ChunkLimits {
    /// Sets the maximum number of datapoints in a chunk, clamped to 1 to 8192.
    #[must_use]
    pub fn with_datapoints(self, datapoints: usize) -> Self {
        Self { datapoints: datapoints.clamp(1, MAX_DATAPOINTS), ..self }
    }

    /// Sets the maximum number of bytes in a chunk. A larger datapoint gets its own chunk.
    #[must_use]
    pub fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// Sets the maximum number of concurrent chunks (minimum 1).
    #[must_use]
    pub fn with_in_flight(self, chunks: usize) -> Self {
        Self { in_flight: chunks.max(1), ..self }
    }

    pub(super) fn in_flight(self) -> usize {
        self.in_flight
    }
}

/// The datapoints of a request.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// The index of the first datapoint in the input, counted from zero.
    pub(super) first: u64,
    pub(super) values: Vec<Bytes>,
    pub(super) bytes: usize,
}

/// Groups datapoints into chunks.
#[derive(Debug)]
pub(super) struct Chunker {
    limits: ChunkLimits,
    /// Complete chunks. At most one, unless the owner pushes while [`is_full`](Self::is_full).
    full: VecDeque<Chunk>,
    growing: Chunk,
}

impl Chunker {
    pub(super) fn new(limits: ChunkLimits) -> Self {
        Self { limits, full: VecDeque::new(), growing: Chunk::default() }
    }

    /// Returns whether a complete chunk has to be taken before the next datapoint is pushed.
    pub(super) fn is_full(&self) -> bool {
        !self.full.is_empty()
    }

    pub(super) fn push(&mut self, datapoint: Bytes) {
        let has_room = self.growing.bytes.saturating_add(datapoint.len()) <= self.limits.bytes;
        if !has_room {
            self.close();
        }
        self.growing.bytes = self.growing.bytes.saturating_add(datapoint.len());
        self.growing.values.push(datapoint);
        if self.growing.values.len() >= self.limits.datapoints {
            self.close();
        }
    }

    /// Completes the growing chunk.
    pub(super) fn close(&mut self) {
        if self.growing.values.is_empty() {
            return;
        }
        let next = self.growing.first + self.growing.values.len() as u64;
        let grown = std::mem::replace(&mut self.growing, Chunk { first: next, ..Chunk::default() });
        self.full.push_back(grown);
    }

    /// Takes the next complete chunk.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        self.full.pop_front()
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.growing = Chunk::default();
    }
}
