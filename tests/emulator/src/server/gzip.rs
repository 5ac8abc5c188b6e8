//! Gzip that remembers what it compressed.
//!
//! Compressing a page takes many times as long as reading it, so a server that does it anew for each request is what a
//! benchmark of a client would measure. Pages overlap: two requests that begin at different datapoints have most of them
//! in common. So a page is cut between datapoints where the datapoints themselves say so, and each of these pieces is
//! compressed once. A deflate stream may be put together from pieces that do not refer to each other (RFC 1951), each
//! ended by an empty stored block so that the next begins with a byte, and the checksum of the whole follows from theirs.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use connectrpc::ConnectError;
use connectrpc::compression::{CompressionProvider, GzipProvider};
use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::protobuf::{self, Value};

/// Smaller answers are compressed as they are.
const SMALLEST: usize = 64 << 10;
/// One datapoint of so many ends a piece, on average.
const DATAPOINTS_OF_PIECE: u64 = 64;
/// RFC 1952: the magic number, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// RFC 1951: the last block, with fixed codes and nothing in it.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Gzip for the protocol layer.
pub(super) struct RememberingGzip {
    whole: GzipProvider,
    level: u32,
    memory: Mutex<Memory>,
}

/// Pieces by the hash of what they are made of.
struct Memory {
    pieces: HashMap<u128, Arc<Piece>>,
    bytes: usize,
    limit: usize,
}

/// Some bytes of an answer.
struct Piece {
    deflated: Vec<u8>,
    checksum: u32,
    length: u64,
}

impl RememberingGzip {
    /// Compresses at this level and remembers so many bytes of what came out.
    pub(super) fn new(level: u32, limit: usize) -> Self {
        let memory = Memory { pieces: HashMap::new(), bytes: 0, limit };
        Self { whole: GzipProvider::with_level(level), level, memory: Mutex::new(memory) }
    }

    fn piece(&self, bytes: &[u8]) -> Option<Arc<Piece>> {
        let key = xxh3_128(bytes);
        if let Some(piece) = self.memory().pieces.get(&key) {
            return Some(Arc::clone(piece));
        }
        let piece = Arc::new(Piece::new(bytes, self.level)?);
        let mut memory = self.memory();
        if memory.bytes + piece.deflated.len() > memory.limit {
            // What is asked for is remembered again; to forget the oldest first would need an order.
            memory.pieces.clear();
            memory.bytes = 0;
        }
        memory.bytes += piece.deflated.len();
        memory.pieces.insert(key, Arc::clone(&piece));
        Some(piece)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer put together from pieces; `None` where it has none.
    fn assemble(&self, response: &[u8]) -> Option<Bytes> {
        let ends = piece_ends(response);
        // What lies outside of the first and the last end belongs to pieces that this answer has only a part of.
        let (first, last) = (*ends.first()?, *ends.last()?);
        let mut pieces = vec![Arc::new(Piece::new(response.get(..first)?, self.level)?)];
        for ends in ends.windows(2) {
            pieces.push(self.piece(response.get(ends[0]..ends[1])?)?);
        }
        pieces.push(Arc::new(Piece::new(response.get(last..)?, self.level)?));

        let length: usize = pieces.iter().map(|piece| piece.deflated.len()).sum();
        let mut gzip = Vec::with_capacity(HEADER.len() + length + LAST_BLOCK.len() + 8);
        let mut checksum = Hasher::new();
        gzip.extend_from_slice(&HEADER);
        for piece in pieces {
            gzip.extend_from_slice(&piece.deflated);
            checksum.combine(&Hasher::new_with_initial_len(piece.checksum, piece.length));
        }
        gzip.extend_from_slice(&LAST_BLOCK);
        gzip.extend_from_slice(&checksum.finalize().to_le_bytes());
        gzip.extend_from_slice(&(response.len() as u32).to_le_bytes());
        Some(gzip.into())
    }
}

impl Piece {
    fn new(bytes: &[u8], level: u32) -> Option<Self> {
        let mut compress = Compress::new(Compression::new(level), false);
        let mut deflated = Vec::with_capacity(bytes.len() / 2 + 64);
        loop {
            let read = usize::try_from(compress.total_in()).ok()?;
            let status = compress.compress_vec(bytes.get(read..)?, &mut deflated, FlushCompress::Full).ok()?;
            let all = compress.total_in() == bytes.len() as u64;
            // With room left nothing of the flush is left either.
            if all && deflated.len() < deflated.capacity() {
                break;
            }
            if status == Status::BufError && deflated.len() < deflated.capacity() {
                return None;
            }
            deflated.reserve(deflated.capacity().max(64));
        }
        Some(Self { deflated, checksum: crc32fast::hash(bytes), length: bytes.len() as u64 })
    }
}

/// Where pieces end in a page of datapoints: behind each datapoint whose hash says so. None in any other message.
fn piece_ends(response: &[u8]) -> Vec<usize> {
    let Some(Some(data)) = protobuf::fields(response).next() else { return Vec::new() };
    let (1, Value::Bytes(list)) = (data.number, &data.value) else { return Vec::new() };
    let start = data.end - list.len();
    let datapoints = protobuf::fields(list).map_while(|field| field).filter(|field| field.number == 2);
    let ends = datapoints.filter(|field| {
        let Value::Bytes(datapoint) = field.value else { return false };
        let last = &datapoint[datapoint.len().saturating_sub(64)..];
        xxh3_64(last).is_multiple_of(DATAPOINTS_OF_PIECE)
    });
    ends.map(|field| start + field.end).collect()
}

impl CompressionProvider for RememberingGzip {
    fn name(&self) -> &'static str {
        self.whole.name()
    }

    fn compress(&self, data: &[u8]) -> Result<Bytes, ConnectError> {
        let assembled = if data.len() < SMALLEST { None } else { self.assemble(data) };
        assembled.map_or_else(|| self.whole.compress(data), Ok)
    }

    fn decompressor<'a>(&self, data: &'a [u8]) -> Result<Box<dyn Read + 'a>, ConnectError> {
        self.whole.decompressor(data)
    }

    fn decompress_with_limit(&self, data: &[u8], max_size: usize) -> Result<Bytes, ConnectError> {
        self.whole.decompress_with_limit(data, max_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use prost::Message;
    use tilebox_core::protocol::wire::datasets::v1::{QueryResultPage, RepeatedAny};

    fn page(random: &mut fastrand::Rng, datapoints: std::ops::Range<u64>) -> Vec<u8> {
        let datapoint =
            |number: u64| format!("{number:0width$}{}", number * 0x9e37, width = 100 + number as usize % 300);
        let value = datapoints.map(|number| datapoint(number).into());
        let type_url = format!("a.Type{}", random.u8(..));
        let data = RepeatedAny { type_url, value: value.collect() };
        QueryResultPage { data: Some(data), next_page: None }.encode_to_vec()
    }

    fn unpacked(gzip: &[u8]) -> Vec<u8> {
        let mut unpacked = Vec::new();
        let mut decoder = GzDecoder::new(gzip);
        decoder.read_to_end(&mut unpacked).expect("gzip");
        assert!(decoder.into_inner().is_empty(), "one member and nothing behind it");
        unpacked
    }

    #[test]
    fn pages_that_overlap_are_compressed_once_and_unpack_to_what_they_were() {
        let mut random = fastrand::Rng::with_seed(1);
        let gzip = RememberingGzip::new(1, 1 << 30);
        for first in [0, 17, 1000, 999] {
            let page = page(&mut random, first..first + 4000);
            assert_eq!(unpacked(&gzip.compress(&page).expect("gzip")), page);
        }
        let pieces = gzip.memory().pieces.len();
        assert!((20..200).contains(&pieces), "{pieces} pieces of 5000 datapoints");
    }

    #[test]
    fn memory_is_bounded() {
        let mut random = fastrand::Rng::with_seed(2);
        let gzip = RememberingGzip::new(1, 20_000);
        for first in 0..10 {
            let page = page(&mut random, first * 4000..first * 4000 + 4000);
            assert_eq!(unpacked(&gzip.compress(&page).expect("gzip")), page);
            assert!(gzip.memory().bytes <= 20_000);
        }
    }

    #[test]
    fn what_is_no_page_is_compressed_as_it_is() {
        let gzip = RememberingGzip::new(6, 1 << 30);
        for length in [0, 10, SMALLEST, 10 * SMALLEST] {
            let noise: Vec<u8> = fastrand::Rng::with_seed(3).u8(..).to_le_bytes().repeat(length);
            assert_eq!(unpacked(&gzip.compress(&noise).expect("gzip")), noise);
        }
    }
}
