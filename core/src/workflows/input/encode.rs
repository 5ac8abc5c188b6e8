//! Values to inputs.

use bytes::Bytes;
use serde::Serialize;

use super::Input;
use super::encode_error::EncodeError;
use super::json::{Dialect, Form, Json};
use super::raw::{Raw, Wanted};
use crate::error::Result;

pub(super) fn encode<T: Serialize + ?Sized>(rule: Input, value: &T) -> Result<Bytes> {
    let encoded = match rule {
        Input::Python => encode_python(value)?,
        Input::Go => encode_go(value)?,
        Input::Protobuf => encode_raw(value, Wanted::Message)?,
        Input::Bytes => encode_raw(value, Wanted::Bytes)?,
    };
    Ok(encoded.into())
}

/// Returns the number of fields of a value; `None` if it is not a struct.
pub(super) fn count_fields<T: Serialize + ?Sized>(value: &T) -> Option<usize> {
    write_json(value, Dialect::Python).ok().and_then(|(_, form)| form.fields)
}

fn encode_python<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let (json, form) = write_json(value, Dialect::Python)?;
    Ok(match (form.fields, form.message, form.first) {
        (Some(0), ..) => Vec::new(),
        (None | Some(1), Some(message), _) => message,
        (Some(1), None, Some(first)) => json[first].to_vec(),
        // The only field was skipped, as `skip_serializing_if` does with `None`.
        (Some(1), None, None) => b"null".to_vec(),
        (None, None, _) | (Some(_), ..) => json,
    })
}

fn encode_go<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let (json, form) = write_json(value, Dialect::Go)?;
    Ok(match (form.fields, form.message) {
        (Some(0), _) => b"{}".to_vec(),
        // A message that is not the field of a struct is the task itself.
        (None, Some(message)) => message,
        _ => json,
    })
}

fn encode_raw<T: Serialize + ?Sized>(value: &T, wanted: Wanted) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    value.serialize(Raw::new(&mut bytes, wanted))?;
    Ok(bytes)
}

fn write_json<T: Serialize + ?Sized>(value: &T, dialect: Dialect) -> Result<(Vec<u8>, Form), EncodeError> {
    let (mut json, mut form) = (Vec::new(), Form::default());
    value.serialize(Json::task(&mut json, dialect, &mut form))?;
    Ok((json, form))
}
