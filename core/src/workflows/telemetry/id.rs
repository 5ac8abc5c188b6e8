//! Ids of traces and spans.

use std::fmt::Write as _;

/// Returns an id as hexadecimal text; `None` if it is empty or all zeros, which means that there is none (OpenTelemetry, "Trace
/// API", "SpanContext"). An id of another length than the usual one is kept.
pub(super) fn hexadecimal(id: &[u8]) -> Option<String> {
    if id.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut text = String::with_capacity(id.len() * 2);
    for byte in id {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::hexadecimal;

    #[test]
    fn an_id_of_any_length_is_hexadecimal_text() {
        assert_eq!(hexadecimal(&[0, 1, 0xab, 0xff]).as_deref(), Some("0001abff"));
        assert_eq!(hexadecimal(&[]), None);
        assert_eq!(hexadecimal(&[0; 16]), None);
    }
}
