//! UTF-8 checks. Nearly all texts are ASCII, which is faster to check.

use crate::columns::DecodeErrorKind;
use crate::columns::error::FieldError;

/// Checks that a text is UTF-8. The error has the position of the first other byte.
pub(super) fn check_utf8(text: &[u8]) -> Result<(), FieldError> {
    if is_ascii(text) {
        return Ok(());
    }
    std::str::from_utf8(text).map(drop).map_err(|error| {
        let (at, length) = (error.valid_up_to(), text.len());
        FieldError::new(DecodeErrorKind::InvalidUtf8, format!("the text of {length} bytes is not UTF-8 at byte {at}"))
    })
}

/// Returns whether a text is UTF-8, for texts that are not ASCII.
#[inline(never)]
pub(super) fn is_utf8(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok()
}

/// The bits that only bytes outside ASCII have.
pub(super) const NOT_ASCII: u128 = u128::from_ne_bytes([0x80; 16]);

/// Returns whether a text is ASCII, as nearly all texts are. Faster than the standard library on the short texts of
/// datapoints.
#[inline(always)]
pub(super) fn is_ascii(text: &[u8]) -> bool {
    // The last bytes are checked twice instead of one by one.
    if let Some(last) = text.last_chunk::<32>() {
        let mut seen = *last;
        for chunk in text.as_chunks::<32>().0 {
            for (seen, byte) in seen.iter_mut().zip(chunk) {
                *seen |= byte;
            }
        }
        // Counting compiles to one instruction.
        return seen.iter().filter(|byte| byte.is_ascii()).count() == seen.len();
    }
    match (text.first_chunk::<16>(), text.last_chunk::<16>()) {
        (Some(first), Some(last)) => (u128::from_ne_bytes(*first) | u128::from_ne_bytes(*last)) & NOT_ASCII == 0,
        _ => text.is_ascii(),
    }
}
