//! Rich output in [evcxr](https://github.com/evcxr/evcxr), the Jupyter kernel and REPL of Rust.
//!
//! evcxr calls the method `evcxr_display` of the value at the end of a cell. The method prints the value in several
//! content types: Jupyter shows HTML, the REPL shows text. [`Datapoints`](crate::Datapoints) appear as a table, a
//! [`FootprintMap`](crate::datapoints::FootprintMap) as a drawing, datasets and collections as text.
//!
//! Data of a server is not trusted: it is escaped, and cannot end the content that contains it.
//!
//! | file | holds |
//! |---|---|
//! | `content` | the lines that evcxr reads as content |
//! | `escape` | escaping for HTML |
//! | `style.css` | the style, for light and dark pages |

mod content;
mod escape;

use std::fmt;
use std::io::Write as _;

pub(crate) use content::content;
pub(crate) use escape::Escaped;

/// The style sheet, which every HTML output contains: a page may show any of them alone.
pub(crate) const STYLE: &str = concat!("<style>\n", include_str!("style.css"), "</style>");

/// Shows a value as HTML and as text.
pub(crate) fn show(text: &impl fmt::Display, html: &str) {
    print(&(content("text/html", html) + &content("text/plain", &text.to_string())));
}

/// Shows a value as text.
#[cfg(feature = "client")]
pub(crate) fn show_text(text: &impl fmt::Display) {
    print(&content("text/plain", &text.to_string()));
}

/// Prints whole lines in one write, so that lines of other threads do not interleave.
pub(crate) fn print(lines: &str) {
    // Without standard output nothing can be shown, and nothing reports the failure.
    let _ = std::io::stdout().lock().write_all(lines.as_bytes());
}
