//! The nodes of an expression, and their messages.

use super::literal::Literal;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::datasets::v1::filter_expression::Expression as Variant;

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

impl Node {
    pub(super) fn to_wire(&self) -> wire::FilterExpression {
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
