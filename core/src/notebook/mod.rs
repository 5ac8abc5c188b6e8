//! What a notebook shows instead of text, in [evcxr](https://github.com/evcxr/evcxr), the Jupyter kernel and REPL of Rust.
//!
//! A value that ends a cell is shown by its method `evcxr_display`, which prints the same thing in several types: Jupyter
//! takes HTML, the REPL text. [`Datapoints`](crate::Datapoints) are a table, a
//! [`FootprintMap`](crate::datapoints::FootprintMap) is a drawing, datasets and collections are text.
//!
//! What a server sent is not trusted: it becomes text, and cannot end what it stands in.
//!
//! | file | holds |
//! |---|---|
//! | `content` | the lines in which evcxr takes content |
//! | `escape` | any text as HTML |
//! | `style.css` | how it looks, in light and dark |

mod content;
mod escape;

use std::fmt;
use std::io::Write as _;

pub(crate) use content::content;
pub(crate) use escape::Escaped;

/// The style sheet that all HTML of this crate brings along: a page may show any part of it alone.
pub(crate) const STYLE: &str = concat!("<style>\n", include_str!("style.css"), "</style>");

/// Shows a value as HTML, or as text where there is none.
pub(crate) fn show(text: &impl fmt::Display, html: &str) {
    print(&(content("text/html", html) + &content("text/plain", &text.to_string())));
}

/// Shows a value as text.
#[cfg(feature = "client")]
pub(crate) fn show_text(text: &impl fmt::Display) {
    print(&content("text/plain", &text.to_string()));
}

/// Prints whole lines at once, so that those of other threads come before or behind them.
pub(crate) fn print(lines: &str) {
    // Nobody is left to see what cannot be written.
    let _ = std::io::stdout().lock().write_all(lines.as_bytes());
}
