//! Datapoints to chunks, by count and by bytes.

use std::collections::VecDeque;

use bytes::Bytes;

/// The most datapoints of a request, a limit of the server.
pub(super) const MAX_DATAPOINTS: usize = 8192;
/// The most bytes of a request, unless a single datapoint has more.
///
/// The server documents no limit. Within 8 MiB 8192 datapoints of a kilobyte fit, and a line of 10 Mbit/s sends four of
/// these at once within half of the minute that an attempt has.
const MAX_BYTES: usize = 8 << 20;
/// Enough to keep a connection and the server busy while answers come back.
const IN_FLIGHT: usize = 4;

/// How large the chunks of an ingestion are, and how many are under way at once.
///
/// The default is 8192 datapoints or 8 MiB, whichever is reached first, and 4 at once.
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
    /// With so many datapoints in a chunk at most, from 1 to 8192; what lies outside becomes the nearest of these.
    #[must_use]
    pub fn with_datapoints(self, datapoints: usize) -> Self {
        Self { datapoints: datapoints.clamp(1, MAX_DATAPOINTS), ..self }
    }

    /// With so many bytes of datapoints in a chunk at most. One that is larger on its own makes a chunk of its own.
    #[must_use]
    pub fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// With so many chunks under way at once, at least 1.
    #[must_use]
    pub fn with_in_flight(self, chunks: usize) -> Self {
        Self { in_flight: chunks.max(1), ..self }
    }

    pub(super) fn in_flight(self) -> usize {
        self.in_flight
    }
}

/// Datapoints of one request.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// The place of the first one in the input, counted from zero.
    pub(super) first: u64,
    pub(super) values: Vec<Bytes>,
    pub(super) bytes: usize,
}

/// Collects datapoints until a chunk is full.
#[derive(Debug)]
pub(super) struct Chunker {
    limits: ChunkLimits,
    /// Those that can take no more. There is one at most, unless the owner gives more than is asked for.
    full: VecDeque<Chunk>,
    growing: Chunk,
}

impl Chunker {
    pub(super) fn new(limits: ChunkLimits) -> Self {
        Self { limits, full: VecDeque::new(), growing: Chunk::default() }
    }

    /// Whether a chunk waits to be taken before more comes.
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

    /// Makes a chunk of what there is, because no more comes or no more fits.
    pub(super) fn close(&mut self) {
        if self.growing.values.is_empty() {
            return;
        }
        let next = self.growing.first + self.growing.values.len() as u64;
        let grown = std::mem::replace(&mut self.growing, Chunk { first: next, ..Chunk::default() });
        self.full.push_back(grown);
    }

    /// The chunk to send next, if one is full.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        self.full.pop_front()
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.growing = Chunk::default();
    }
}
