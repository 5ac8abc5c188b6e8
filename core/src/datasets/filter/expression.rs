//! A valid condition, and its message.

use std::fmt;

use super::condition::Condition;
use super::literal::Literal;
use super::{cql2, validate};
use crate::error::Result;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::datasets::v1::filter_expression::Expression as Variant;
use crate::schema::DatasetSchema;

/// A condition on the fields of datapoints, within the rules and limits of the server.
///
/// [`Condition::check`] and the parsers of CQL2 return it. It prints as CQL2 text, which
/// [`parse_cql2`](Self::parse_cql2) reads back unless the text compares with durations or bytes.
#[derive(Clone, PartialEq)]
pub struct Expression {
    pub(super) node: Node,
    /// Number of nodes.
    pub(super) count: usize,
    /// Number of nodes on the longest path from the root to a leaf.
    pub(super) depth: usize,
}

/// A node of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Two or more operands, none of them with the same operator.
    Logical {
        operator: Operator,
        operands: Vec<Self>,
    },
    Not(Box<Self>),
    Comparison {
        field: String,
        operator: Comparison,
        value: Literal,
    },
    IsNull {
        field: String,
    },
}

/// An operator that joins conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
}

/// An operator that compares a field with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
}

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
        cql2::parse_text(text)
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
        cql2::parse_json(json)
    }

    /// Validates the fields and values against a dataset, and converts integers to the type of their field.
    ///
    /// A query does this before it sends its first request.
    ///
    /// # Errors
    ///
    /// If the dataset lacks a field, a field is not queryable, or a field has another type than its value. The error
    /// lists the existing fields.
    pub fn validate(mut self, schema: &DatasetSchema) -> Result<Self> {
        validate::validate(&mut self.node, schema)?;
        Ok(self)
    }

    /// Converts the expression to its message.
    #[must_use]
    pub fn to_wire(&self) -> wire::FilterExpression {
        self.node.to_wire()
    }
}

impl Node {
    fn to_wire(&self) -> wire::FilterExpression {
        let logical = |operator: wire::LogicalOperator, operands: &[Self]| {
            let operands = operands.iter().map(Self::to_wire).collect();
            Variant::Logical(wire::LogicalExpression { operator: operator.into(), operands })
        };
        let variant = match self {
            Self::Logical { operator: Operator::And, operands } => logical(wire::LogicalOperator::And, operands),
            Self::Logical { operator: Operator::Or, operands } => logical(wire::LogicalOperator::Or, operands),
            Self::Not(operand) => logical(wire::LogicalOperator::Not, std::slice::from_ref(operand)),
            Self::Comparison { field, operator, value } => Variant::Comparison(wire::FieldComparison {
                field_name: field.clone(),
                operator: operator.to_wire().into(),
                value: Some(value.to_wire()),
            }),
            Self::IsNull { field } => Variant::IsNull(wire::FieldNullCheck { field_name: field.clone() }),
        };
        wire::FilterExpression { expression: Some(variant) }
    }
}

impl Comparison {
    fn to_wire(self) -> wire::FieldComparisonOperator {
        match self {
            Self::Equal => wire::FieldComparisonOperator::Equal,
            Self::NotEqual => wire::FieldComparisonOperator::NotEqual,
            Self::LessThan => wire::FieldComparisonOperator::LessThan,
            Self::LessThanOrEqual => wire::FieldComparisonOperator::LessThanOrEqual,
            Self::GreaterThan => wire::FieldComparisonOperator::GreaterThan,
            Self::GreaterThanOrEqual => wire::FieldComparisonOperator::GreaterThanOrEqual,
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({self})")
    }
}

/// Types that convert to an [`Expression`]: expressions, [`Condition`]s and CQL2 text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter",
    label = "expects a condition such as `field(\"cloud_cover\").lt(10)`, an `Expression` or CQL2 text",
    note = "compare fields with the methods `eq`, `ne`, `lt`, `le`, `gt` and `ge`, and join conditions with `&`, `|` and `!`"
)]
pub trait IntoExpression {
    /// Converts the value to an expression.
    ///
    /// # Errors
    ///
    /// Same as [`Condition::check`] and [`Expression::parse_cql2`].
    fn into_expression(self) -> Result<Expression>;
}

impl IntoExpression for Expression {
    fn into_expression(self) -> Result<Expression> {
        Ok(self)
    }
}

impl IntoExpression for &Expression {
    fn into_expression(self) -> Result<Expression> {
        Ok(self.clone())
    }
}

impl IntoExpression for Condition {
    fn into_expression(self) -> Result<Expression> {
        self.check()
    }
}

impl IntoExpression for &str {
    fn into_expression(self) -> Result<Expression> {
        Expression::parse_cql2(self)
    }
}

impl IntoExpression for &String {
    fn into_expression(self) -> Result<Expression> {
        Expression::parse_cql2(self)
    }
}

impl IntoExpression for String {
    fn into_expression(self) -> Result<Expression> {
        Expression::parse_cql2(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::filter::field;
    use prost::Message as _;

    #[test]
    fn an_expression_is_sent_as_written() {
        let condition = field("a").lt(1) & !(field("b").eq("x") | field("c").is_null());
        let comparison = |name: &str, operator: wire::FieldComparisonOperator, value: Literal| {
            Variant::Comparison(wire::FieldComparison {
                field_name: name.to_owned(),
                operator: operator.into(),
                value: Some(value.to_wire()),
            })
        };
        let logical = |operator: wire::LogicalOperator, operands: Vec<Variant>| {
            let operands = operands.into_iter().map(|operand| wire::FilterExpression { expression: Some(operand) });
            Variant::Logical(wire::LogicalExpression { operator: operator.into(), operands: operands.collect() })
        };
        let expected = logical(
            wire::LogicalOperator::And,
            vec![
                comparison("a", wire::FieldComparisonOperator::LessThan, Literal::Int(1)),
                logical(
                    wire::LogicalOperator::Not,
                    vec![logical(
                        wire::LogicalOperator::Or,
                        vec![
                            comparison("b", wire::FieldComparisonOperator::Equal, Literal::String("x".to_owned())),
                            Variant::IsNull(wire::FieldNullCheck { field_name: "c".to_owned() }),
                        ],
                    )],
                ),
            ],
        );
        let message = condition.check().expect("an expression").to_wire();
        assert_eq!(message, wire::FilterExpression { expression: Some(expected) });
    }

    #[test]
    fn zero_and_false_are_sent_as_values() {
        for condition in [field("a").eq(0), field("a").eq(false), field("a").eq(""), field("a").eq(0.0)] {
            let bytes = condition.check().expect("an expression").to_wire().encode_to_vec();
            let message = wire::FilterExpression::decode(bytes.as_slice()).expect("a message");
            let Some(Variant::Comparison(comparison)) = message.expression else { panic!("a comparison") };
            assert!(comparison.value.and_then(|value| value.value).is_some());
        }
    }
}
