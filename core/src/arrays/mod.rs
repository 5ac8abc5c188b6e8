//! Operations on Arrow arrays of any type: concatenate, take, sort, cast, print.
//!
//! The crates `arrow-select` and `arrow-cast` support more types, but take five minutes of CPU time to compile in a release
//! build, longer than all other dependencies. This module contains the operations that datapoints need.
//!
//! | file | contents |
//! |---|---|
//! | `gather` | concatenation and selection of rows |
//! | `compare` | the order of values |
//! | `cast` | conversion to another type |
//! | `lists` | conversion of every list layout to `ListArray` |
//! | `print` | one value as text |

use arrow_schema::TimeUnit;

mod cast;
mod compare;
mod gather;
mod lists;
mod print;
#[cfg(test)]
mod tests;

pub(crate) use cast::cast;
pub(crate) use compare::sorted_rows;
pub(crate) use gather::{concat, take, take_batch};
pub(crate) use lists::to_list;
pub(crate) use print::print;

/// Returns the nanoseconds of a unit.
const fn nanoseconds_of(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1000,
        TimeUnit::Nanosecond => 1,
    }
}

const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;
