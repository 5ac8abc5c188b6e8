//! Compression of bodies with gzip, and decompression within a limit, whatever length the compressed bytes claim.
//!
//! With the feature `libdeflate`, one call decompresses a body that is one whole gzip member. The decoder in Rust handles
//! every other body and every error, so that the feature changes only the speed.

#[cfg(feature = "libdeflate")]
mod oneshot;

use std::fmt;
use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// The highest expansion ratio of deflate (RFC 1951: 258 bytes from 2 bits), rounded up.
const MAX_RATIO: usize = 1032;

/// The reason why a body cannot be decompressed.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecompressError {
    /// The decompressed body is longer than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body ends before its gzip stream.
    Truncated,
    /// The bytes are not gzip, or fail their checksum.
    Corrupt(io::Error),
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "it expands beyond the limit of {limit} bytes"),
            Self::Truncated => f.write_str("its gzip stream is truncated"),
            Self::Corrupt(error) => write!(f, "its gzip stream is damaged ({error})"),
        }
    }
}

impl std::error::Error for DecompressError {}

/// Compresses a body.
#[must_use]
pub fn compress(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 2 + 64), Compression::fast());
    // Writing to a vector does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}

/// Decompresses a body to at most `limit` bytes.
///
/// # Errors
///
/// When the body is damaged, or expands beyond `limit` bytes. Memory stays within about `limit` bytes.
pub fn decompress(body: &[u8], limit: usize) -> Result<Bytes, DecompressError> {
    #[cfg(feature = "libdeflate")]
    if let Some(whole) = oneshot::decompress(body, limit) {
        return Ok(whole);
    }
    decompress_in_steps(body, limit)
}

/// Decompresses any body with the decoder in Rust.
fn decompress_in_steps(body: &[u8], limit: usize) -> Result<Bytes, DecompressError> {
    // With spare capacity the decoder finds the end without growing the buffer.
    let mut output = Vec::with_capacity(claimed_length(body).saturating_add(32).min(limit));
    // One more byte distinguishes "exactly the limit" from "beyond".
    let read = MultiGzDecoder::new(body).take((limit as u64).saturating_add(1)).read_to_end(&mut output);
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && is_start_of_member(body) => {
            Err(DecompressError::Truncated)
        }
        Err(error) => Err(DecompressError::Corrupt(error)),
        Ok(_) if output.len() > limit => Err(DecompressError::TooLarge { limit }),
        Ok(_) => Ok(output.into()),
    }
}

/// Whether `body` can be the start of a gzip member (RFC 1952, ID1 and ID2).
fn is_start_of_member(body: &[u8]) -> bool {
    body.iter().zip([0x1f, 0x8b]).all(|(byte, magic)| *byte == magic)
}

/// Returns the length that the trailer claims (RFC 1952, ISIZE), at most what the compressed bytes can expand to.
fn claimed_length(body: &[u8]) -> usize {
    let claimed = body.last_chunk::<4>().map_or(0, |trailer| u32::from_le_bytes(*trailer) as usize);
    claimed.min(body.len().saturating_mul(MAX_RATIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decompresses in both ways and checks that the results are equal.
    fn decompress(body: &[u8], limit: usize) -> Result<Bytes, DecompressError> {
        let (either, steps) = (super::decompress(body, limit), decompress_in_steps(body, limit));
        match (&either, &steps) {
            (Ok(either), Ok(steps)) => assert_eq!(either, steps),
            (either, steps) => assert_eq!(format!("{either:?}"), format!("{steps:?}")),
        }
        either
    }

    #[test]
    fn a_compressed_body_decompresses_to_itself() {
        for length in [0, 1, 1000, 1_000_000] {
            let body: Vec<u8> = (0..length).map(|index: u32| (index / 7) as u8).collect();
            let decompressed = decompress(&compress(&body), body.len()).expect("within the limit");
            assert_eq!(decompressed, body);
        }
    }

    #[test]
    fn a_compression_bomb_stops_at_the_limit() {
        let bomb = compress(&vec![0; 16 << 20]);
        assert!(bomb.len() < 1 << 18, "{} bytes", bomb.len());
        assert!(matches!(decompress(&bomb, 1 << 20), Err(DecompressError::TooLarge { limit: 1_048_576 })));
    }

    #[test]
    fn a_claimed_length_reserves_at_most_the_possible_length() {
        let mut body = compress(b"short").to_vec();
        let length = body.len();
        body[length - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(claimed_length(&body) <= length * MAX_RATIO);
        assert!(matches!(decompress(&body, 512 << 20), Err(DecompressError::Corrupt(_))));
    }

    #[test]
    fn a_truncated_or_changed_body_is_an_error_at_every_byte() {
        let body = compress(b"some bytes that repeat, some bytes that repeat");
        for length in 0..body.len() {
            let error = decompress(&body[..length], 1000).expect_err("truncated");
            assert!(matches!(error, DecompressError::Truncated), "truncated to {length} bytes: {error}");
        }
        // The bytes 4 to 9 of the header (time, flags of the encoder, system) carry no data.
        for index in (0..3).chain(10..body.len()) {
            let mut changed = body.to_vec();
            changed[index] ^= 0x55;
            assert!(decompress(&changed, 1000).is_err(), "byte {index} changed");
        }
    }

    #[test]
    fn several_members_are_one_body() {
        for (first, second) in [("one ", "two"), ("same", "same"), ("", "two"), ("one", ""), ("", "")] {
            let body = [compress(first.as_bytes()), compress(second.as_bytes())].concat();
            assert_eq!(decompress(&body, 100).expect("two members"), [first, second].concat());
            assert!(
                first.is_empty() && second.is_empty() || decompress(&body, first.len() + second.len() - 1).is_err()
            );
        }
    }

    #[test]
    fn bytes_after_a_member_are_an_error() {
        let body = compress(b"some bytes");
        assert!(decompress(&[&body[..], b"garbage"].concat(), 1000).is_err());
        assert!(decompress(&[&body[..], &body[body.len() - 8..]].concat(), 1000).is_err());
    }
}
