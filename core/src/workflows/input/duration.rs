//! Durations as ISO 8601 text, as Python writes `timedelta`.
//!
//! For fields of type [`std::time::Duration`] and `chrono::TimeDelta`. Python has microseconds: it rounds shorter fractions.
//!
//! ```
//! # use tilebox_core as tilebox_tokio;
//! use serde::{Deserialize, Serialize};
//! use std::time::Duration;
//! use tilebox_tokio::workflows::Input;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Wait {
//!     #[serde(with = "tilebox_tokio::workflows::input::duration")]
//!     time: Duration,
//! }
//!
//! let wait = Wait { time: Duration::from_millis(86_400_000 + 2500) };
//! assert_eq!(&Input::Python.encode(&wait)?[..], br#""P1DT2.5S""#);
//! # Ok::<(), tilebox_core::error::Error>(())
//! ```

use std::borrow::Cow;
use std::time::Duration;

use chrono::TimeDelta;
use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

use crate::schema::duration;
use crate::schema::excerpt::excerpt;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

/// The maximum characters of a duration that an error repeats.
const MAX_EXCERPT: usize = 40;

/// Types of durations.
pub trait DurationField: Sized + sealed::DurationField {}

impl<T: sealed::DurationField> DurationField for T {}

mod sealed {
    #[expect(unnameable_types, reason = "a sealed trait")]
    pub trait DurationField: Sized {
        fn nanoseconds(&self) -> i128;

        /// Returns the duration; `None` if it is out of range.
        fn from_nanoseconds(nanoseconds: i128) -> Option<Self>;
    }
}

impl sealed::DurationField for Duration {
    fn nanoseconds(&self) -> i128 {
        // At most 2^64 seconds.
        self.as_nanos().cast_signed()
    }

    fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        let seconds = u64::try_from(nanoseconds.div_euclid(NANOS_PER_SECOND)).ok()?;
        Some(Self::new(seconds, nanoseconds.rem_euclid(NANOS_PER_SECOND) as u32))
    }
}

impl sealed::DurationField for TimeDelta {
    fn nanoseconds(&self) -> i128 {
        i128::from(self.num_seconds()) * NANOS_PER_SECOND + i128::from(self.subsec_nanos())
    }

    fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        let seconds = i64::try_from(nanoseconds.div_euclid(NANOS_PER_SECOND)).ok()?;
        Self::new(seconds, nanoseconds.rem_euclid(NANOS_PER_SECOND) as u32)
    }
}

/// Returns days and seconds, such as `P1DT2.5S`.
fn format(nanoseconds: i128) -> String {
    let (days, rest) = (nanoseconds / NANOS_PER_DAY, nanoseconds % NANOS_PER_DAY);
    let time = duration::format(rest.abs());
    let sign = if nanoseconds < 0 { "-" } else { "" };
    match (days.unsigned_abs(), rest) {
        (days, 0) => format!("{sign}P{days}D"),
        (0, _) => format!("{sign}{time}"),
        (days, _) => format!("{sign}P{days}D{}", time.trim_start_matches('P')),
    }
}

/// Serializes a duration.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<T: DurationField, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(value.nanoseconds()))
}

/// Deserializes a duration in weeks, days, hours, minutes and seconds, such as `P1DT2H`.
///
/// # Errors
///
/// When the text is not a duration, or is out of range: [`Duration`] is never negative.
pub fn deserialize<'de, T: DurationField, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = Cow::<'_, str>::deserialize(deserializer)?;
    let got = || excerpt(&text, MAX_EXCERPT);
    let nanoseconds = duration::parse(&text)
        .map_err(|reason| D::Error::custom(format!("expects a duration, got `{}`: {reason}", got())))?;
    T::from_nanoseconds(nanoseconds)
        .ok_or_else(|| D::Error::custom(format!("expects a duration in range, got `{}`", got())))
}
