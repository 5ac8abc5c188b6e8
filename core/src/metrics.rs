//! Metrics of loads: requests, bytes and time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The metrics of a load. They include all of its requests: those of pages, and those that look up collections and the
/// definition of the dataset.
///
/// Prints a line such as `12 requests (1 repeated), 3.4 MB received (18.2 MB uncompressed), decoded in 0.12 s, waited
/// 0.90 s of 1.30 s`. In the sum of concurrent loads, [`waiting`](Self::waiting) and [`duration`](Self::duration) count
/// once for each load.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(dataset: tilebox_core::Dataset) -> tilebox_core::Result<()> {
/// use tilebox_tokio::metrics::LoadMetrics;
///
/// let day = dataset.query("2025-01-01").await?;
/// if let Some(metrics) = day.metrics() {
///     println!("{metrics}");
/// }
/// let loads = tilebox_tokio::load_all(["2025-01-01", "2025-01-02"].map(|day| dataset.query(day))).await?;
/// let all: LoadMetrics = loads.iter().filter_map(|load| load.metrics()).sum();
/// println!("{} requests, {} of them repeated", all.requests, all.retries);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoadMetrics {
    /// The number of requests, including repeated ones.
    pub requests: u64,
    /// The number of requests that repeat a failed attempt.
    pub retries: u64,
    /// The size of the response bodies as transferred, usually compressed, in bytes. Headers are not included.
    pub bytes_received: u64,
    /// The size of their messages after decompression, in bytes. A response that was decoded twice, because it arrived
    /// long before it was read, counts twice.
    pub message_bytes: u64,
    /// The number of values that are null because a column cannot represent them, such as a time after 2262-04-11. A
    /// `tracing` event for each field of a page names them.
    #[serde(default)]
    pub nulled_values: u64,
    /// The total time of decompression. With several threads of an executor it may exceed the duration of the load.
    pub decompressing: Duration,
    /// The total time of decoding messages into columns.
    pub decoding: Duration,
    /// The time that the reader waited for pages.
    pub waiting: Duration,
    /// The duration of the load, including the time between two reads.
    pub duration: Duration,
}

impl AddAssign for LoadMetrics {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.retries += other.retries;
        self.bytes_received += other.bytes_received;
        self.message_bytes += other.message_bytes;
        self.nulled_values += other.nulled_values;
        self.decompressing = self.decompressing.saturating_add(other.decompressing);
        self.decoding = self.decoding.saturating_add(other.decoding);
        self.waiting = self.waiting.saturating_add(other.waiting);
        self.duration = self.duration.saturating_add(other.duration);
    }
}

impl Add for LoadMetrics {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for LoadMetrics {
    fn sum<I: Iterator<Item = Self>>(loads: I) -> Self {
        loads.fold(Self::default(), Add::add)
    }
}

impl<'a> Sum<&'a Self> for LoadMetrics {
    fn sum<I: Iterator<Item = &'a Self>>(loads: I) -> Self {
        loads.copied().sum()
    }
}

/// Prints one line.
impl fmt::Display for LoadMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.requests, if self.requests == 1 { "request" } else { "requests" })?;
        if self.retries > 0 {
            write!(f, " ({} repeated)", self.retries)?;
        }
        write!(f, ", {} received", ByteCount(self.bytes_received))?;
        if self.message_bytes > self.bytes_received {
            write!(f, " ({} uncompressed)", ByteCount(self.message_bytes))?;
        }
        let reading = self.decompressing.saturating_add(self.decoding).as_secs_f64();
        let (waiting, duration) = (self.waiting.as_secs_f64(), self.duration.as_secs_f64());
        write!(f, ", decoded in {reading:.2} s, waited {waiting:.2} s of {duration:.2} s")?;
        match self.nulled_values {
            0 => Ok(()),
            1 => f.write_str(", 1 value out of range is null"),
            values => write!(f, ", {values} values out of range are null"),
        }
    }
}

/// A number of bytes, printed with a decimal unit.
pub(crate) struct ByteCount(pub(crate) u64);

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..1_000_000 => write!(f, "{:.1} kB", bytes / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.1} MB", bytes / 1e6),
            _ => write!(f, "{:.2} GB", bytes / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> LoadMetrics {
        LoadMetrics {
            requests: 12,
            retries: 1,
            bytes_received: 3_400_000,
            message_bytes: 18_200_000,
            nulled_values: 0,
            decompressing: Duration::from_millis(50),
            decoding: Duration::from_millis(70),
            waiting: Duration::from_millis(900),
            duration: Duration::from_millis(1300),
        }
    }

    #[test]
    fn metrics_are_one_readable_line() {
        assert_eq!(
            metrics().to_string(),
            "12 requests (1 repeated), 3.4 MB received (18.2 MB uncompressed), decoded in 0.12 s, waited 0.90 s of 1.30 s"
        );
        let small = LoadMetrics { requests: 1, bytes_received: 999, message_bytes: 999, ..LoadMetrics::default() };
        let nulled = LoadMetrics { nulled_values: 3, ..metrics() };
        assert!(nulled.to_string().ends_with(" of 1.30 s, 3 values out of range are null"), "{nulled}");
        assert_eq!((nulled + nulled).nulled_values, 6);
        assert_eq!(small.to_string(), "1 request, 999 B received, decoded in 0.00 s, waited 0.00 s of 0.00 s");
    }

    #[test]
    fn metrics_add_up() {
        let twice = [metrics(), metrics()].iter().sum::<LoadMetrics>();
        assert_eq!((twice.requests, twice.retries, twice.bytes_received), (24, 2, 6_800_000));
        assert_eq!((twice.message_bytes, twice.decompressing), (36_400_000, Duration::from_millis(100)));
        assert_eq!((twice.decoding, twice.waiting), (Duration::from_millis(140), Duration::from_millis(1800)));
        assert_eq!(twice.duration, Duration::from_millis(2600));
        assert_eq!(twice, metrics() + metrics());
    }

    #[test]
    fn metrics_are_saved_and_read_back() {
        let saved = serde_json::to_string(&metrics()).expect("JSON");
        assert_eq!(serde_json::from_str::<LoadMetrics>(&saved).expect("metrics"), metrics());
    }
}
