//! Text for a screen.

mod colours;
mod columns;
mod duration;
mod printable;

pub(crate) use colours::{Colour, Colours};
pub(crate) use columns::columns;
pub(crate) use duration::duration;
pub(crate) use printable::printable;
