//! A condition that was checked, and its message.

use std::fmt;

use super::condition::Condition;
use super::literal::Literal;
use super::{cql2, suit};
use crate::error::Result;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::datasets::v1::filter_expression::Expression as Variant;
use crate::schema::DatasetSchema;

/// A condition on the fields of datapoints that keeps to the rules and limits of Tilebox.
///
/// Made by checking a [`Condition`], or from CQL2. Prints as CQL2 text, which [`parse_cql2`](Self::parse_cql2) reads
/// again as long as it compares with no durations and no bytes.
#[derive(Clone, PartialEq)]
pub struct Expression {
    pub(super) node: Node,
    /// How many nodes there are.
    pub(super) count: usize,
    /// How many nodes lie on the longest way from the top, both ends counted.
    pub(super) depth: usize,
}

/// One part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Two operands or more, none of them of the same operator.
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

/// What joins conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
}

/// What compares a field with a value.
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
    /// Reads CQL2 text: comparisons, `AND`, `OR`, `NOT`, `IN`, `BETWEEN` and `IS NULL`.
    ///
    /// A number without a point or an exponent is a whole one, exact within 64 bits. Times are written as
    /// `TIMESTAMP('2025-03-01T12:00:00Z')` or `DATE('2025-03-01')`, and, beyond CQL2, the values of enums as `ENUM('L1C')`.
    ///
    /// ```
    /// use tilebox_core::datasets::filter::Expression;
    ///
    /// let expression = Expression::parse_cql2("cloud_cover < 10 AND platform IN ('S2A', 'S2B')")?;
    /// assert_eq!(expression.to_string(), "cloud_cover < 10 AND (platform = 'S2A' OR platform = 'S2B')");
    ///
    /// let error = Expression::parse_cql2("platform LIKE 'S2%'").unwrap_err();
    /// assert!(error.to_string().contains("`LIKE` (at character 10) is nothing that Tilebox can filter by"));
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is not CQL2, uses what Tilebox does not have (the error names it), or breaks a rule or a limit of
    /// [`Condition::check`].
    pub fn parse_cql2(text: &str) -> Result<Self> {
        cql2::parse_text(text)
    }

    /// Reads CQL2 as JSON: what [`parse_cql2`](Self::parse_cql2) reads, in the form of the STAC API's filter extension.
    ///
    /// ```
    /// use tilebox_core::datasets::filter::Expression;
    ///
    /// let json = r#"{"op": "<", "args": [{"property": "cloud_cover"}, 10]}"#;
    /// assert_eq!(Expression::parse_cql2_json(json)?, Expression::parse_cql2("cloud_cover < 10")?);
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse_cql2`](Self::parse_cql2).
    pub fn parse_cql2_json(json: &str) -> Result<Self> {
        cql2::parse_json(json)
    }

    /// The expression as it suits a dataset: whole numbers are sent as what the field holds.
    ///
    /// A query does this by itself.
    ///
    /// # Errors
    ///
    /// When the dataset has no such field, the field is not queryable, or it holds something else than it is compared
    /// with. The error names the fields that there are.
    pub fn suited_to(mut self, schema: &DatasetSchema) -> Result<Self> {
        suit::suit(&mut self.node, schema)?;
        Ok(self)
    }

    /// The message that says it.
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

/// What can be written for an [`Expression`]: one, a [`Condition`], or CQL2 text.
pub trait IntoExpression {
    /// The expression that is meant.
    ///
    /// # Errors
    ///
    /// As [`Condition::check`] and [`Expression::parse_cql2`].
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
    use super::super::field;
    use super::*;
    use prost::Message as _;

    #[test]
    fn an_expression_is_sent_as_it_is_written() {
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
    fn zero_and_false_are_sent_as_values_not_left_out() {
        for condition in [field("a").eq(0), field("a").eq(false), field("a").eq(""), field("a").eq(0.0)] {
            let bytes = condition.check().expect("an expression").to_wire().encode_to_vec();
            let message = wire::FilterExpression::decode(bytes.as_slice()).expect("a message");
            let Some(Variant::Comparison(comparison)) = message.expression else { panic!("a comparison") };
            assert!(comparison.value.and_then(|value| value.value).is_some());
        }
    }
}
