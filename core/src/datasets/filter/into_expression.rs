//! The types that convert to an expression.

use super::condition::Condition;
use super::expression::Expression;
use crate::error::Result;

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
