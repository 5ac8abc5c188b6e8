//! gzip of bodies. What comes out is bounded by a limit, whatever the compressed bytes claim.
//!
//! With the feature `libdeflate` a body that is one whole gzip member is decompressed at once. Any other body, and what
//! is wrong with it, is left to the decoder in Rust, so that the feature changes nothing but the time it takes.

#[cfg(feature = "libdeflate")]
mod at_once;

use std::fmt;
use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// The most that deflate can expand its input (RFC 1951 gives 258 bytes for 2 bits), rounded up.
const MAX_RATIO: usize = 1032;

/// Why a body could not be decompressed.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecompressError {
    /// More would come out than the limit allows.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes end before their gzip stream does.
    Cut,
    /// The bytes are not gzip, or fail their checksum.
    Corrupt(io::Error),
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "decompressed it would be longer than the limit of {limit} bytes"),
            Self::Cut => f.write_str("its gzip stream does not end"),
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
/// When the bytes are damaged, or more than `limit` bytes come out. Never holds much more than `limit` bytes.
pub fn decompress(body: &[u8], limit: usize) -> Result<Bytes, DecompressError> {
    #[cfg(feature = "libdeflate")]
    if let Some(whole) = at_once::decompress(body, limit) {
        return Ok(whole);
    }
    decompress_in_steps(body, limit)
}

/// Decompresses any body, in Rust alone.
fn decompress_in_steps(body: &[u8], limit: usize) -> Result<Bytes, DecompressError> {
    // The spare room lets the decoder find the end without growing the buffer.
    let mut output = Vec::with_capacity(claimed_length(body).saturating_add(32).min(limit));
    // One byte more than allowed tells "exactly the limit" from "beyond".
    let read = MultiGzDecoder::new(body).take((limit as u64).saturating_add(1)).read_to_end(&mut output);
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && is_start_of_member(body) => {
            Err(DecompressError::Cut)
        }
        Err(error) => Err(DecompressError::Corrupt(error)),
        Ok(_) if output.len() > limit => Err(DecompressError::TooLarge { limit }),
        Ok(_) => Ok(output.into()),
    }
}

/// Whether these bytes can be the beginning of a gzip member (RFC 1952, ID1 and ID2).
fn is_start_of_member(body: &[u8]) -> bool {
    body.iter().zip([0x1f, 0x8b]).all(|(byte, magic)| *byte == magic)
}

/// The length that the trailer claims (RFC 1952, ISIZE), as far as the compressed bytes can hold it.
fn claimed_length(body: &[u8]) -> usize {
    let claimed = body.last_chunk::<4>().map_or(0, |trailer| u32::from_le_bytes(*trailer) as usize);
    claimed.min(body.len().saturating_mul(MAX_RATIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both ways make of a body, which has to be the same.
    fn decompress(body: &[u8], limit: usize) -> Result<Bytes, DecompressError> {
        let (either, steps) = (super::decompress(body, limit), decompress_in_steps(body, limit));
        match (&either, &steps) {
            (Ok(either), Ok(steps)) => assert_eq!(either, steps),
            (either, steps) => assert_eq!(format!("{either:?}"), format!("{steps:?}")),
        }
        either
    }

    #[test]
    fn what_is_compressed_comes_back() {
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
    fn a_claimed_length_reserves_no_more_than_the_bytes_can_hold() {
        let mut body = compress(b"short").to_vec();
        let length = body.len();
        body[length - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(claimed_length(&body) <= length * MAX_RATIO);
        assert!(matches!(decompress(&body, 512 << 20), Err(DecompressError::Corrupt(_))));
    }

    #[test]
    fn a_cut_or_changed_body_is_an_error_at_every_byte() {
        let body = compress(b"some bytes that repeat, some bytes that repeat");
        for length in 0..body.len() {
            let error = decompress(&body[..length], 1000).expect_err("cut");
            assert!(matches!(error, DecompressError::Cut), "cut to {length} bytes: {error}");
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
    fn what_follows_a_member_is_an_error_even_if_it_ends_like_one() {
        let body = compress(b"some bytes");
        assert!(decompress(&[&body[..], b"garbage"].concat(), 1000).is_err());
        assert!(decompress(&[&body[..], &body[body.len() - 8..]].concat(), 1000).is_err());
    }
}
