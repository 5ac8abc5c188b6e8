//! Conditions joined by `&`, `|` and `!`, within the limits of the server.

use std::ops::{BitAnd, BitOr, Not};

use super::expression::Expression;
use super::node::{Node, Operator};
use crate::error::{Error, Result};

/// The most operands of one AND or OR.
const MAX_OPERANDS: usize = 64;
/// The most comparisons, null checks and operators of an expression.
const MAX_NODES: usize = 256;
/// The most levels of an expression: nested operators and the comparison inside them.
const MAX_DEPTH: usize = 8;

/// A condition on the fields of datapoints, not validated yet.
///
/// Join conditions with `&` (and), `|` (or) and `!` (not). A query validates its conditions;
/// [`check`](Self::check) does it without a query.
///
/// Nested conditions of the same operator become one, because the server limits the depth. `!` is sent as written.
/// Operators cannot fail, so the condition keeps the first error, and `check` returns it.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::filter::field;
///
/// let sides = field("a").eq(1) & (field("b").eq(2) & !field("c").eq(3));
/// assert_eq!(sides.check()?.to_string(), "a = 1 AND b = 2 AND NOT c = 3");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[must_use = "a condition does nothing until it is given to a query"]
#[derive(Clone, Debug)]
pub struct Condition(Result<Expression, ConditionError>);

/// Why a condition is not valid: the parts of an [`Error`], which cannot be cloned.
#[derive(Clone, Debug)]
struct ConditionError {
    purpose: String,
    reason: String,
    advice: String,
}

impl Condition {
    /// Validates the condition.
    ///
    /// # Errors
    ///
    /// If a field name or a value is not valid, or the condition exceeds a limit: 64 operands of one AND or OR, 256
    /// comparisons and operators, 8 levels. The error names the field.
    pub fn check(self) -> Result<Expression> {
        self.0.map_err(|error| Error::invalid(error.purpose, error.reason, error.advice))
    }

    pub(super) fn leaf(node: Node) -> Self {
        Self(Ok(Expression { node, count: 1, depth: 1 }))
    }

    pub(super) fn invalid(purpose: impl Into<String>, reason: impl Into<String>, advice: &str) -> Self {
        Self(Err(ConditionError { purpose: purpose.into(), reason: reason.into(), advice: advice.to_owned() }))
    }

    fn join(operator: Operator, left: Self, right: Self) -> Self {
        let (left, right) = match (left.0, right.0) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(error), _) | (_, Err(error)) => return Self(Err(error)),
        };
        let (mut operands, left_count, left_depth) = operands(operator, left);
        let (others, right_count, right_depth) = self::operands(operator, right);
        operands.extend(others);
        if operands.len() > MAX_OPERANDS {
            let reason = format!("one {operator} joins at most {MAX_OPERANDS} conditions, got {}", operands.len());
            return Self::invalid("filter", reason, "use fewer conditions, or several queries");
        }
        Self::within_limits(Expression {
            node: Node::Logical { operator, operands },
            count: 1 + left_count + right_count,
            depth: 1 + left_depth.max(right_depth),
        })
    }

    /// Checks the limits of an expression. Checking at each step keeps trees shallow, so walking them never exhausts the
    /// stack.
    fn within_limits(expression: Expression) -> Self {
        if expression.count > MAX_NODES {
            let reason =
                format!("it has {} comparisons and operators; at most {MAX_NODES} are allowed", expression.count);
            return Self::invalid("filter", reason, "use fewer conditions, or several queries");
        }
        if expression.depth > MAX_DEPTH {
            let reason =
                format!("its conditions nest {} levels deep; at most {MAX_DEPTH} are allowed", expression.depth);
            return Self::invalid("filter", reason, "alternate less between AND, OR and NOT");
        }
        Self(Ok(expression))
    }
}

/// Returns what an expression adds to an AND or OR: operands, number of nodes, depth. An expression of the same operator
/// adds its operands, any other adds itself.
fn operands(operator: Operator, expression: Expression) -> (Vec<Node>, usize, usize) {
    match expression.node {
        Node::Logical { operator: own, operands } if own == operator => {
            (operands, expression.count - 1, expression.depth - 1)
        }
        node => (vec![node], expression.count, expression.depth),
    }
}

impl From<Expression> for Condition {
    fn from(expression: Expression) -> Self {
        Self(Ok(expression))
    }
}

impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        match self.0 {
            Ok(Expression { node, count, depth }) => {
                Self::within_limits(Expression { node: Node::Not(Box::new(node)), count: count + 1, depth: depth + 1 })
            }
            invalid => Self(invalid),
        }
    }
}

impl Not for Expression {
    type Output = Condition;

    fn not(self) -> Condition {
        !Condition::from(self)
    }
}

macro_rules! joins {
    ($($operand:ty)*) => { $(
        impl<Other: Into<Condition>> BitAnd<Other> for $operand {
            type Output = Condition;

            fn bitand(self, other: Other) -> Condition {
                Condition::join(Operator::And, self.into(), other.into())
            }
        }

        impl<Other: Into<Condition>> BitOr<Other> for $operand {
            type Output = Condition;

            fn bitor(self, other: Other) -> Condition {
                Condition::join(Operator::Or, self.into(), other.into())
            }
        }
    )* };
}

joins! { Condition Expression }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::filter::field;

    fn leaf(number: i64) -> Condition {
        field("a").eq(number)
    }

    fn text(condition: Condition) -> String {
        condition.check().expect("an expression").to_string()
    }

    fn reason(condition: Condition) -> String {
        condition.check().expect_err("a limit").reason().to_owned()
    }

    fn joined(leaves: i64) -> Condition {
        (1..leaves).fold(leaf(0), |all, number| all & leaf(number))
    }

    #[test]
    fn nested_conditions_of_one_operator_are_flattened() {
        let both = (leaf(1) & leaf(2)) & (leaf(3) & leaf(4));
        let expression = both.check().expect("an expression");
        assert_eq!((expression.count, expression.depth), (5, 2));
        assert_eq!(expression.to_string(), "a = 1 AND a = 2 AND a = 3 AND a = 4");
        let mixed = (leaf(1) | leaf(2)) & (leaf(3) & (leaf(4) | leaf(5)));
        let expression = mixed.check().expect("an expression");
        assert_eq!((expression.count, expression.depth), (8, 3));
        assert_eq!(expression.to_string(), "(a = 1 OR a = 2) AND a = 3 AND (a = 4 OR a = 5)");
    }

    #[test]
    fn a_negation_is_sent_as_written() {
        assert_eq!(text(!!leaf(1)), "NOT NOT a = 1");
        assert_eq!(text(!(leaf(1) & leaf(2))), "NOT (a = 1 AND a = 2)");
        assert_eq!(text(!(leaf(1) & leaf(2)) & leaf(3)), "NOT (a = 1 AND a = 2) AND a = 3");
    }

    #[test]
    fn an_operator_has_at_most_64_operands() {
        assert!(joined(64).check().is_ok());
        assert_eq!(reason(joined(65)), "one AND joins at most 64 conditions, got 65");
    }

    #[test]
    fn an_expression_has_at_most_256_nodes() {
        let block = || joined(62) | leaf(0);
        // A block is an AND of 62 comparisons (63 nodes) and one comparison; the OR around all blocks is one node more.
        let four = || block() | block() | block() | joined(62);
        assert_eq!(four().check().expect("within the limit").count, 256);
        assert!(reason(four() | leaf(1)).contains("at most 256 are allowed"));
    }

    #[test]
    fn an_expression_has_at_most_8_levels() {
        let nested = |levels: usize| (1..levels).fold(leaf(1), |inner, _| !inner);
        assert!(nested(8).check().is_ok());
        assert!(reason(nested(9)).contains("nest 9 levels deep; at most 8 are allowed"));
        assert!(nested(1_000_000).check().is_err());
    }

    #[test]
    fn a_condition_keeps_its_first_error() {
        let invalid = leaf(1) & (field("B").eq(1) | field("c").lt(f64::NAN)) & leaf(2);
        assert_eq!((!invalid).check().expect_err("two errors").reason(), "not a valid field name");
    }

    #[test]
    fn expressions_can_be_joined_again() {
        let expression = leaf(1).check().expect("an expression");
        assert_eq!(text(expression.clone() & leaf(2) & expression.clone()), "a = 1 AND a = 2 AND a = 1");
        assert_eq!(text(!expression.clone() | expression), "NOT a = 1 OR a = 1");
    }
}
