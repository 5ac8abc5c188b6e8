//! Types and their inputs in Python 0.66.0 (measured) and Go.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use prost_types::Timestamp as Message;
use uuid::Uuid;

use super::*;
use crate::schema::{IdInterval, TimeInterval, Timestamp};

/// Checks a field in Python, where a task with one field is its bare value, and in Go.
#[track_caller]
fn check_both<T: Serialize + DeserializeOwned + PartialEq + Debug + Clone>(value: T, json: &str) {
    let task = One { v: value };
    check(Input::Python, &task, json);
    check(Input::Go, &task, &format!("{{\"v\":{json}}}"));
    let two = Two { a: 1, b: task.v.clone() };
    check(Input::Python, &two, &format!("{{\"a\":1,\"b\":{json}}}"));
    check(Input::Go, &two, &format!("{{\"a\":1,\"b\":{json}}}"));
}

/// Checks that a field is read from JSON that differs from what Rust writes.
#[track_caller]
fn reads_both<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: &str) {
    let task = One { v: value };
    reads(Input::Python, json, &task);
    reads(Input::Go, format!("{{\"v\":{json}}}"), &task);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nested {
    a: i32,
    b: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Base64<T: crate::workflows::input::base64::ByteField>(#[serde(with = "crate::workflows::input::base64")] T);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Time<T: crate::workflows::input::duration::DurationField>(
    #[serde(with = "crate::workflows::input::duration")] T,
);

#[test]
fn scalars_equal_those_of_both_clients() {
    check_both(0_i32, "0");
    check_both(-5_i8, "-5");
    check_both(1_u64 << 53, "9007199254740992");
    check_both(1_i128 << 64, "18446744073709551616");
    check_both(i128::MIN, "-170141183460469231731687303715884105728");
    check_both(u128::MAX, "340282366920938463463374607431768211455");
    check_both(true, "true");
    check_both(None::<i32>, "null");
    check_both(Some(3), "3");
    check_both('ü', "\"ü\"");
    check_both("abc".to_owned(), "\"abc\"");
    check_both(PathBuf::from("a/b"), "\"a/b\"");
    check_both(Color::Red, "\"red\"");
    check_both((), "null");
    reads_both(7_i32, " 7\n");
    reads_both("ü".to_owned(), r#""\u00fc""#);
    refuses::<One<i32>>(Input::Python, "1.0");
    refuses::<One<i32>>(Input::Python, "\"1\"");
    refuses::<One<Color>>(Input::Python, "\"RED\"");
}

#[test]
fn floats_are_the_shortest_text_of_each_client() {
    for (value, python, go) in [
        (1.0, "1.0", "1"),
        (1e300, "1e300", "1e+300"),
        (1e16, "1e16", "10000000000000000"),
        (1e21, "1e21", "1e+21"),
        (1e-6, "1e-6", "0.000001"),
        (1e-7, "1e-7", "1e-7"),
        (0.1, "0.1", "0.1"),
        (123_456_789.125, "123456789.125", "123456789.125"),
        (-0.0, "-0.0", "-0"),
        (f64::MAX, "1.7976931348623157e308", "1.7976931348623157e+308"),
        (5e-324, "5e-324", "5e-324"),
    ] {
        check(Input::Python, &One { v: value }, python);
        check(Input::Go, &One { v: value }, &format!("{{\"v\":{go}}}"));
    }
    check(Input::Python, &One { v: 0.1_f32 }, "0.1");
    check(Input::Go, &One { v: 16_777_216_f32 }, "{\"v\":16777216}");
    reads_both(1.0_f64, "1");
}

#[test]
fn strings_are_escaped_as_each_client_does() {
    let text = "ü 漢 <&> \u{2028} \u{7f} \u{1} \u{8} \n \" \\ /".to_owned();
    check(Input::Python, &One { v: text.clone() }, "\"ü 漢 <&> \u{2028} \u{7f} \\u0001 \\b \\n \\\" \\\\ /\"");
    check(
        Input::Go,
        &One { v: text },
        "{\"v\":\"ü 漢 \\u003c\\u0026\\u003e \\u2028 \u{7f} \\u0001 \\b \\n \\\" \\\\ /\"}",
    );
}

#[test]
fn collections_equal_those_of_both_clients() {
    check_both(vec![1, 2], "[1,2]");
    check_both(Vec::<i32>::new(), "[]");
    check_both([1, 2], "[1,2]");
    check_both((1, "a".to_owned()), r#"[1,"a"]"#);
    check_both(BTreeSet::from([3]), "[3]");
    check_both(HashMap::from([(3, "x".to_owned())]), r#"{"3":"x"}"#);
    check_both(Nested { a: 1, b: "z".into() }, r#"{"a":1,"b":"z"}"#);
    check_both(vec![Nested { a: 1, b: "z".into() }], r#"[{"a":1,"b":"z"}]"#);
    check_both(BTreeMap::from([(true, 1)]), r#"{"true":1}"#);
}

#[test]
fn go_sorts_the_keys_of_maps() {
    /// A map in this order.
    #[derive(Debug)]
    struct Ordered(&'static [(&'static str, i32)]);

    impl Serialize for Ordered {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }

    let task = One { v: Ordered(&[("b", 1), ("<", 3), ("a", 2)]) };
    assert_eq!(&Input::Python.encode(&task).expect("an input")[..], br#"{"b":1,"<":3,"a":2}"#);
    assert_eq!(&Input::Go.encode(&task).expect("an input")[..], br#"{"v":{"\u003c":3,"a":2,"b":1}}"#);
}

#[test]
fn bytes_are_base64() {
    check_both(Base64(vec![0, 255, 16]), r#""AP8Q""#);
    check_both(Base64(Vec::new()), r#""""#);
    check_both(Base64(Some(bytes::Bytes::from_static(&[137, 80]))), r#""iVA=""#);
    check_both(Base64(None::<Vec<u8>>), "null");
    reads_both(Base64(vec![137, 80].into_boxed_slice()), r#""iVA""#);
    assert!(refuses::<One<Base64<Vec<u8>>>>(Input::Python, r#""a b""#).contains("expects base64"));
    assert!(refuses::<One<Base64<Vec<u8>>>>(Input::Python, "null").contains("expects base64, got null"));
}

#[test]
fn messages_are_raw_as_the_only_field_and_base64_elsewhere() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Single(#[serde(with = "crate::workflows::input::protobuf")] Message);
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Maybe {
        #[serde(with = "crate::workflows::input::protobuf::option")]
        end: Option<Message>,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct List {
        #[serde(with = "crate::workflows::input::protobuf::list")]
        times: Vec<Message>,
    }
    let message = Message { seconds: 5, nanos: 0 };
    check(Input::Python, &Single(message), "\u{8}\u{5}");
    check(Input::Go, &Single(message), "\u{8}\u{5}");
    check(Input::Protobuf, &Single(message), "\u{8}\u{5}");
    check(Input::Python, &One { v: Single(message) }, "\u{8}\u{5}");
    check(Input::Python, &One { v: Single(Message::default()) }, "");
    check(Input::Protobuf, &One { v: Single(message) }, "\u{8}\u{5}");
    check(Input::Go, &One { v: Single(message) }, r#"{"v":"CAU="}"#);
    check(Input::Python, &Two { a: 1, b: Single(message) }, r#"{"a":1,"b":"CAU="}"#);
    check(Input::Python, &Maybe { end: Some(message) }, "\u{8}\u{5}");
    check(Input::Python, &Maybe { end: Some(Message::default()) }, "");
    check(Input::Python, &Maybe { end: None }, "null");
    check(Input::Python, &List { times: vec![message] }, r#"["CAU="]"#);
    check(Input::Python, &One { v: List { times: vec![message] } }, r#"{"times":["CAU="]}"#);
    assert!(refuses::<Single>(Input::Python, [8]).contains("expects a protobuf message"));
}

#[test]
fn times_are_iso_text() {
    let naive: NaiveDateTime = "2024-01-02T03:04:05.600".parse().expect("a time");
    check_both(naive, r#""2024-01-02T03:04:05.600""#);
    reads_both(naive, r#""2024-01-02T03:04:05.600000""#);
    let utc: DateTime<Utc> = "2024-01-02T03:04:05Z".parse().expect("a time");
    check_both(utc, r#""2024-01-02T03:04:05Z""#);
    reads_both(utc, r#""2024-01-02T03:04:05+00:00""#);
    let offset = DateTime::<FixedOffset>::parse_from_rfc3339("2024-01-02T03:04:05.000007+02:00").expect("a time");
    check_both(offset, r#""2024-01-02T03:04:05.000007+02:00""#);
    check_both(NaiveDate::from_ymd_opt(2024, 1, 2).expect("a date"), r#""2024-01-02""#);
    check_both(NaiveTime::from_hms_opt(1, 2, 3).expect("a time"), r#""01:02:03""#);
    check_both(Timestamp::parse("2024-01-02T03:04:05.6Z").expect("a time"), r#""2024-01-02T03:04:05.600Z""#);
    reads_both(Timestamp::parse("2024-01-02T03:04:05.6Z").expect("a time"), r#""2024-01-02T03:04:05.600000""#);
    reads_both(Timestamp::parse("2024-01-02T03:04:05.6Z").expect("a time"), r#""2024-01-02T05:04:05.600000+02:00""#);
}

#[test]
fn durations_are_iso_text() {
    let micros = TimeDelta::microseconds;
    for (delta, text) in [
        (micros(86_402_000_003), "P1DT2.000003S"),
        (micros(-1_500_000), "-PT1.5S"),
        (micros(10_800_000_000), "PT10800S"),
        (micros(0), "P0D"),
        (micros(-75_600_000_000), "-PT75600S"),
        (micros(-172_800_000_000), "-P2D"),
    ] {
        check_both(Time(delta), &format!("\"{text}\""));
    }
    check_both(Time(Duration::from_millis(1500)), r#""PT1.5S""#);
    check_both(Time(Duration::MAX), r#""P213503982334601DT25215.999999999S""#);
    reads_both(Time(Duration::from_secs(93_600)), r#""P1DT2H""#);
    assert!(refuses::<One<Time<Duration>>>(Input::Python, r#""-PT1S""#).contains("in range"));
    assert!(refuses::<One<Time<Duration>>>(Input::Python, r#""1 s""#).contains("expects a duration, got `1 s`"));
}

#[test]
fn ids_and_intervals_equal_those_of_python() {
    check_both(Uuid::from_u128(5), r#""00000000-0000-0000-0000-000000000005""#);
    let interval = TimeInterval::parse("2024-01-02T03:04:05.6Z", "2024-02-01").expect("an interval");
    check_both(interval, r#"{"start_time":"2024-01-02T03:04:05.600Z","end_time":"2024-02-01T00:00:00Z"}"#);
    check_both(
        IdInterval::new(Uuid::from_u128(1), Uuid::from_u128(2)),
        r#"{"start_id":{"uuid":"AAAAAAAAAAAAAAAAAAAAAQ=="},"end_id":{"uuid":"AAAAAAAAAAAAAAAAAAAAAg=="},"end_inclusive":true}"#,
    );
}

#[test]
fn json_values_keep_their_text() {
    let json = serde_json::json!({ "a": [1, 2.5, null, "x"], "b": { "c": true } });
    check_both(json, r#"{"a":[1,2.5,null,"x"],"b":{"c":true}}"#);
}
