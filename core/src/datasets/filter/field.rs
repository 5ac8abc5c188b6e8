//! A field in a filter, and its comparisons.

use super::condition::Condition;
use super::literal::{IntoLiteral, Literal};
use super::node::{Comparison, Node};
use crate::schema::excerpt::excerpt;

/// The most characters of a field's name.
const MAX_NAME_LENGTH: usize = 100;

/// A field of datapoints in a filter; [`field`] returns it, its methods compare it.
///
/// The schema of a dataset has the names and types of its fields, and marks the fields that filters can use as
/// queryable. A query validates the fields of its conditions before it sends its first request.
#[must_use = "a field is not a condition until it is compared with a value"]
#[derive(Clone, Debug)]
pub struct FieldExpression {
    name: String,
}

/// Returns the field with a name.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::filter::{EnumName, field};
///
/// let level = field("processing_level").eq(EnumName("L1C"));
/// assert_eq!(level.check()?.to_string(), "processing_level = ENUM('L1C')");
///
/// let error = field("cloud_cover").lt(f64::NAN).check().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cannot filter by `cloud_cover`: expects a finite number, got NaN; use is_null() to find missing values"
/// );
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
pub fn field(name: impl Into<String>) -> FieldExpression {
    FieldExpression { name: name.into() }
}

impl FieldExpression {
    /// Matches datapoints with a value equal to this one.
    pub fn eq(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::Equal, value)
    }

    /// Matches datapoints with a value other than this one; datapoints without a value do not match.
    pub fn ne(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::NotEqual, value)
    }

    /// Matches datapoints with a value less than this one.
    pub fn lt(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::LessThan, value)
    }

    /// Matches datapoints with a value less than or equal to this one.
    pub fn le(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::LessThanOrEqual, value)
    }

    /// Matches datapoints with a value greater than this one.
    pub fn gt(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::GreaterThan, value)
    }

    /// Matches datapoints with a value greater than or equal to this one.
    pub fn ge(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::GreaterThanOrEqual, value)
    }

    /// Matches datapoints with a value from `low` to `high`, both included.
    pub fn between(self, low: impl IntoLiteral, high: impl IntoLiteral) -> Condition {
        self.clone().ge(low) & self.le(high)
    }

    /// Matches datapoints with one of these values, at most 64.
    pub fn is_in<Value: IntoLiteral>(self, values: impl IntoIterator<Item = Value>) -> Condition {
        let equal = values.into_iter().map(|value| self.clone().eq(value));
        equal
            .reduce(|left, right| left | right)
            .unwrap_or_else(|| self.invalid("the list of values is empty", "give at least one value"))
    }

    /// Matches datapoints without a value.
    pub fn is_null(self) -> Condition {
        match self.check_name() {
            Ok(()) => Condition::leaf(Node::IsNull { field: self.name }),
            Err((reason, advice)) => self.invalid(reason, advice),
        }
    }

    /// Matches datapoints with a value.
    pub fn is_not_null(self) -> Condition {
        !self.is_null()
    }

    fn compare(self, operator: Comparison, value: impl IntoLiteral) -> Condition {
        if let Err((reason, advice)) = self.check_name() {
            return self.invalid(reason, advice);
        }
        let value = match value.into_literal() {
            Ok(value) => value,
            Err(error) => return self.invalid(error.reason(), error.advice()),
        };
        if let Err((reason, advice)) = value.check() {
            return self.invalid(reason, advice);
        }
        let needs_order = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if needs_order && matches!(value, Literal::Bool(_)) {
            let reason = format!("`{operator}` does not apply to {value}: booleans have no order");
            return self.invalid(reason, "use eq or ne");
        }
        Condition::leaf(Node::Comparison { field: self.name, operator, value })
    }

    fn invalid(&self, reason: impl Into<String>, advice: &str) -> Condition {
        Condition::invalid(format!("filter by `{}`", self.shown()), reason, advice)
    }

    /// Returns the name as an error shows it.
    fn shown(&self) -> String {
        excerpt(&self.name, MAX_NAME_LENGTH)
    }

    fn check_name(&self) -> Result<(), (&'static str, &'static str)> {
        let mut characters = self.name.bytes();
        let is_name = characters.next().is_some_and(|first| first.is_ascii_lowercase())
            && characters.all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == b'_');
        match is_name {
            true if self.name.len() <= MAX_NAME_LENGTH => Ok(()),
            true => Err(("the field name has more than 100 characters", "check the name")),
            false => Err((
                "not a valid field name",
                "write it as the dataset does: lowercase letters, digits and underscores, a letter first",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Timestamp;

    fn reason(condition: Condition) -> String {
        condition.check().expect_err("an invalid condition").reason().to_owned()
    }

    #[test]
    fn a_number_has_to_be_finite() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(reason(field("cloud_cover").lt(number)).starts_with("expects a finite number, got "));
        }
        assert!(field("cloud_cover").lt(f64::MIN_POSITIVE).check().is_ok());
    }

    #[test]
    fn booleans_have_no_order() {
        assert!(field("usable").eq(true).check().is_ok());
        assert!(field("usable").ne(false).check().is_ok());
        assert_eq!(reason(field("usable").lt(true)), "`<` does not apply to TRUE: booleans have no order");
    }

    #[test]
    fn field_names_are_validated() {
        for name in ["a", "cloud_cover", "b04_nir_", &"x".repeat(100)] {
            assert!(field(name).is_null().check().is_ok(), "{name}");
        }
        for name in ["", "Cloud", "_a", "1a", "eo:cloud_cover", "a b", "ä", "a.b", &"x".repeat(101)] {
            assert!(field(name).is_null().check().is_err(), "{name}");
        }
        let error = field("ä".repeat(5000)).eq(1).check().expect_err("a long name");
        assert!(error.to_string().len() < 500, "{error}");
    }

    #[test]
    fn an_invalid_value_is_reported_with_its_field() {
        let late = chrono::NaiveDate::MAX;
        let error = field("published").gt(late).check().expect_err("a late time");
        assert!(error.to_string().starts_with("cannot filter by `published`: it lies outside"), "{error}");
        assert!(field("published").gt(Timestamp::MAX).check().is_ok());
    }

    #[test]
    fn a_list_of_values_must_not_be_empty() {
        let one = field("platform").is_in(["S2A"]).check().expect("one value");
        assert_eq!(one.to_string(), "platform = 'S2A'");
        let two = field("orbit").is_in(vec![1, 2]).check().expect("two values");
        assert_eq!(two.to_string(), "orbit = 1 OR orbit = 2");
        assert!(reason(field("orbit").is_in(Vec::<i64>::new())).contains("empty"));
    }
}
