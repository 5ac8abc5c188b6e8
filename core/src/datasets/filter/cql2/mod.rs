//! Parsers of CQL2, limited to the operators that the server supports.
//!
//! The crate `cql2` does not fit: it rounds integers to 53 bits, exhausts the stack on a long run of `NOT`, takes
//! exponential time for open parentheses, and has 180 dependencies.
//!
//! | file | holds |
//! |---|---|
//! | `token` | the tokens of CQL2 text |
//! | `text` | the parser of CQL2 text |
//! | `json` | the parser of CQL2 JSON |

mod json;
mod text;
mod token;

use super::condition::Condition;
use super::expression::Expression;
use super::field::{FieldExpression, field};
use super::literal::{EnumName, IntoLiteral as _, Literal};
use super::node::Comparison;
use crate::error::{Error, Result};
use crate::schema::excerpt::excerpt;
use crate::schema::timestamp::Timestamp;

/// The most levels of parentheses and operators that a parser follows; expressions have a lower limit.
const MAX_NESTING: usize = 64;
/// The most characters of a filter that an error repeats.
const MAX_EXCERPT: usize = 80;

/// Mark that some programs write before text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Advice that lists the supported operators.
const SUBSET: &str = "use comparisons of a field with a value, AND, OR, NOT, IN, BETWEEN, IS NULL";

/// Why a filter is not valid CQL2, and what to write instead.
struct ParseError {
    reason: String,
    advice: &'static str,
}

impl ParseError {
    fn new(reason: impl Into<String>, advice: &'static str) -> Self {
        Self { reason: reason.into(), advice }
    }

    /// Reports an unsupported function or operator. `place` follows its name; it is empty for JSON.
    fn unsupported(name: &str, place: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let advice = match lower.as_bytes() {
            [b's', b'_', ..] => "use `spatial_extent` of the query instead",
            [b't', b'_', ..] => "use the temporal extent of the query instead",
            _ => SUBSET,
        };
        Self::new(format!("`{}`{place} is not supported", shorten(name)), advice)
    }
}

type Parsed<T> = Result<T, ParseError>;

impl Expression {
    /// Parses CQL2 text with comparisons, `AND`, `OR`, `NOT`, `IN`, `BETWEEN` and `IS NULL`.
    ///
    /// A number without a decimal point and an exponent is an integer, exact within 64 bits. Times are written as
    /// `TIMESTAMP('2025-03-01T12:00:00Z')` or `DATE('2025-03-01')`. Enum values, which CQL2 lacks, are written as
    /// `ENUM('L1C')`.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::datasets::filter::Expression;
    ///
    /// let expression = Expression::parse_cql2("cloud_cover < 10 AND platform IN ('S2A', 'S2B')")?;
    /// assert_eq!(expression.to_string(), "cloud_cover < 10 AND (platform = 'S2A' OR platform = 'S2B')");
    ///
    /// let error = Expression::parse_cql2("platform LIKE 'S2%'").unwrap_err();
    /// assert!(error.to_string().contains("`LIKE` (at character 10) is not supported"));
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is not CQL2, uses an unsupported function or operator (the error names it), or breaks a rule or a
    /// limit of [`Condition::check`].
    pub fn parse_cql2(text: &str) -> Result<Self> {
        into_expression(text, text::parse(text.trim_start_matches(BYTE_ORDER_MARK)))
    }

    /// Parses CQL2 JSON, as the filter extension of the STAC API uses it, with the subset of
    /// [`parse_cql2`](Self::parse_cql2).
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::datasets::filter::Expression;
    ///
    /// let json = r#"{"op": "<", "args": [{"property": "cloud_cover"}, 10]}"#;
    /// assert_eq!(Expression::parse_cql2_json(json)?, Expression::parse_cql2("cloud_cover < 10")?);
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`parse_cql2`](Self::parse_cql2).
    pub fn parse_cql2_json(json: &str) -> Result<Self> {
        into_expression(json, json::parse(json.trim_start_matches(BYTE_ORDER_MARK)))
    }
}

/// Validates a condition that was parsed from `source`.
fn into_expression(source: &str, parsed: Parsed<Condition>) -> Result<Expression> {
    let purpose = || format!("parse the filter `{}`", shorten(source));
    parsed.map_err(|error| Error::invalid(purpose(), error.reason, error.advice))?.check()
}

/// Returns a text as an error shows it.
fn shorten(text: &str) -> String {
    excerpt(text, MAX_EXCERPT)
}

/// One side of a comparison.
enum Operand {
    Field(String),
    Literal(Literal),
}

/// Returns the comparison of a field with a value, given in either order.
fn compare(left: Operand, comparison: Comparison, right: Operand) -> Parsed<Condition> {
    let (name, comparison, value) = match (left, right) {
        (Operand::Field(name), Operand::Literal(value)) => (name, comparison, value),
        (Operand::Literal(value), Operand::Field(name)) => (name, mirrored(comparison), value),
        (Operand::Field(left), Operand::Field(right)) => {
            let reason = format!("compares two fields, `{}` and `{}`", shorten(&left), shorten(&right));
            return Err(ParseError::new(reason, "compare each field with a value; text needs single quotes"));
        }
        (Operand::Literal(left), Operand::Literal(right)) => {
            let reason =
                format!("compares two values, {} and {}", shorten(&left.to_string()), shorten(&right.to_string()));
            return Err(ParseError::new(reason, "compare a field with a value; fields have no quotes"));
        }
    };
    let field: FieldExpression = field(name);
    Ok(match comparison {
        Comparison::Equal => field.eq(value),
        Comparison::NotEqual => field.ne(value),
        Comparison::LessThan => field.lt(value),
        Comparison::LessThanOrEqual => field.le(value),
        Comparison::GreaterThan => field.gt(value),
        Comparison::GreaterThanOrEqual => field.ge(value),
    })
}

/// Returns the comparison with its sides swapped.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::LessThan => Comparison::GreaterThan,
        Comparison::LessThanOrEqual => Comparison::GreaterThanOrEqual,
        Comparison::GreaterThan => Comparison::LessThan,
        Comparison::GreaterThanOrEqual => Comparison::LessThanOrEqual,
        same => same,
    }
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "=" => Comparison::Equal,
        "<>" | "!=" => Comparison::NotEqual,
        "<" => Comparison::LessThan,
        "<=" => Comparison::LessThanOrEqual,
        ">" => Comparison::GreaterThan,
        ">=" => Comparison::GreaterThanOrEqual,
        _ => return None,
    })
}

/// Returns the value of a function call on a text, such as `DATE('2025-03-01')`; `None` for other functions.
fn typed_literal(function: &str, text: &str) -> Option<Parsed<Literal>> {
    let time = |text| {
        let time = Timestamp::parse(text).map(Literal::Timestamp);
        time.map_err(|error| ParseError::new(format!("`{}`: {}", shorten(text), error.reason()), "write RFC 3339"))
    };
    match function.to_ascii_lowercase().as_str() {
        "timestamp" | "date" => Some(time(text)),
        "enum" => Some(EnumName(text).into_literal().map_err(|error| ParseError::new(error.reason(), ""))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
