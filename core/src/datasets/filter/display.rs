//! Prints expressions as CQL2 text.

use std::fmt;

use super::expression::Expression;
use super::literal::Literal;
use super::node::{Comparison, Node, Operator};

/// Words that have to be quoted when they name a field.
pub(super) const KEYWORDS: [&str; 10] = ["and", "or", "not", "is", "null", "in", "between", "like", "true", "false"];

/// CQL2 text. Durations, enums and bytes, which CQL2 lacks, print as function calls.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logical { operator, operands } => {
                for (index, operand) in operands.iter().enumerate() {
                    if index > 0 {
                        write!(f, " {operator} ")?;
                    }
                    operand.fmt_operand(f)?;
                }
                Ok(())
            }
            Self::Not(operand) => match &**operand {
                Self::IsNull { field } => write!(f, "{} IS NOT NULL", Name(field)),
                operand => {
                    f.write_str("NOT ")?;
                    operand.fmt_operand(f)
                }
            },
            Self::Comparison { field, operator, value } => write!(f, "{} {operator} {value}", Name(field)),
            Self::IsNull { field } => write!(f, "{} IS NULL", Name(field)),
        }
    }
}

impl Node {
    fn fmt_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logical { .. } => write!(f, "({self})"),
            _ => write!(f, "{self}"),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::And => "AND",
            Self::Or => "OR",
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::LessThan => "<",
            Self::LessThanOrEqual => "<=",
            Self::GreaterThan => ">",
            Self::GreaterThanOrEqual => ">=",
        })
    }
}

struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if KEYWORDS.contains(&self.0) { write!(f, "\"{}\"", self.0) } else { f.write_str(self.0) }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Uint(number) => write!(f, "{number}"),
            // `Debug` always prints a decimal point or an exponent, so the number does not read as an integer.
            Self::Double(number) => write!(f, "{number:?}"),
            Self::String(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Timestamp(time) => write!(f, "TIMESTAMP('{time}')"),
            Self::Duration(duration) => {
                let (seconds, nanoseconds) = (duration.num_seconds(), duration.subsec_nanos());
                let sign = if seconds < 0 || nanoseconds < 0 { "-" } else { "" };
                let fraction = format!(".{:09}", nanoseconds.unsigned_abs());
                let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
                write!(f, "DURATION('{sign}{}{fraction}s')", seconds.unsigned_abs())
            }
            Self::EnumName(name) => write!(f, "ENUM('{}')", name.replace('\'', "''")),
            Self::Bytes(bytes) => {
                f.write_str("BYTES('")?;
                for byte in bytes {
                    write!(f, "{byte:02x}")?;
                }
                f.write_str("')")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use crate::datasets::filter::{Condition, EnumName, field};
    use crate::schema::Timestamp;

    #[test]
    fn each_kind_of_value_prints_differently() {
        let text = |condition: Condition| condition.check().expect("an expression").to_string();
        assert_eq!(text(field("a").eq(true)), "a = TRUE");
        assert_eq!(text(field("a").ne(-3)), "a <> -3");
        assert_eq!(text(field("a").le(10.0)), "a <= 10.0");
        assert_eq!(text(field("a").ge(1e300)), "a >= 1e300");
        assert_eq!(text(field("a").eq("it's")), "a = 'it''s'");
        assert_eq!(text(field("a").gt(Timestamp::UNIX_EPOCH)), "a > TIMESTAMP('1970-01-01T00:00:00Z')");
        assert_eq!(text(field("a").gt(TimeDelta::milliseconds(-1500))), "a > DURATION('-1.5s')");
        assert_eq!(text(field("a").gt(TimeDelta::seconds(60))), "a > DURATION('60s')");
        assert_eq!(text(field("a").eq(EnumName("L1C"))), "a = ENUM('L1C')");
        assert_eq!(text(field("a").eq(b"\x00\xff")), "a = BYTES('00ff')");
        assert_eq!(text(field("and").is_null()), "\"and\" IS NULL");
        assert_eq!(text(field("a").is_not_null()), "a IS NOT NULL");
    }
}
