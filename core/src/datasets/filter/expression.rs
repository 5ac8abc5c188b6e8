//! A valid condition, and its message.

use std::fmt;

use super::node::Node;
use crate::protocol::wire::datasets::v1 as wire;

/// A condition on the fields of datapoints, within the rules and limits of the server.
///
/// [`Condition::check`](super::Condition::check) and the parsers of CQL2 return it. It prints as CQL2 text, which
/// [`parse_cql2`](Self::parse_cql2) reads back unless the text compares with durations or bytes.
#[derive(Clone, PartialEq)]
pub struct Expression {
    pub(super) node: Node,
    /// Number of nodes.
    pub(super) count: usize,
    /// Number of nodes on the longest path from the root to a leaf.
    pub(super) depth: usize,
}

impl Expression {
    /// Converts the expression to its message.
    #[must_use]
    pub fn to_wire(&self) -> wire::FilterExpression {
        self.node.to_wire()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::filter::{Literal, field};
    use crate::protocol::wire::datasets::v1::filter_expression::Expression as Variant;
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
