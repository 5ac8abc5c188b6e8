//! A field, and what it can be compared by.

use super::condition::Condition;
use super::expression::{Comparison, Node};
use super::literal::{IntoLiteral, Literal};
use crate::schema::shown::shown;

/// The most characters of a field's name.
const MAX_NAME_LENGTH: usize = 100;

/// A field of the datapoints, by its name, to be compared with something.
///
/// The names and types of a dataset's fields are in its schema; those that can be compared are marked as queryable
/// there. Whether the field of a [`Condition`] is one of them is checked when the query is made.
#[must_use = "a field is no condition until it is compared with something"]
#[derive(Clone, Debug)]
pub struct Field {
    name: String,
}

/// The field with this name.
///
/// ```
/// use tilebox_core::datasets::filter::{EnumName, field};
///
/// let level = field("processing_level").eq(EnumName("L1C"));
/// assert_eq!(level.check()?.to_string(), "processing_level = ENUM('L1C')");
///
/// let error = field("cloud_cover").lt(f64::NAN).check().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cannot filter by `cloud_cover`: NaN is not a number to compare with; use is_null() to find missing values"
/// );
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
pub fn field(name: impl Into<String>) -> Field {
    Field { name: name.into() }
}

impl Field {
    /// Where the value equals this one.
    pub fn eq(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::Equal, value)
    }

    /// Where there is a value and it does not equal this one.
    pub fn ne(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::NotEqual, value)
    }

    /// Where the value is less than this one.
    pub fn lt(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::LessThan, value)
    }

    /// Where the value is less than this one or equals it.
    pub fn le(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::LessThanOrEqual, value)
    }

    /// Where the value is greater than this one.
    pub fn gt(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::GreaterThan, value)
    }

    /// Where the value is greater than this one or equals it.
    pub fn ge(self, value: impl IntoLiteral) -> Condition {
        self.compare(Comparison::GreaterThanOrEqual, value)
    }

    /// Where the value lies between these two, or equals one of them.
    pub fn between(self, low: impl IntoLiteral, high: impl IntoLiteral) -> Condition {
        self.clone().ge(low) & self.le(high)
    }

    /// Where the value is one of these; at most 64.
    pub fn is_in<Value: IntoLiteral>(self, values: impl IntoIterator<Item = Value>) -> Condition {
        let equal = values.into_iter().map(|value| self.clone().eq(value));
        equal.reduce(|left, right| left | right).unwrap_or_else(|| {
            self.flaw("the list of values is empty, so that nothing could match", "give at least one value")
        })
    }

    /// Where there is no value.
    pub fn is_null(self) -> Condition {
        match self.check_name() {
            Ok(()) => Condition::leaf(Node::IsNull { field: self.name }),
            Err((reason, advice)) => self.flaw(reason, advice),
        }
    }

    /// Where there is a value.
    pub fn is_not_null(self) -> Condition {
        !self.is_null()
    }

    fn compare(self, operator: Comparison, value: impl IntoLiteral) -> Condition {
        if let Err((reason, advice)) = self.check_name() {
            return self.flaw(reason, advice);
        }
        let value = match value.into_literal() {
            Ok(value) => value,
            Err(error) => return self.flaw(error.reason(), error.advice()),
        };
        if let Err((reason, advice)) = value.check() {
            return self.flaw(reason, advice);
        }
        let orders = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if orders && matches!(value, Literal::Bool(_)) {
            let reason = format!("{value} has no order, so that `{operator}` means nothing");
            return self.flaw(reason, "use eq or ne");
        }
        Condition::leaf(Node::Comparison { field: self.name, operator, value })
    }

    fn flaw(&self, reason: impl Into<String>, advice: &str) -> Condition {
        Condition::flaw(format!("filter by `{}`", self.shown()), reason, advice)
    }

    /// As much of the name as belongs into an error.
    fn shown(&self) -> String {
        shown(&self.name, MAX_NAME_LENGTH)
    }

    fn check_name(&self) -> Result<(), (&'static str, &'static str)> {
        let mut characters = self.name.bytes();
        let is_name = characters.next().is_some_and(|first| first.is_ascii_lowercase())
            && characters.all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == b'_');
        match is_name {
            true if self.name.len() <= MAX_NAME_LENGTH => Ok(()),
            true => Err(("the name has more than 100 characters", "no field has such a name")),
            false => Err((
                "that is no name of a field",
                "write it as the dataset does: small letters, digits and underscores, a letter first",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Timestamp;

    fn reason(condition: Condition) -> String {
        condition.check().expect_err("a wrong condition").reason().to_owned()
    }

    #[test]
    fn numbers_that_compare_with_nothing_are_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(reason(field("cloud_cover").lt(number)).ends_with("is not a number to compare with"));
        }
        assert!(field("cloud_cover").lt(f64::MIN_POSITIVE).check().is_ok());
    }

    #[test]
    fn a_truth_value_is_only_equal_or_not() {
        assert!(field("usable").eq(true).check().is_ok());
        assert!(field("usable").ne(false).check().is_ok());
        assert_eq!(reason(field("usable").lt(true)), "TRUE has no order, so that `<` means nothing");
    }

    #[test]
    fn a_name_is_what_datasets_can_call_a_field() {
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
    fn a_value_that_the_protocol_does_not_have_is_named_with_its_field() {
        let late = chrono::NaiveDate::MAX;
        let error = field("published").gt(late).check().expect_err("a late time");
        assert!(error.to_string().starts_with("cannot filter by `published`: it lies outside"), "{error}");
        assert!(field("published").gt(Timestamp::MAX).check().is_ok());
    }

    #[test]
    fn a_list_is_one_of_its_values_and_never_empty() {
        let one = field("platform").is_in(["S2A"]).check().expect("one value");
        assert_eq!(one.to_string(), "platform = 'S2A'");
        let two = field("orbit").is_in(vec![1, 2]).check().expect("two values");
        assert_eq!(two.to_string(), "orbit = 1 OR orbit = 2");
        assert!(reason(field("orbit").is_in(Vec::<i64>::new())).contains("empty"));
    }
}
