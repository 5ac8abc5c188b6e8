//! Filters on the fields of datapoints.
//!
//! ```
//! # use tilebox_core as tilebox_tokio;
//! use tilebox_tokio::datasets::filter::field;
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
//! A [`Condition`] may be invalid, because operators cannot fail. [`Condition::check`] turns it into an [`Expression`],
//! which is always valid. `Query::filter` accepts either of them, and CQL2 text.
//!
//! Missing values follow the rules of SQL: a comparison with a missing value is neither true nor false, and so is its
//! negation. Only `is_null` matches such a datapoint.
//!
//! | file | holds |
//! |---|---|
//! | `field` | a field in a filter, and its comparisons |
//! | `literal` | values that a field can be compared with |
//! | `condition` | conditions joined by `&`, `\|` and `!`, within the limits of the server |
//! | `node` | the nodes of an expression, and their messages |
//! | `expression` | a valid condition, and its message |
//! | `into_expression` | the types that convert to an expression |
//! | `validate` | checks of an expression against the schema of a dataset |
//! | `display` | expressions printed as CQL2 text |
//! | `cql2` | parsers of CQL2 text and CQL2 JSON |

mod condition;
mod cql2;
mod display;
mod expression;
mod field;
mod into_expression;
mod literal;
mod node;
mod validate;

pub use condition::Condition;
pub use expression::Expression;
pub use field::{FieldExpression, field};
pub use into_expression::IntoExpression;
pub use literal::{EnumName, IntoLiteral, Literal};
