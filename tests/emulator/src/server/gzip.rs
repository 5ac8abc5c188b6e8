//! Gzip with a cache of compressed segments.
//!
//! Compressing a page takes many times as long as reading it, so without a cache, a benchmark of a client would measure
//! the server. Pages overlap: requests that begin at different datapoints share most of them. Segments therefore end at
//! datapoints with certain hashes (content-defined chunking), and each segment is compressed once. A deflate stream can
//! be assembled from independent segments (RFC 1951): each ends with an empty stored block, which aligns it to a byte,
//! and the checksum of the whole follows from the checksums of the segments.

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

/// The smallest response that is split into segments, in bytes.
const MINIMUM_SPLIT_BYTES: usize = 64 << 10;
/// The mean number of datapoints in a segment.
const DATAPOINTS_PER_SEGMENT: u64 = 64;
/// RFC 1952: the magic number, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// RFC 1951: an empty last block with fixed codes.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Gzip for the protocol layer.
pub(super) struct CachingGzip {
    whole: GzipProvider,
    level: u32,
    cache: Mutex<Cache>,
}

/// The compressed segments by the hash of their contents.
struct Cache {
    segments: HashMap<u128, Arc<Segment>>,
    bytes: usize,
    limit: usize,
}

/// A compressed segment of a response.
struct Segment {
    deflated: Vec<u8>,
    checksum: u32,
    length: u64,
}

impl CachingGzip {
    /// Creates a provider with this level and a cache of `limit` compressed bytes.
    pub(super) fn new(level: u32, limit: usize) -> Self {
        let cache = Cache { segments: HashMap::new(), bytes: 0, limit };
        Self { whole: GzipProvider::with_level(level), level, cache: Mutex::new(cache) }
    }

    fn segment(&self, bytes: &[u8]) -> Option<Arc<Segment>> {
        let key = xxh3_128(bytes);
        if let Some(segment) = self.cache().segments.get(&key) {
            return Some(Arc::clone(segment));
        }
        let segment = Arc::new(Segment::new(bytes, self.level)?);
        let mut cache = self.cache();
        if cache.bytes + segment.deflated.len() > cache.limit {
            // Clearing everything needs no order of use.
            cache.segments.clear();
            cache.bytes = 0;
        }
        cache.bytes += segment.deflated.len();
        cache.segments.insert(key, Arc::clone(&segment));
        Some(segment)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Assembles the compressed response from segments. Returns `None` if it has no segment end.
    fn assemble(&self, response: &[u8]) -> Option<Bytes> {
        let ends = segment_ends(response);
        // The bytes before the first end and after the last are incomplete segments, which are not cached.
        let (first, last) = (*ends.first()?, *ends.last()?);
        let mut segments = vec![Arc::new(Segment::new(response.get(..first)?, self.level)?)];
        for ends in ends.windows(2) {
            segments.push(self.segment(response.get(ends[0]..ends[1])?)?);
        }
        segments.push(Arc::new(Segment::new(response.get(last..)?, self.level)?));

        let length: usize = segments.iter().map(|segment| segment.deflated.len()).sum();
        let mut gzip = Vec::with_capacity(HEADER.len() + length + LAST_BLOCK.len() + 8);
        let mut checksum = Hasher::new();
        gzip.extend_from_slice(&HEADER);
        for segment in segments {
            gzip.extend_from_slice(&segment.deflated);
            checksum.combine(&Hasher::new_with_initial_len(segment.checksum, segment.length));
        }
        gzip.extend_from_slice(&LAST_BLOCK);
        gzip.extend_from_slice(&checksum.finalize().to_le_bytes());
        gzip.extend_from_slice(&(response.len() as u32).to_le_bytes());
        Some(gzip.into())
    }
}

impl Segment {
    fn new(bytes: &[u8], level: u32) -> Option<Self> {
        let mut compress = Compress::new(Compression::new(level), false);
        let mut deflated = Vec::with_capacity(bytes.len() / 2 + 64);
        loop {
            let read = usize::try_from(compress.total_in()).ok()?;
            let status = compress.compress_vec(bytes.get(read..)?, &mut deflated, FlushCompress::Full).ok()?;
            let is_consumed = compress.total_in() == bytes.len() as u64;
            // Spare capacity means that the flush is complete.
            if is_consumed && deflated.len() < deflated.capacity() {
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

/// Returns the ends of segments in a page: after each datapoint whose hash is a multiple of [`DATAPOINTS_PER_SEGMENT`].
/// Other messages have none.
fn segment_ends(response: &[u8]) -> Vec<usize> {
    let Some(Some(data)) = protobuf::fields(response).next() else { return Vec::new() };
    let (1, Value::Bytes(list)) = (data.number, &data.value) else { return Vec::new() };
    let start = data.end - list.len();
    let datapoints = protobuf::fields(list).map_while(|field| field).filter(|field| field.number == 2);
    let ends = datapoints.filter(|field| {
        let Value::Bytes(datapoint) = field.value else { return false };
        let last = &datapoint[datapoint.len().saturating_sub(64)..];
        xxh3_64(last).is_multiple_of(DATAPOINTS_PER_SEGMENT)
    });
    ends.map(|field| start + field.end).collect()
}

impl CompressionProvider for CachingGzip {
    fn name(&self) -> &'static str {
        self.whole.name()
    }

    fn compress(&self, data: &[u8]) -> Result<Bytes, ConnectError> {
        let assembled = if data.len() < MINIMUM_SPLIT_BYTES { None } else { self.assemble(data) };
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

    fn decompressed(gzip: &[u8]) -> Vec<u8> {
        let mut decompressed = Vec::new();
        let mut decoder = GzDecoder::new(gzip);
        decoder.read_to_end(&mut decompressed).expect("gzip");
        assert!(decoder.into_inner().is_empty(), "one gzip member without trailing bytes");
        decompressed
    }

    #[test]
    fn overlapping_pages_share_compressed_segments() {
        let mut random = fastrand::Rng::with_seed(1);
        let gzip = CachingGzip::new(1, 1 << 30);
        for first in [0, 17, 1000, 999] {
            let page = page(&mut random, first..first + 4000);
            assert_eq!(decompressed(&gzip.compress(&page).expect("gzip")), page);
        }
        let segments = gzip.cache().segments.len();
        assert!((20..200).contains(&segments), "{segments} segments of 5000 datapoints");
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut random = fastrand::Rng::with_seed(2);
        let gzip = CachingGzip::new(1, 20_000);
        for first in 0..10 {
            let page = page(&mut random, first * 4000..first * 4000 + 4000);
            assert_eq!(decompressed(&gzip.compress(&page).expect("gzip")), page);
            assert!(gzip.cache().bytes <= 20_000);
        }
    }

    #[test]
    fn other_messages_are_compressed_whole() {
        let gzip = CachingGzip::new(6, 1 << 30);
        for length in [0, 10, MINIMUM_SPLIT_BYTES, 10 * MINIMUM_SPLIT_BYTES] {
            let noise: Vec<u8> = fastrand::Rng::with_seed(3).u8(..).to_le_bytes().repeat(length);
            assert_eq!(decompressed(&gzip.compress(&noise).expect("gzip")), noise);
        }
    }
}
