//! Text of a server without control characters.

/// Returns a text in one line, so that a terminal executes no sequence in it.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(printable("a\x1b[31mb\nc\u{9b}d"), "a [31mb c d");
    }
}
