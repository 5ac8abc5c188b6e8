//! Text for a screen.

mod colours;
mod duration;
mod number;
mod printable;
mod table;
mod text;

pub(crate) use colours::{Colour, Colours};
pub(crate) use duration::duration;
pub(crate) use number::number;
pub(crate) use printable::printable;
pub(crate) use table::table;
pub(crate) use text::indented;

/// The width of text without a terminal, in columns.
pub(crate) const WIDTH: usize = 80;
