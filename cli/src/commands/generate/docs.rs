//! Doc comments from the texts of a dataset.

/// The width of a line, in characters.
const WIDTH: usize = 100;

/// The maximum number of characters of an example.
const MAX_EXAMPLE: usize = 200;

/// Adds a text as lines of a doc comment. Markdown that would become a link, HTML or a tested example is escaped.
pub(super) fn push(code: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        wrap(code, indent, &markdown(&printable(line)));
    }
}

/// Adds a paragraph with the example of a value.
pub(super) fn push_example(code: &mut String, indent: &str, value: &str) {
    let value = printable(value);
    let mut shown: String = value.chars().take(MAX_EXAMPLE).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    code.push_str(&format!("{indent}/// Example: {}\n", code_span(&shown)));
}

/// Adds an empty line between paragraphs.
pub(super) fn push_break(code: &mut String, indent: &str) {
    code.push_str(indent);
    code.push_str("///\n");
}

/// Returns a text as inline code.
pub(super) fn code_span(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Returns a text in one line, without control characters and those that change the direction of text, which `rustc`
/// rejects in comments.
pub(super) fn printable(text: &str) -> String {
    let is_invisible = |letter: char| {
        letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let printable: String = text.chars().map(|letter| if is_invisible(letter) { ' ' } else { letter }).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wrap(code: &mut String, indent: &str, text: &str) {
    let start = format!("{indent}///");
    let mut line = start.clone();
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > start.len() {
            code.push_str(&line);
            code.push('\n');
            line.clone_from(&start);
        }
        line.push(' ');
        line.push_str(word);
    }
    code.push_str(&line);
    code.push('\n');
}

/// Escapes Markdown outside of inline code.
fn markdown(text: &str) -> String {
    let is_balanced = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut is_code = false;
    let mut words = Vec::new();
    for word in text.split(' ') {
        if !is_code && let Some(link) = link(word) {
            words.push(link);
            continue;
        }
        let mut escaped = String::with_capacity(word.len());
        for letter in word.chars() {
            match letter {
                '`' if is_balanced => is_code = !is_code,
                '`' => escaped.push('\\'),
                '[' | '<' | '~' if !is_code => escaped.push('\\'),
                _ => {}
            }
            escaped.push(letter);
        }
        words.push(escaped);
    }
    words.join(" ")
}

/// Returns a word that is a URL as a link.
fn link(word: &str) -> Option<String> {
    if !word.starts_with("https://") && !word.starts_with("http://") {
        return None;
    }
    let url = word.trim_end_matches(['.', ',', ';', ':', ')']);
    let is_plain = url.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | '`'));
    let rest = word.get(url.len()..)?;
    is_plain.then(|| format!("<{url}>{rest}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doc(text: &str) -> String {
        let mut code = String::new();
        push(&mut code, "    ", text);
        code
    }

    #[test]
    fn long_text_is_wrapped() {
        let text = "word ".repeat(50) + &"x".repeat(200);
        let code = doc(&text);
        assert!(code.lines().all(|line| line.starts_with("    /// ") && line == line.trim_end()), "{code}");
        assert!(code.lines().filter(|line| line.len() > WIDTH).count() == 1, "only the word that does not fit: {code}");
    }

    #[test]
    fn markdown_is_escaped_outside_of_code() {
        for (text, expected) in [
            ("An index [0, 1] <b>", "    /// An index \\[0, 1] \\<b>\n"),
            ("One of `[a]`, b", "    /// One of `[a]`, b\n"),
            ("```rust", "    /// \\`\\`\\`rust\n"),
            ("a `b", "    /// a \\`b\n"),
            ("See https://example.com/a_b.", "    /// See <https://example.com/a_b>.\n"),
            ("two\n\n    lines", "    /// two\n    ///\n    /// lines\n"),
            ("a\u{202e}b\u{7}c\u{2028}d", "    /// a b c d\n"),
        ] {
            assert_eq!(doc(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_example_is_inline_code() {
        assert_eq!(code_span("22.45"), "`22.45`");
        assert_eq!(code_span("a `b`"), "`` a `b` ``");
        let mut code = String::new();
        push_example(&mut code, "", &"x".repeat(1000));
        assert_eq!(code.chars().filter(|letter| *letter == 'x').count(), MAX_EXAMPLE + 1, "the word `Example` has one");
    }

    proptest! {
        #[test]
        fn every_text_becomes_comment_lines(text: String) {
            let mut code = String::new();
            push(&mut code, "", &text);
            push_example(&mut code, "", &text);
            prop_assert!(code.lines().all(|line| line.starts_with("///")));
            prop_assert!(!code.contains(|letter: char| letter.is_control() && letter != '\n'));
        }
    }
}
