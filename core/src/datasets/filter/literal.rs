//! Values that a field can be compared with.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};

use crate::error::{Error, Result};
use crate::protocol::wire::datasets::v1::FieldQueryValue;
use crate::protocol::wire::datasets::v1::field_query_value::Value;
use crate::schema::timestamp::{IntoTimestamp, Timestamp};

/// The longest duration of protobuf, in seconds: about 10 000 years.
const MAX_DURATION_SECONDS: i64 = 315_576_000_000;
/// The most code points of a text, a limit of the server.
const MAX_STRING_LENGTH: usize = 1024;

/// A value that a field is compared with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// A boolean; it has no order, so only `eq` and `ne` apply.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A finite number.
    Double(f64),
    /// Text of at most 1024 code points.
    String(String),
    /// A point in time.
    Timestamp(Timestamp),
    /// A span of time, at most about 10 000 years in either direction.
    Duration(TimeDelta),
    /// The name of an enum value, without the enum's name as a prefix.
    EnumName(String),
    /// Bytes.
    Bytes(Bytes),
}

/// The name of an enum value, such as `EnumName("L1C")`. The type distinguishes it from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnumName<'a>(pub &'a str);

impl Literal {
    /// Checks the limits of the protocol. An error has a reason and an advice.
    pub(super) fn check(&self) -> Result<(), (String, &'static str)> {
        match self {
            Self::Double(number) if !number.is_finite() => {
                Err((format!("expects a finite number, got {number}"), "use is_null() to find missing values"))
            }
            Self::String(text) | Self::EnumName(text) if text.chars().count() > MAX_STRING_LENGTH => {
                let length = text.chars().count();
                Err((format!("expects text of at most {MAX_STRING_LENGTH} code points, got {length}"), "shorten it"))
            }
            Self::EnumName(name) if name.is_empty() => {
                Err(("the name of the enum value is empty".to_owned(), "write a name, such as L1C"))
            }
            Self::Duration(duration) if !is_protobuf_duration(*duration) => {
                let reason = format!("the duration of {} s is too long", duration.num_seconds());
                Err((reason, "use at most 315 576 000 000 s in either direction"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn to_wire(&self) -> FieldQueryValue {
        let value = match self {
            Self::Bool(value) => Value::BoolValue(*value),
            Self::Int(value) => Value::Int64Value(*value),
            Self::Uint(value) => Value::Uint64Value(*value),
            Self::Double(value) => Value::DoubleValue(*value),
            Self::String(value) => Value::StringValue(value.clone()),
            Self::Timestamp(value) => Value::TimestampValue(value.to_wire()),
            // Protobuf requires the same sign for seconds and nanoseconds; chrono rounds seconds towards zero.
            Self::Duration(value) => Value::DurationValue(prost_types::Duration {
                seconds: value.num_seconds(),
                nanos: value.subsec_nanos(),
            }),
            Self::EnumName(value) => Value::EnumName(value.clone()),
            Self::Bytes(value) => Value::BytesValue(value.clone()),
        };
        FieldQueryValue { value: Some(value) }
    }
}

fn is_protobuf_duration(duration: TimeDelta) -> bool {
    let most = TimeDelta::try_seconds(MAX_DURATION_SECONDS).unwrap_or(TimeDelta::MAX);
    (-most..=most).contains(&duration)
}

/// Types that convert to a [`Literal`].
///
/// | value | literal |
/// |---|---|
/// | `true`, `1`, `1u64`, `0.5`, `"text"` | a boolean, an integer, an unsigned integer, a number, text |
/// | [`Timestamp`], [`SystemTime`], the types of `chrono` | a point in time; text is never parsed as a time |
/// | [`Duration`], [`TimeDelta`] | a span of time |
/// | [`EnumName`]`("L1C")` | an enum value |
/// | [`Bytes`], `&[u8]`, `Vec<u8>` | bytes |
///
/// Implement it for your enums to compare fields with them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a field",
    label = "expects a boolean, a number, text, a time, a duration, `EnumName(..)` or bytes",
    note = "use `is_null()` to find missing values, and `is_in(..)` to compare with several values"
)]
pub trait IntoLiteral {
    /// Converts the value to a literal.
    ///
    /// # Errors
    ///
    /// If the protocol cannot express the value, for example a time after the year 9999.
    fn into_literal(self) -> Result<Literal>;
}

macro_rules! literals {
    ($($type:ty: $value:ident => $literal:expr;)*) => { $(
        impl IntoLiteral for $type {
            fn into_literal(self) -> Result<Literal> {
                let $value = self;
                Ok($literal)
            }
        }
    )* };
}

literals! {
    Literal: value => value;
    bool: value => Literal::Bool(value);
    i8: value => Literal::Int(value.into());
    i16: value => Literal::Int(value.into());
    i32: value => Literal::Int(value.into());
    i64: value => Literal::Int(value);
    u8: value => Literal::Int(value.into());
    u16: value => Literal::Int(value.into());
    u32: value => Literal::Int(value.into());
    u64: value => Literal::Uint(value);
    f32: value => Literal::Double(value.into());
    f64: value => Literal::Double(value);
    &str: value => Literal::String(value.to_owned());
    &String: value => Literal::String(value.clone());
    String: value => Literal::String(value);
    TimeDelta: value => Literal::Duration(value);
    EnumName<'_>: value => Literal::EnumName(value.0.to_owned());
    Bytes: value => Literal::Bytes(value);
    Vec<u8>: value => Literal::Bytes(value.into());
    &[u8]: value => Literal::Bytes(Bytes::copy_from_slice(value));
}

impl<const LENGTH: usize> IntoLiteral for &[u8; LENGTH] {
    fn into_literal(self) -> Result<Literal> {
        self.as_slice().into_literal()
    }
}

impl IntoLiteral for Duration {
    fn into_literal(self) -> Result<Literal> {
        let duration = TimeDelta::from_std(self);
        let duration = duration.ok().filter(|duration| is_protobuf_duration(*duration)).ok_or_else(|| {
            let reason = format!("the duration of {} s is too long", self.as_secs());
            Error::invalid("compare with a duration", reason, "use at most 315 576 000 000 s")
        })?;
        Ok(Literal::Duration(duration))
    }
}

macro_rules! times {
    ($($type:ty)*) => { $(
        impl IntoLiteral for $type {
            fn into_literal(self) -> Result<Literal> {
                self.into_timestamp().map(Literal::Timestamp)
            }
        }
    )* };
}

times! { Timestamp NaiveDateTime NaiveDate SystemTime }

impl<Zone: TimeZone> IntoLiteral for DateTime<Zone> {
    fn into_literal(self) -> Result<Literal> {
        self.into_timestamp().map(Literal::Timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(literal: impl IntoLiteral) -> Value {
        literal.into_literal().expect("a literal").to_wire().value.expect("a value")
    }

    #[test]
    fn each_type_is_sent_as_its_literal() {
        assert_eq!(sent(true), Value::BoolValue(true));
        assert_eq!(sent(-1i8), Value::Int64Value(-1));
        assert_eq!(sent(u32::MAX), Value::Int64Value(4_294_967_295));
        assert_eq!(sent(u64::MAX), Value::Uint64Value(u64::MAX));
        assert_eq!(sent(0.5f32), Value::DoubleValue(0.5));
        assert_eq!(sent("S2A"), Value::StringValue("S2A".to_owned()));
        assert_eq!(sent(EnumName("L1C")), Value::EnumName("L1C".to_owned()));
        assert_eq!(sent(b"\0\x01"), Value::BytesValue(Bytes::from_static(b"\0\x01")));
        let day = NaiveDate::from_ymd_opt(1970, 1, 2).expect("a date");
        assert_eq!(sent(day), Value::TimestampValue(prost_types::Timestamp { seconds: 86_400, nanos: 0 }));
        assert_eq!(sent(day.and_time(chrono::NaiveTime::MIN).and_utc()), sent(day));
    }

    #[test]
    fn the_parts_of_a_duration_have_one_sign() {
        let duration = |seconds, nanos| Value::DurationValue(prost_types::Duration { seconds, nanos });
        assert_eq!(sent(TimeDelta::milliseconds(-1500)), duration(-1, -500_000_000));
        assert_eq!(sent(TimeDelta::milliseconds(-500)), duration(0, -500_000_000));
        assert_eq!(sent(Duration::from_millis(1500)), duration(1, 500_000_000));
    }

    #[test]
    fn a_duration_beyond_the_range_of_protobuf_is_an_error() {
        assert!(Duration::MAX.into_literal().is_err());
        assert!(Duration::from_secs(315_576_000_000).into_literal().is_ok());
        assert!(Duration::new(315_576_000_000, 1).into_literal().is_err());
        assert!(Literal::Duration(TimeDelta::MIN).check().is_err());
    }

    #[test]
    fn text_is_limited_in_code_points() {
        assert!(Literal::String("ä".repeat(1024)).check().is_ok());
        assert!(Literal::String("ä".repeat(1025)).check().is_err());
    }
}
