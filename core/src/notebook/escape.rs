//! Any text as the text of HTML or SVG.

use std::fmt::{self, Write as _};

/// Prints a text so that HTML, SVG and the value of a quoted attribute show it as it is.
///
/// Control characters, which XML cannot hold at all, become spaces, but for the end of a line.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_char('\n')?,
                // The first are controls to Unicode, the others are no characters of XML.
                other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => f.write_char(' ')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn what_means_something_to_html_means_nothing() {
        let evil = Escaped("</td><script>alert('1' & \"2\")</script>").to_string();
        assert_eq!(evil, "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
    }

    #[test]
    fn characters_that_xml_cannot_hold_become_spaces() {
        assert_eq!(Escaped("a\0b\u{1b}[31mc\u{ffff}\nd é 🛰").to_string(), "a b [31mc \nd é 🛰");
    }
}
