//! Text for a screen.

mod columns;
mod duration;

pub(crate) use columns::columns;
pub(crate) use duration::duration;
