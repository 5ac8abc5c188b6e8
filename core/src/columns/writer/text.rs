//! Whether bytes are text: nearly all are ASCII, which is seen faster than UTF-8.

use crate::columns::DecodeErrorKind;
use crate::columns::error::Fault;

/// Checks that a text is UTF-8, and says where it is not.
pub(super) fn check_utf8(text: &[u8]) -> Result<(), Fault> {
    if is_ascii(text) {
        return Ok(());
    }
    std::str::from_utf8(text).map(drop).map_err(|error| {
        let (at, length) = (error.valid_up_to(), text.len());
        Fault::new(DecodeErrorKind::InvalidUtf8, format!("the text of {length} bytes is not UTF-8 at byte {at}"))
    })
}

/// Whether a text is UTF-8, for those that are not ASCII.
#[inline(never)]
pub(super) fn is_utf8(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok()
}

/// The bits of bytes that are not ASCII.
pub(super) const NOT_ASCII: u128 = u128::from_ne_bytes([0x80; 16]);

/// Whether a text is ASCII, as nearly all texts are. Like the standard library's, without a start that suits longer
/// texts than those of datapoints.
#[inline(always)]
pub(super) fn is_ascii(text: &[u8]) -> bool {
    // The last bytes are seen twice instead of one by one.
    if let Some(last) = text.last_chunk::<32>() {
        let mut seen = *last;
        for chunk in text.as_chunks::<32>().0 {
            for (seen, byte) in seen.iter_mut().zip(chunk) {
                *seen |= byte;
            }
        }
        // Counting is what becomes one instruction.
        return seen.iter().filter(|byte| byte.is_ascii()).count() == seen.len();
    }
    match (text.first_chunk::<16>(), text.last_chunk::<16>()) {
        (Some(first), Some(last)) => (u128::from_ne_bytes(*first) | u128::from_ne_bytes(*last)) & NOT_ASCII == 0,
        _ => text.is_ascii(),
    }
}
