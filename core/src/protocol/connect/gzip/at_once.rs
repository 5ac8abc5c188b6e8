//! Bodies that are one gzip member, decompressed in one call by libdeflate.

use bytes::Bytes;
use libdeflater::Decompressor;
use memchr::memmem;

use super::claimed_length;

/// The body decompressed, if it is one whole member, nothing is wrong with it and it is within the limit.
pub(super) fn decompress(body: &[u8], limit: usize) -> Option<Bytes> {
    let length = claimed_length(body);
    if length > limit || !is_plain(body) || !ends_once(body) {
        return None;
    }
    let mut output = vec![0; length];
    let written = Decompressor::new().gzip_decompress(body, &mut output).ok()?;
    (written == length).then(|| output.into())
}

/// Whether a header is as short as headers are (RFC 1952, FLG): libdeflate does not check the sum of a longer one.
fn is_plain(body: &[u8]) -> bool {
    body.get(3) == Some(&0)
}

/// Whether a member that has the length which the body claims at its end can only end there.
///
/// libdeflate does not say how much of its input it took, and there may be another member behind the first. But it
/// compares what comes out with the length in the last four bytes of a member (RFC 1952, ISIZE). If these occur nowhere
/// but at the end of the body, that is where a member of this length ended. Where they do occur by chance, once in
/// billions of bytes, the body is decompressed the other way.
fn ends_once(body: &[u8]) -> bool {
    match body.split_last_chunk::<4>() {
        Some((_, length)) => body.get(..body.len() - 1).is_some_and(|rest| memmem::find(rest, length).is_none()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::compress;
    use super::*;

    #[test]
    fn one_whole_member_is_decompressed() {
        let body: Vec<u8> = (0..100_000_u32).map(|index| (index / 7) as u8).collect();
        assert_eq!(decompress(&compress(&body), body.len()).expect("one member"), body);
    }

    #[test]
    fn several_members_are_left_to_the_other_way() {
        let one = compress(b"the same twice");
        assert!(decompress(&[&one[..], &one[..]].concat(), 1000).is_none());
        assert!(decompress(&[&one[..], &compress(b"something longer")].concat(), 1000).is_none());
    }
}
