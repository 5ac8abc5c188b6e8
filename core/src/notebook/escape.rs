//! Escaping of text for HTML and SVG.

use std::fmt::{self, Write as _};

/// Prints a text escaped for HTML, SVG and quoted attributes.
///
/// Control characters, which are invalid in XML, become spaces; line feeds are kept.
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
                // Control characters of Unicode, and two code points that are invalid in XML.
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
    fn markup_is_escaped() {
        let evil = Escaped("</td><script>alert('1' & \"2\")</script>").to_string();
        assert_eq!(evil, "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
    }

    #[test]
    fn characters_invalid_in_xml_become_spaces() {
        assert_eq!(Escaped("a\0b\u{1b}[31mc\u{ffff}\nd é 🛰").to_string(), "a b [31mc \nd é 🛰");
    }
}
