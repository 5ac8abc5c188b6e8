//! Colours in a terminal.

use std::env;
use std::io::{IsTerminal as _, stdout};

/// A colour of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Blue,
    /// Grey, for what is less important.
    Dim,
}

impl Colour {
    /// Returns the number of the colour in a terminal (ECMA-48, "Select Graphic Rendition").
    const fn number(self) -> u8 {
        match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Blue => 34,
            Self::Dim => 2,
        }
    }
}

/// Whether text has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colours(bool);

impl Colours {
    /// Returns the colours of standard output: none unless it is a terminal that knows them, and none with the variable
    /// `NO_COLOR` (no-color.org).
    pub(crate) fn of_stdout() -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self(stdout().is_terminal() && !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb"))
    }

    /// Returns a text in a colour.
    pub(crate) fn paint(self, colour: Option<Colour>, text: &str) -> String {
        match colour {
            Some(colour) if self.0 => format!("\x1b[{}m{text}\x1b[0m", colour.number()),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_painted_only_with_colours() {
        assert_eq!(Colours(true).paint(Some(Colour::Red), "ERROR"), "\x1b[31mERROR\x1b[0m");
        assert_eq!(Colours(true).paint(None, "INFO"), "INFO");
        assert_eq!(Colours(false).paint(Some(Colour::Red), "ERROR"), "ERROR");
    }
}
