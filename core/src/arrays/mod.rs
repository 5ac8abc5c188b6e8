//! Arrow arrays of any type: joined, picked from, converted, printed.
//!
//! The crates `arrow-select` and `arrow-cast` do the same for more types, and take longer to compile than everything else
//! here: five minutes of processor time in a release build. These files hold what datapoints need of them.
//!
//! | file | holds |
//! |---|---|
//! | `gather` | arrays joined, and their rows in another order |
//! | `cast` | values as another type, without loss |
//! | `lists` | every layout of lists as the usual one |
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
