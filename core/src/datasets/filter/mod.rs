//! Which datapoints a query asks for, by the values of their fields.
//!
//! ```
//! use tilebox_core::datasets::filter::field;
//!
//! let clear = field("cloud_cover").lt(10.0) & field("platform").is_in(["S2A", "S2B"]);
//! let expression = (clear & !field("file_size").is_null()).check()?;
//! assert_eq!(
//!     expression.to_string(),
//!     "cloud_cover < 10.0 AND (platform = 'S2A' OR platform = 'S2B') AND file_size IS NOT NULL"
//! );
//! # Ok::<(), tilebox_core::error::Error>(())
//! ```
//!
//! What is written is a [`Condition`]; it may be wrong, because operators cannot fail. Checking it gives an
//! [`Expression`], which cannot. `Query::filter` takes either, and CQL2 text.
//!
//! Tilebox decides as SQL does: comparing with a value that a datapoint does not have is neither true nor false, and so
//! is its negation. Only `is_null` sees such a datapoint.
//!
//! | file | holds |
//! |---|---|
//! | `field` | a field, and what it can be compared by |
//! | `literal` | what it can be compared with |
//! | `condition` | conditions joined by `&`, `\|` and `!`, within the limits of Tilebox |
//! | `expression` | a condition that was checked, its message, and whether it suits a dataset |
//! | `display` | an expression as CQL2 text |
//! | `cql2` | CQL2 text as an expression |

mod condition;
mod cql2;
mod display;
mod expression;
mod field;
mod literal;
mod suit;

pub use condition::Condition;
pub use expression::{Expression, IntoExpression};
pub use field::{Field, field};
pub use literal::{EnumName, IntoLiteral, Literal};
