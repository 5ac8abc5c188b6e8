//! Decompression in one call with libdeflate, for bodies that are one gzip member.

use bytes::Bytes;
use libdeflater::Decompressor;
use memchr::memmem;

use super::claimed_length;

/// Decompresses a body; returns `None` unless it is one whole and valid member within the limit.
pub(super) fn decompress(body: &[u8], limit: usize) -> Option<Bytes> {
    let length = claimed_length(body);
    if length > limit || !is_plain(body) || !ends_once(body) {
        return None;
    }
    let mut output = vec![0; length];
    let written = Decompressor::new().gzip_decompress(body, &mut output).ok()?;
    (written == length).then(|| output.into())
}

/// Whether the header has no optional part (RFC 1952, FLG): libdeflate does not verify the checksum of a longer header.
fn is_plain(body: &[u8]) -> bool {
    body.get(3) == Some(&0)
}

/// Whether a member of the length that the body claims can end only at the end of the body.
///
/// libdeflate does not report how much input it consumed, and another member may follow the first one. But it compares
/// the decompressed length with the last four bytes of a member (RFC 1952, ISIZE). If these bytes occur only at the end
/// of the body, a member of this length ends there. If they also occur elsewhere, by chance once in billions of bytes,
/// the decoder in Rust decompresses the body.
fn ends_once(body: &[u8]) -> bool {
    match body.split_last_chunk::<4>() {
        Some((_, length)) => body.get(..body.len() - 1).is_some_and(|rest| memmem::find(rest, length).is_none()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::connect::gzip::compress;

    #[test]
    fn one_whole_member_is_decompressed() {
        let body: Vec<u8> = (0..100_000_u32).map(|index| (index / 7) as u8).collect();
        assert_eq!(decompress(&compress(&body), body.len()).expect("one member"), body);
    }

    #[test]
    fn several_members_are_left_to_the_decoder_in_rust() {
        let one = compress(b"the same twice");
        assert!(decompress(&[&one[..], &one[..]].concat(), 1000).is_none());
        assert!(decompress(&[&one[..], &compress(b"something longer")].concat(), 1000).is_none());
    }
}
