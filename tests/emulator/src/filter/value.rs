//! The values of fields and filters, and their comparison.

use std::cmp::Ordering;

use tilebox_core::protocol::wire::datasets::v1::FieldComparisonOperator;
use tilebox_core::protocol::wire::datasets::v1::field_query_value::Value as Literal;

use crate::protobuf::Value as Encoded;
use crate::schema::FieldKind;

/// The longest string in a filter, in characters.
const MAXIMUM_STRING_LENGTH: usize = 1024;

/// A value of a filter or a datapoint.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<T> {
    Bool(bool),
    /// A signed or unsigned integer of 64 bits.
    Integer(i128),
    Double(f64),
    /// A string in UTF-8.
    String(T),
}

impl Value<Vec<u8>> {
    /// Validates the literal of a filter for a field of this kind.
    ///
    /// Numbers of all types compare by value: the documentation compares a double with an integer, and the Python client
    /// encodes unsigned numbers as signed ones.
    pub(super) fn of_literal(literal: &Literal, kind: &FieldKind) -> Result<Self, String> {
        let numeric = matches!(kind, FieldKind::Int32 | FieldKind::Int64 | FieldKind::Uint64 | FieldKind::Double);
        match literal {
            Literal::BoolValue(value) if *kind == FieldKind::Bool => Ok(Self::Bool(*value)),
            Literal::Int64Value(value) if numeric => Ok(Self::Integer((*value).into())),
            Literal::Uint64Value(value) if numeric => Ok(Self::Integer((*value).into())),
            Literal::DoubleValue(value) if numeric && value.is_finite() => Ok(Self::Double(*value)),
            Literal::DoubleValue(value) if numeric => Err(format!("expects a finite number, got {value}")),
            Literal::StringValue(value) if *kind == FieldKind::String => {
                let length = value.chars().count();
                if length > MAXIMUM_STRING_LENGTH {
                    return Err(format!("expects at most {MAXIMUM_STRING_LENGTH} characters, got {length}"));
                }
                Ok(Self::String(value.clone().into_bytes()))
            }
            other => Err(format!("expects a value for type {}, got {}", field_type(kind), literal_type(other))),
        }
    }
}

impl<'a> Value<&'a [u8]> {
    /// Reads the value of a field of this kind. Returns `None` if its wire type differs.
    pub(super) fn of_field(encoded: &Encoded<'a>, kind: &FieldKind) -> Option<Self> {
        match (kind, encoded) {
            (FieldKind::Bool, Encoded::Varint(value)) => Some(Self::Bool(*value != 0)),
            (FieldKind::Int32, Encoded::Varint(value)) => Some(Self::Integer((*value as i32).into())),
            (FieldKind::Int64, Encoded::Varint(value)) => Some(Self::Integer(value.cast_signed().into())),
            (FieldKind::Uint64, Encoded::Varint(value)) => Some(Self::Integer((*value).into())),
            (FieldKind::Double, Encoded::Fixed64(value)) => Some(Self::Double(f64::from_le_bytes(*value))),
            (FieldKind::String, Encoded::Bytes(value)) => Some(Self::String(value)),
            _ => None,
        }
    }

    /// Returns whether the comparison holds, with this value on the left.
    ///
    /// Strings compare by bytes, which in UTF-8 is the order of code points. A stored NaN differs from every number and is
    /// neither less nor greater. The real server's order of strings and NaN is not known.
    pub(super) fn satisfies(&self, operator: FieldComparisonOperator, right: &Value<Vec<u8>>) -> bool {
        let ordering = match (self, right) {
            (Self::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
            (Self::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
            (Self::Double(left), Value::Double(right)) => left.partial_cmp(right),
            (Self::Integer(left), Value::Double(right)) => compare(*left, *right),
            (Self::Double(left), Value::Integer(right)) => compare(*right, *left).map(Ordering::reverse),
            (Self::String(left), Value::String(right)) => Some((*left).cmp(right.as_slice())),
            _ => None,
        };
        match operator {
            FieldComparisonOperator::Equal => ordering.is_some_and(Ordering::is_eq),
            FieldComparisonOperator::NotEqual => ordering.is_none_or(Ordering::is_ne),
            FieldComparisonOperator::LessThan => ordering.is_some_and(Ordering::is_lt),
            FieldComparisonOperator::LessThanOrEqual => ordering.is_some_and(Ordering::is_le),
            FieldComparisonOperator::GreaterThan => ordering.is_some_and(Ordering::is_gt),
            FieldComparisonOperator::GreaterThanOrEqual => ordering.is_some_and(Ordering::is_ge),
            FieldComparisonOperator::Unspecified => false,
        }
    }
}

/// Compares an integer with a double without rounding: not every integer beyond 2^53 is a double.
fn compare(integer: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // Saturates far beyond the integers of 64 bits.
    let whole = double.trunc() as i128;
    Some(integer.cmp(&whole).then_with(|| 0.0_f64.partial_cmp(&double.fract()).unwrap_or(Ordering::Equal)))
}

fn field_type(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Bool => "bool",
        FieldKind::Int32 => "int32",
        FieldKind::Int64 => "int64",
        FieldKind::Uint64 => "uint64",
        FieldKind::Double => "float64",
        FieldKind::String => "string",
        _ => "other",
    }
}

fn literal_type(literal: &Literal) -> &'static str {
    match literal {
        Literal::BoolValue(_) => "a bool",
        Literal::Int64Value(_) | Literal::Uint64Value(_) => "an integer",
        Literal::DoubleValue(_) => "a float",
        Literal::StringValue(_) => "a string",
        Literal::TimestampValue(_) => "a timestamp",
        Literal::DurationValue(_) => "a duration",
        Literal::EnumName(_) => "an enum",
        Literal::BytesValue(_) => "bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FieldComparisonOperator::{Equal, GreaterThan, LessThan, NotEqual};

    #[test]
    fn numbers_of_all_types_compare_by_value() {
        let two_to_53 = 9_007_199_254_740_992_i128;
        for (left, operator, right) in [
            (Value::Integer(3), LessThan, Value::Double(3.5)),
            (Value::Integer(-3), GreaterThan, Value::Double(-3.5)),
            (Value::Integer(3), Equal, Value::Double(3.0)),
            (Value::Double(2.5), GreaterThan, Value::Integer(2)),
            (Value::Integer(two_to_53 + 1), GreaterThan, Value::Double(two_to_53 as f64)),
            (Value::Integer(u64::MAX.into()), GreaterThan, Value::Integer(-1)),
            (Value::Integer(u64::MAX.into()), LessThan, Value::Double(1e300)),
            (Value::Double(f64::NAN), NotEqual, Value::Integer(1)),
        ] {
            assert!(left.satisfies(operator, &right), "{left:?} {operator:?} {right:?}");
        }
        assert!(!Value::Double(f64::NAN).satisfies(LessThan, &Value::Double(1.0)));
    }

    #[test]
    fn literals_of_other_types_are_refused() {
        let refused = [
            (Literal::Int64Value(1), FieldKind::Bool),
            (Literal::BoolValue(true), FieldKind::Int64),
            (Literal::StringValue("1".to_owned()), FieldKind::Double),
            (Literal::DoubleValue(f64::NAN), FieldKind::Double),
            (Literal::StringValue("a".repeat(1025)), FieldKind::String),
            (Literal::TimestampValue(prost_types::Timestamp::default()), FieldKind::Int64),
            (Literal::DurationValue(prost_types::Duration::default()), FieldKind::Int64),
            (Literal::EnumName("L1C".to_owned()), FieldKind::String),
            (Literal::BytesValue(bytes::Bytes::new()), FieldKind::String),
        ];
        for (literal, kind) in refused {
            assert!(Value::of_literal(&literal, &kind).is_err(), "{literal:?} {kind:?}");
        }
        assert!(Value::of_literal(&Literal::StringValue("ä".repeat(1024)), &FieldKind::String).is_ok());
    }
}
