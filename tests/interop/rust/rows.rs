//! A task for each type of the table of inputs: one with the value as its only field, and one with a text before it. Python has
//! the same types and values in `../workflows/rows.py`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tilebox_tokio::workflows::input::{base64, duration, protobuf};
use tilebox_tokio::workflows::{Context, Runner, Task, TaskError, TaskIdentifier, TaskResult, TaskSubmission};
use tilebox_tokio::{IdInterval, TimeInterval, Timestamp};
use uuid::Uuid;

use crate::trace::trace;

/// A type of the table and one of its values.
trait Row: Send + 'static {
    type Value: Serialize + DeserializeOwned + Debug + PartialEq + Send;
    const NAME: &str;
    fn value() -> Self::Value;
}

/// A task with one field.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
struct One<R: Row> {
    value: R::Value,
}

/// A task with two fields.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
struct Two<R: Row> {
    label: String,
    value: R::Value,
}

impl<R: Row> Task for One<R> {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new(format!("One{}", R::NAME), 0, 0)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        check::<R>(&self.value, context)
    }
}

impl<R: Row> Task for Two<R> {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new(format!("Two{}", R::NAME), 0, 0)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        if self.label != R::NAME {
            return Err(TaskError::new(format!("expects the label {}, got {}", R::NAME, self.label)));
        }
        check::<R>(&self.value, context)
    }
}

fn check<R: Row>(value: &R::Value, context: &Context) -> TaskResult {
    let expected = R::value();
    if *value != expected {
        return Err(TaskError::new(format!("{}: expects {expected:?}, got {value:?}", R::NAME)));
    }
    trace(context.job_id(), &format!("row {}", context.identifier().name()))?;
    Ok(())
}

/// Declares rows, as `Name: type = value`.
macro_rules! rows {
    ($($name:ident: $value_type:ty = $value:expr;)*) => {
        $(
            struct $name;

            impl Row for $name {
                type Value = $value_type;
                const NAME: &str = stringify!($name);
                fn value() -> $value_type {
                    $value
                }
            }
        )*

        /// Adds these tasks to a runner.
        pub(crate) fn add(runner: Runner) -> Runner {
            runner$(.task::<One<$name>>().task::<Two<$name>>())*
        }

        /// Returns these tasks with their values.
        pub(crate) fn submissions() -> Vec<TaskSubmission> {
            vec![$(
                One::<$name> { value: $name::value() }.into(),
                Two::<$name> { label: stringify!($name).to_owned(), value: $name::value() }.into(),
            )*]
        }
    };
}

rows! {
    Integer: i64 = -5;
    BigInteger: i128 = 1 << 64;
    Float: f64 = 0.1;
    LargeFloat: f64 = 1e300;
    Flag: bool = true;
    Text: String = "ü 漢 <&> \u{2028} \u{1} \n \" \\ /".to_owned();
    Character: char = 'ü';
    Folder: PathBuf = "a/b c".into();
    Exact: String = "12.340".to_owned();
    Zone: String = "Europe/Vienna".to_owned();
    Absent: Option<i64> = None;
    Present: Option<i64> = Some(3);
    List: Vec<i64> = vec![1, 2];
    Unique: BTreeSet<i64> = BTreeSet::from([3, 4]);
    Pair: (i64, String) = (1, "a".to_owned());
    Numbers: [f64; 2] = [1.5, -2.0];
    Map: BTreeMap<String, i64> = BTreeMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]);
    NumberedMap: BTreeMap<i64, String> = BTreeMap::from([(3, "x".to_owned())]);
    Nested: Inner = Inner { a: 1, b: "z".to_owned() };
    NestedList: Vec<Inner> = vec![Inner { a: 1, b: "z".to_owned() }, Inner { a: 2, b: String::new() }];
    Named: Color = Color::Red;
    Numbered: Level = Level::High;
    Raw: Base64<Vec<u8>> = Base64(vec![0, 255, 16]);
    NoBytes: Base64<Vec<u8>> = Base64(Vec::new());
    AbsentBytes: Base64<Option<Vec<u8>>> = Base64(None);
    Message: Proto = Proto(message());
    DefaultMessage: Proto = Proto(prost_types::Timestamp::default());
    PresentMessage: OptionalProto = OptionalProto(Some(message()));
    AbsentMessage: OptionalProto = OptionalProto(None);
    Messages: ProtoList = ProtoList(vec![message(), prost_types::Timestamp::default()]);
    Moment: Timestamp = time("2024-01-02T03:04:05.6Z");
    ChronoMoment: DateTime<Utc> = time("2024-01-02T03:04:05.600007Z");
    OffsetMoment: DateTime<FixedOffset> = time("2024-01-02T03:04:05.000007+02:00");
    NaiveMoment: NaiveDateTime = time("2024-01-02T03:04:05.6");
    Day: NaiveDate = time("2024-01-02");
    TimeOfDay: NaiveTime = time("01:02:03.5");
    Wait: Elapsed<Duration> = Elapsed(Duration::from_millis(93_601_500));
    NegativeWait: Elapsed<TimeDelta> = Elapsed(TimeDelta::milliseconds(-1500));
    Id: Uuid = Uuid::from_u128(0x01941f29_c650_202f_6495_c71dd2118fb1);
    Times: TimeInterval = TimeInterval::new(time("2024-01-02T03:04:05.6Z"), time("2024-02-01T00:00:00Z"));
    Ids: IdInterval = IdInterval::new(Uuid::from_u128(1), Uuid::from_u128(2));
    Outline: Base64<Vec<u8>> = Base64(point());
    System: String = "EPSG:4326".to_owned();
    Transform: [f64; 6] = [10.0, 0.0, 300_000.0, 0.0, -10.0, 5_000_000.0];
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    a: i64,
    b: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
}

/// An enum of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
enum Level {
    High = 3,
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level as Self
    }
}

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        (number == 3).then_some(Self::High).ok_or(format!("{number} is not a level"))
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Base64<T: base64::ByteField>(#[serde(with = "base64")] T);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Elapsed<T: duration::DurationField>(#[serde(with = "duration")] T);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Proto(#[serde(with = "protobuf")] prost_types::Timestamp);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct OptionalProto(#[serde(with = "protobuf::option")] Option<prost_types::Timestamp>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct ProtoList(#[serde(with = "protobuf::list")] Vec<prost_types::Timestamp>);

fn message() -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: 5, nanos: 7 }
}

/// Reads a time, as inputs do.
#[expect(clippy::expect_used, reason = "the texts are written down here")]
fn time<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(text.into()).expect("a time")
}

/// Returns `POINT (1 2)` as little-endian WKB.
fn point() -> Vec<u8> {
    let kind = [1, 1, 0, 0, 0];
    [&kind[..], &1_f64.to_le_bytes(), &2_f64.to_le_bytes()].concat()
}
