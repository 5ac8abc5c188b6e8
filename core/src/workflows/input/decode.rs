//! Inputs to values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Error as JsonError;

use super::Input;
use super::encode::count_fields;
use super::raw::RawReader;
use super::reader::{Form, Keys, Reader, has_field};
use super::shape::{self, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::excerpt::excerpt;

/// The maximum characters of an input that an error repeats.
const MAX_EXCERPT: usize = 60;

pub(super) fn decode<T: Serialize + DeserializeOwned>(rule: Input, input: &[u8]) -> Result<T> {
    let is_json = matches!(rule, Input::Python | Input::Go);
    let decoded = match rule {
        Input::Python => decode_json(input, Keys::Exact),
        Input::Go => decode_json(input, Keys::AnyCase),
        Input::Protobuf | Input::Bytes => T::deserialize(RawReader(input)),
    };
    decoded.map_err(|error| {
        let reason = match str::from_utf8(input) {
            Ok(_) if is_json && input.trim_ascii().is_empty() => "the input is empty".to_owned(),
            Ok(text) if is_json => format!("{error}, in `{}`", excerpt(text, MAX_EXCERPT)),
            _ => error.to_string(),
        };
        let advice = "submit the task with the fields that its code expects";
        Error::new(ErrorKind::Undecodable, "decode the input of a task", reason, advice)
    })
}

fn decode_json<T: Serialize + DeserializeOwned>(bytes: &[u8], keys: Keys) -> Result<T, JsonError> {
    let read = |form| T::deserialize(Reader { bytes, form });
    match shape::of::<T>() {
        Shape::Struct([]) => read(Form::Empty),
        Shape::Struct(fields @ [_]) if keys == Keys::Exact => decode_field(bytes, fields),
        Shape::Struct(fields) => decode_fields(bytes, fields, keys),
        Shape::Any => read(Form::Task).or_else(|error| read(Form::Tag).ok().filter(has_one_field).ok_or(error)),
        Shape::Other => read(Form::Task),
    }
}

fn has_one_field<T: Serialize>(value: &T) -> bool {
    count_fields(value) == Some(1)
}

fn is_absent(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii(), b"" | b"null")
}

/// Decodes a task of Python with one field: the bare value comes first, because it may be an object with a key of that name.
fn decode_field<T: DeserializeOwned>(bytes: &[u8], fields: &'static [&'static str]) -> Result<T, JsonError> {
    let read = |form| T::deserialize(Reader { bytes, form });
    read(Form::Bare).or_else(|bare| match read(Form::Object(Keys::Exact)) {
        Ok(task) => Ok(task),
        Err(object) if has_field(bytes, fields, Keys::Exact) => Err(object),
        // The field was skipped and has a default.
        Err(_) if is_absent(bytes) => read(Form::Empty).map_err(|_| bare),
        Err(_) => Err(bare),
    })
}

/// Decodes a task from an object with one of these fields, else from the bare value of the first field. That is accepted if the
/// task serializes as one field: the names of `serde` contain aliases, so there may be several names of one field.
fn decode_fields<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
    fields: &'static [&'static str],
    keys: Keys,
) -> Result<T, JsonError> {
    let read = |form| T::deserialize(Reader { bytes, form });
    let bare = || read(Form::Bare).ok().filter(has_one_field);
    if has_field(bytes, fields, keys) {
        return read(Form::Object(keys)).or_else(|error| bare().ok_or(error));
    }
    if let Some(task) = bare() {
        return Ok(task);
    }
    read(Form::Object(keys)).or_else(|error| {
        let is_empty = bytes.trim_ascii().is_empty();
        let absent = || read(Form::Empty).ok().filter(|task| is_empty || has_one_field(task));
        is_absent(bytes).then(absent).flatten().ok_or(error)
    })
}
