//! Inputs as the Python and Go clients write and read them.

mod forms;
mod properties;
mod raw;
mod types;

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Input;

/// A task with one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct One<T> {
    v: T,
}

/// A task with two fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Two<A, B> {
    a: A,
    b: B,
}

/// Checks that a value has this input, and the input this value.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(rule: Input, value: &T, input: &str) {
    let encoded = rule.encode(value).expect("an input");
    assert_eq!(String::from_utf8_lossy(&encoded), input, "{rule:?}");
    reads(rule, input, value);
}

/// Checks that an input is decoded to this value.
#[track_caller]
fn reads<T: Serialize + DeserializeOwned + PartialEq + Debug>(rule: Input, input: impl AsRef<[u8]>, value: &T) {
    let input = input.as_ref();
    let decoded = rule.decode::<T>(input).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(input)));
    assert_eq!(&decoded, value, "{rule:?} {}", String::from_utf8_lossy(input));
}

/// Checks that an input is refused, and returns the reason.
#[track_caller]
fn refuses<T: Serialize + DeserializeOwned + Debug>(rule: Input, input: impl AsRef<[u8]>) -> String {
    rule.decode::<T>(input.as_ref()).expect_err("not such a value").reason().to_owned()
}
