//! CQL2 as expressions: the part of it that Tilebox can filter by.
//!
//! Read here and not by a crate: the one there is rounds whole numbers to 53 bits, exhausts the stack on a long run of
//! `NOT`, takes exponential time for open parentheses, and brings 180 others along.
//!
//! | file | holds |
//! |---|---|
//! | `token` | text as tokens |
//! | `text` | tokens as a condition |
//! | `json` | JSON as a condition |

mod json;
mod text;
mod token;

use super::condition::Condition;
use super::expression::{Comparison, Expression};
use super::field::{Field, field};
use super::literal::{EnumName, IntoLiteral as _, Literal};
use crate::error::{Error, Result};
use crate::schema::shown::shown;
use crate::schema::timestamp::Timestamp;

/// How deep parentheses and negations may nest while they are read; an expression is limited to less.
const MAX_NESTING: usize = 64;
/// The most characters of a filter that an error repeats.
const MAX_SHOWN: usize = 80;

/// What some programs write in front of text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

const SUBSET: &str = "use comparisons of a field with a value, AND, OR, NOT, IN, BETWEEN, IS NULL";

/// Why something cannot be read, and what to do about it.
struct Complaint {
    reason: String,
    advice: &'static str,
}

impl Complaint {
    fn new(reason: impl Into<String>, advice: &'static str) -> Self {
        Self { reason: reason.into(), advice }
    }

    /// What Tilebox does not have, by its name in CQL2 and where it stands (empty where nobody counts).
    fn unsupported(name: &str, place: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let advice = match lower.as_bytes() {
            [b's', b'_', ..] => "give the area to `spatial_extent` of the query instead",
            [b't', b'_', ..] => "give the time to the temporal extent of the query instead",
            _ => SUBSET,
        };
        Self::new(format!("`{}`{place} is nothing that Tilebox can filter by", shorten(name)), advice)
    }
}

type Read<T> = Result<T, Complaint>;

pub(super) fn parse_text(text: &str) -> Result<Expression> {
    check("read the filter", text, text::parse(text.trim_start_matches(BYTE_ORDER_MARK)))
}

pub(super) fn parse_json(json: &str) -> Result<Expression> {
    check("read the filter", json, json::parse(json.trim_start_matches(BYTE_ORDER_MARK)))
}

fn check(purpose: &str, source: &str, read: Read<Condition>) -> Result<Expression> {
    let purpose = format!("{purpose} `{}`", shorten(source));
    read.map_err(|complaint| Error::invalid(purpose, complaint.reason, complaint.advice))?.check()
}

fn shorten(text: &str) -> String {
    shown(text, MAX_SHOWN)
}

/// One side of a comparison.
enum Operand {
    Field(String),
    Literal(Literal),
}

/// The comparison of a field with a value, in either order.
fn compare(left: Operand, comparison: Comparison, right: Operand) -> Read<Condition> {
    let (name, comparison, value) = match (left, right) {
        (Operand::Field(name), Operand::Literal(value)) => (name, comparison, value),
        (Operand::Literal(value), Operand::Field(name)) => (name, mirrored(comparison), value),
        (Operand::Field(left), Operand::Field(right)) => {
            let reason = format!("it compares two fields, `{}` and `{}`", shorten(&left), shorten(&right));
            return Err(Complaint::new(reason, "compare each field with a value; text stands in single quotes"));
        }
        (Operand::Literal(left), Operand::Literal(right)) => {
            let reason =
                format!("it compares two values, {} and {}", shorten(&left.to_string()), shorten(&right.to_string()));
            return Err(Complaint::new(reason, "compare a field with a value; fields stand without quotes"));
        }
    };
    let field: Field = field(name);
    Ok(match comparison {
        Comparison::Equal => field.eq(value),
        Comparison::NotEqual => field.ne(value),
        Comparison::LessThan => field.lt(value),
        Comparison::LessThanOrEqual => field.le(value),
        Comparison::GreaterThan => field.gt(value),
        Comparison::GreaterThanOrEqual => field.ge(value),
    })
}

/// The same comparison with its sides exchanged.
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

/// The value that a function call on a text is, such as `DATE('2025-03-01')`; `None` for other functions.
fn typed_literal(function: &str, text: &str) -> Option<Read<Literal>> {
    let time = |text| {
        let time = Timestamp::parse(text).map(Literal::Timestamp);
        time.map_err(|error| Complaint::new(format!("`{}`: {}", shorten(text), error.reason()), "write RFC 3339"))
    };
    match function.to_ascii_lowercase().as_str() {
        "timestamp" | "date" => Some(time(text)),
        "enum" => Some(EnumName(text).into_literal().map_err(|error| Complaint::new(error.reason(), ""))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
