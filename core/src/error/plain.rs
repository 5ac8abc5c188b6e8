//! Foreign text in one line, without characters that move the cursor or hide the text after them.

use std::borrow::Cow;

/// The longest text in characters. Longer ones are truncated.
const LONGEST: usize = 4000;

/// Converts a text into one line. Line breaks and tabs become spaces. Control characters, such as those that begin a
/// terminal escape sequence, and format characters, such as those that change the writing direction, are removed.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let is_plain = |character: char| !character.is_control() && !is_format(character);
    if text.len() <= LONGEST && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for (index, character) in text.trim().chars().enumerate() {
        if index == LONGEST {
            line.push('…');
            break;
        }
        let is_space = matches!(character, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if is_space && !line.ends_with(' ') {
            line.push(' ');
        } else if !is_space && is_plain(character) {
            line.push(character);
        }
    }
    Cow::Owned(line)
}

/// Whether a character has the general category Cf, Zl or Zp (Unicode 16, `DerivedGeneralCategory.txt`).
fn is_format(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_line_without_hidden_characters() {
        for (text, line) in [
            ("as it is, ü 漢 🛰", "as it is, ü 漢 🛰"),
            (
                "no such thing\u{1b}[2J\u{1b}]0;owned\u{7}\nerror: \u{1b}[31msecond\u{202e}",
                "no such thing[2J]0;owned error: [31msecond",
            ),
            ("\r\n a\t\tb\u{2028}c\u{200b}\u{9b}1A \n", "a b c1A"),
            ("\u{feff}\u{e0041}\u{2066}x\u{2069}\u{0}\u{7f}", "x"),
        ] {
            assert_eq!(plain(text), line);
        }
        assert_eq!(plain(&"é".repeat(1 << 20)).chars().count(), LONGEST + 1);
    }
}
