//! Text in lines.

use unicode_width::UnicodeWidthStr as _;

use super::printable;

/// The narrowest text, in columns: a longer line is easier to read than many short ones.
const NARROWEST: usize = 20;

/// Returns text in lines of at most `width` columns, each indented by `indent` columns. A longer word has a line of its own.
pub(crate) fn indented(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(NARROWEST);
    let mut lines = String::new();
    let mut line = String::new();
    let mut end = |line: &mut String| {
        lines.push_str(&format!("{:indent$}{line}\n", ""));
        line.clear();
    };
    for word in printable(text).split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            end(&mut line);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        end(&mut line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_words() {
        let text = "one two\u{1b}[31m three\nfour five six seven extraordinarily_long_words eight";
        let expected = "  one two [31m three\n  four five six seven\n  extraordinarily_long_words\n  eight\n";
        assert_eq!(indented(text, 2, 22), expected);
        assert_eq!(indented("", 2, 22), "");
        assert_eq!(indented("a b", 100, 10), format!("{:100}a b\n", ""));
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(indented("観測 観測 観測 観測 観測", 0, 20), "観測 観測 観測 観測\n観測\n");
    }
}
