//! Conditions joined by `&`, `|` and `!`, within the limits of Tilebox.

use std::ops::{BitAnd, BitOr, Not};

use super::expression::{Expression, Node, Operator};
use crate::error::{Error, Result};

/// The most operands of one AND or OR.
const MAX_OPERANDS: usize = 64;
/// The most comparisons, null checks and operators in all.
const MAX_NODES: usize = 256;
/// The most operators on the way to a comparison, and that one.
const MAX_DEPTH: usize = 8;

/// What was written to filter by: join it with `&` (and), `|` (or) and `!` (not), then [`check`](Self::check) it, or give
/// it to a query, which does.
///
/// Nested conditions of the same operator become one, as Tilebox limits the depth; `!` is kept as it is written. What is
/// wrong is kept too, the first thing of several, and comes out of the check.
///
/// ```
/// use tilebox_core::datasets::filter::field;
///
/// let sides = field("a").eq(1) & (field("b").eq(2) & !field("c").eq(3));
/// assert_eq!(sides.check()?.to_string(), "a = 1 AND b = 2 AND NOT c = 3");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[must_use = "a condition does nothing until it is given to a query"]
#[derive(Clone, Debug)]
pub struct Condition(Result<Expression, Flaw>);

/// What is wrong with a condition: the parts of an error, which itself cannot be cloned.
#[derive(Clone, Debug)]
struct Flaw {
    purpose: String,
    reason: String,
    advice: String,
}

impl Condition {
    /// The expression that was written.
    ///
    /// # Errors
    ///
    /// When a name is none, a value cannot be compared with, or a limit is crossed: 64 operands of one AND or OR, 256
    /// comparisons and operators in all, a depth of 8. The error names the field.
    pub fn check(self) -> Result<Expression> {
        self.0.map_err(|flaw| Error::invalid(flaw.purpose, flaw.reason, flaw.advice))
    }

    pub(super) fn leaf(node: Node) -> Self {
        Self(Ok(Expression { node, count: 1, depth: 1 }))
    }

    pub(super) fn flaw(purpose: impl Into<String>, reason: impl Into<String>, advice: &str) -> Self {
        Self(Err(Flaw { purpose: purpose.into(), reason: reason.into(), advice: advice.to_owned() }))
    }

    fn join(operator: Operator, left: Self, right: Self) -> Self {
        let (left, right) = match (left.0, right.0) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(flaw), _) | (_, Err(flaw)) => return Self(Err(flaw)),
        };
        let (mut operands, left_count, left_depth) = operands(operator, left);
        let (others, right_count, right_depth) = self::operands(operator, right);
        operands.extend(others);
        if operands.len() > MAX_OPERANDS {
            let reason =
                format!("one {operator} joins more than {MAX_OPERANDS} conditions, which Tilebox does not take");
            return Self::flaw("filter", reason, "use fewer conditions, or several queries");
        }
        Self::within_limits(Expression {
            node: Node::Logical { operator, operands },
            count: 1 + left_count + right_count,
            depth: 1 + left_depth.max(right_depth),
        })
    }

    /// Checking at each step keeps trees shallow, so that walking them never exhausts the stack.
    fn within_limits(expression: Expression) -> Self {
        if expression.count > MAX_NODES {
            let reason = format!("it has more than {MAX_NODES} comparisons and operators, which Tilebox does not take");
            return Self::flaw("filter", reason, "use fewer conditions, or several queries");
        }
        if expression.depth > MAX_DEPTH {
            let reason = format!("its conditions are nested more than {MAX_DEPTH} deep, which Tilebox does not take");
            return Self::flaw("filter", reason, "write it with fewer changes between AND, OR and NOT");
        }
        Self(Ok(expression))
    }
}

/// What an expression adds to an AND or OR: its operands where it is one itself; how many nodes, how deep.
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
            flaw => Self(flaw),
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
    use super::super::field;
    use super::*;

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
    fn nesting_of_one_operator_is_flattened_on_both_sides() {
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
    fn a_negation_is_kept_as_it_is_written() {
        assert_eq!(text(!!leaf(1)), "NOT NOT a = 1");
        assert_eq!(text(!(leaf(1) & leaf(2))), "NOT (a = 1 AND a = 2)");
        assert_eq!(text(!(leaf(1) & leaf(2)) & leaf(3)), "NOT (a = 1 AND a = 2) AND a = 3");
    }

    #[test]
    fn sixty_four_operands_are_taken_and_no_more() {
        assert!(joined(64).check().is_ok());
        assert_eq!(reason(joined(65)), "one AND joins more than 64 conditions, which Tilebox does not take");
    }

    #[test]
    fn two_hundred_and_fifty_six_nodes_are_taken_and_no_more() {
        let block = || joined(62) | leaf(0);
        // Each block is an AND of 62 and one more, in one OR: 64 nodes and the OR.
        let four = || block() | block() | block() | joined(62);
        assert_eq!(four().check().expect("within the limit").count, 256);
        assert!(reason(four() | leaf(1)).contains("more than 256"));
    }

    #[test]
    fn a_depth_of_eight_is_taken_and_no_more() {
        let nested = |levels: usize| (1..levels).fold(leaf(1), |inner, _| !inner);
        assert!(nested(8).check().is_ok());
        assert!(reason(nested(9)).contains("more than 8 deep"));
        assert!(nested(1_000_000).check().is_err());
    }

    #[test]
    fn the_first_flaw_is_the_one_that_is_told() {
        let wrong = leaf(1) & (field("B").eq(1) | field("c").lt(f64::NAN)) & leaf(2);
        assert_eq!((!wrong).check().expect_err("wrong").reason(), "that is no name of a field");
    }

    #[test]
    fn checked_expressions_can_be_joined_again() {
        let expression = leaf(1).check().expect("an expression");
        assert_eq!(text(expression.clone() & leaf(2) & expression.clone()), "a = 1 AND a = 2 AND a = 1");
        assert_eq!(text(!expression.clone() | expression), "NOT a = 1 OR a = 1");
    }
}
