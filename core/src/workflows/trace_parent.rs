//! The trace that a job belongs to.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::excerpt::excerpt;

/// A trace and a span of it, in the form of a W3C `traceparent` header of version 00
/// (<https://www.w3.org/TR/trace-context/>).
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TraceParent;
///
/// let parent: TraceParent = "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01".parse()?;
/// assert_eq!(parent.trace_id(), 0x8cbb60584f5a87aeb6e8db7902beed85);
/// # Ok::<(), tilebox_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

/// The flag of a sampled trace.
const SAMPLED: u8 = 1;

impl TraceParent {
    /// Creates the parent of a sampled trace from random numbers. Ids that would be 0, which is not valid, become 1.
    #[must_use]
    pub fn from_random(mut random: impl FnMut() -> u64) -> Self {
        let trace_id = (u128::from(random()) << 64) | u128::from(random());
        Self { trace_id: trace_id.max(1), span_id: random().max(1), flags: SAMPLED }
    }

    /// Returns the id of the trace.
    #[must_use]
    pub const fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// Returns the id of the span.
    #[must_use]
    pub const fn span_id(self) -> u64 {
        self.span_id
    }

    /// Returns whether the process that started the trace records it.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expects version, trace id, span id and flags, separated by `-`, with 2, 32, 16 and 2 lower-case hexadecimal digits";
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let digits = parts.next().filter(|part| part.len() == length).ok_or(FORM)?;
            let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if digits.bytes().all(is_digit) { u128::from_str_radix(digits, 16).map_err(|_| FORM) } else { Err(FORM) }
        };
        let (version, trace_id, span_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        if parts.next().is_some() {
            return Err(FORM);
        }
        match (version, trace_id, span_id) {
            (1.., _, _) => Err("expects version 00"),
            (_, 0, _) => Err("the trace id is 0"),
            (_, _, 0) => Err("the span id is 0"),
            _ => Ok(Self { trace_id, span_id: span_id as u64, flags: flags as u8 }),
        }
    }
}

/// Prints the value of a `traceparent` header.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::read(text).map_err(|reason| {
            let advice = "write it as 00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01";
            Error::invalid(format!("read the trace parent `{}`", excerpt(text, 80)), reason, advice)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_valid_headers_are_read() {
        for (text, reason) in [
            ("00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba", "expects version, trace id"),
            ("00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01-x", "expects version, trace id"),
            ("00-8CBB60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01", "expects version, trace id"),
            ("00-+cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01", "expects version, trace id"),
            ("01-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01", "expects version 00"),
            ("00-00000000000000000000000000000000-cdcea87443fc59ba-01", "the trace id is 0"),
            ("00-8cbb60584f5a87aeb6e8db7902beed85-0000000000000000-01", "the span id is 0"),
            ("", "expects version, trace id"),
        ] {
            let error = text.parse::<TraceParent>().expect_err(text);
            assert!(error.reason().starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn the_last_bit_of_the_flags_is_that_of_sampled_traces() {
        for (flags, expected) in [("00", false), ("01", true), ("02", false), ("03", true)] {
            let text = format!("00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-{flags}");
            assert_eq!(text.parse::<TraceParent>().expect(&text).is_sampled(), expected);
        }
    }

    #[test]
    fn random_zeros_are_not_valid_ids() {
        let parent = TraceParent::from_random(|| 0);
        assert_eq!(parent.to_string(), "00-00000000000000000000000000000001-0000000000000001-01");
    }

    proptest! {
        #[test]
        fn every_parent_reads_back(numbers: [u64; 3], text in "\\PC{0,60}") {
            let mut numbers = numbers.into_iter();
            let parent = TraceParent::from_random(|| numbers.next().unwrap_or(0));
            prop_assert_eq!(parent.to_string().parse::<TraceParent>().expect("its own form"), parent);
            prop_assert!(text.parse::<TraceParent>().is_err());
        }
    }
}
