//! Operations on Arrow arrays of any type: concatenate, take, cast, print.
//!
//! The crates `arrow-select` and `arrow-cast` support more types, but take five minutes of CPU time to compile in a release
//! build, longer than all other dependencies. This module contains the operations that datapoints need.
//!
//! | file | contents |
//! |---|---|
//! | `gather` | concatenation and selection of rows |
//! | `cast` | lossless conversion to another type |
//! | `lists` | conversion of every list layout to `ListArray` |
//! | `print` | one value as text |

mod cast;
mod gather;
mod lists;
mod print;
#[cfg(test)]
mod tests;

pub(crate) use cast::cast;
pub(crate) use gather::{concat, take, take_batch};
pub(crate) use print::print;
