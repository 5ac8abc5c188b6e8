//! Values of text and JSON in the form that a field expects.
//!
//! Text formats have no types of their own: a number, a time or a geometry is text, and nested values are JSON. Values that
//! do not have the expected form pass unchanged, so that the library reports them as it reports those of records.
//!
//! | file | contents |
//! |---|---|
//! | `cell` | [`Cell`]: a converted value |
//! | `kind` | [`Kind`]: what the values of a field are |
//! | `quantity` | numbers with a unit as nanoseconds |
//! | `geojson` | GeoJSON geometries as WKT |

mod cell;
mod geojson;
mod kind;
mod quantity;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Number, Value};
use tilebox_tokio::Timestamp;
use tilebox_tokio::schema::{DatasetSchema, Field};

use super::fault::excerpt;
pub(super) use cell::Cell;
pub(super) use kind::Kind;
pub(crate) use quantity::Unit;

/// The nanoseconds of a second.
const PER_SECOND: i64 = 1_000_000_000;

/// How values are read that can mean several things.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversion {
    /// The unit of numbers that are times, counted from 1970.
    pub(crate) time_unit: Option<Unit>,
    /// The unit of numbers that are durations.
    pub(crate) duration_unit: Option<Unit>,
    /// Whether NaN is a value of its own. Otherwise it is a missing value.
    pub(crate) keeps_nan: bool,
    /// Texts of missing values in CSV, beside the empty one.
    pub(crate) missing: Vec<String>,
}

impl Conversion {
    pub(super) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Converts a value of a field.
    ///
    /// # Errors
    ///
    /// When the value is not in the expected form. The text continues a sentence that begins with the field.
    pub(super) fn cell(&self, schema: &DatasetSchema, field: &Field, value: Value) -> Result<Cell, String> {
        let kind = Kind::of(schema, field);
        let holds_json = field.is_repeated() || matches!(kind, Kind::Message | Kind::Geometry);
        let value = match value {
            Value::String(text) if holds_json && text.trim_start().starts_with(['[', '{']) => {
                serde_json::from_str(&text)
                    .map_err(|error| format!("expects JSON, got `{}`: {error}", excerpt(&text)))?
            }
            value => value,
        };
        match value {
            Value::Null => Ok(Cell::Null),
            Value::Object(entries) if field.is_map() => {
                let entry = schema.message_type(field);
                let of_entry = |name: &str| entry.and_then(|entry| entry.field(name));
                let (Some(key_field), Some(value_field)) = (of_entry("key"), of_entry("value")) else {
                    return Ok(Cell::from(Value::Object(entries)));
                };
                let entries = entries.into_iter().map(|(key, value)| {
                    Ok((self.one(schema, key_field, Value::String(key))?, self.cell(schema, value_field, value)?))
                });
                Ok(Cell::Map(entries.collect::<Result<_, String>>()?))
            }
            Value::Array(items) if field.is_repeated() && !field.is_map() => {
                let items = items.into_iter().map(|item| self.one(schema, field, item));
                Ok(Cell::List(items.collect::<Result<_, _>>()?))
            }
            value if field.is_repeated() => Ok(Cell::from(value)),
            value => self.one(schema, field, value),
        }
    }

    /// Converts one value, or one element of a list.
    fn one(&self, schema: &DatasetSchema, field: &Field, value: Value) -> Result<Cell, String> {
        Ok(match (Kind::of(schema, field), value) {
            (Kind::Integer, Value::String(text)) => integer(&text).unwrap_or(Cell::Text(text)),
            (Kind::Double, Value::String(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_nan() && !self.keeps_nan => Cell::Null,
                Ok(number) => Cell::Float(number),
                Err(_) => Cell::Text(text),
            },
            (Kind::Float, Value::String(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_nan() && !self.keeps_nan => Cell::Null,
                Ok(number) => Cell::Float(nearest_float(number)),
                Err(_) => Cell::Text(text),
            },
            (Kind::Float, Value::Number(number)) => match number.as_f64() {
                Some(number) => Cell::Float(nearest_float(number)),
                None => Cell::from(Value::Number(number)),
            },
            (Kind::Bool, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Cell::Bool(true),
                "false" | "0" => Cell::Bool(false),
                _ => Cell::Text(text),
            },
            (Kind::Bytes, Value::String(text)) => base64(&text)?,
            (Kind::Time, value) => self.time(value)?,
            (Kind::Duration, value) => self.duration(value)?,
            (Kind::Identifier, Value::String(text)) => Cell::Text(text.trim().to_owned()),
            (Kind::Geometry, Value::Object(geometry)) => Cell::Text(geojson::to_wkt(&geometry)?),
            (Kind::Geometry, Value::String(text)) => match hexadecimal(text.trim()) {
                Some(wkb) => Cell::Bytes(wkb),
                None => Cell::Text(text),
            },
            (Kind::Message, Value::Object(members)) => {
                let message = schema.message_type(field);
                let members = members.into_iter().map(|(name, value)| {
                    let cell = match message.and_then(|message| message.field(&name)) {
                        Some(member) => {
                            self.cell(schema, member, value).map_err(|error| format!("has `{name}`, which {error}"))?
                        }
                        None => Cell::from(value),
                    };
                    Ok((Cell::Text(name), cell))
                });
                Cell::Map(members.collect::<Result<_, String>>()?)
            }
            (Kind::Message, Value::String(text)) => base64(&text)?,
            (_, value) => Cell::from(value),
        })
    }

    fn time(&self, value: Value) -> Result<Cell, String> {
        let (text, is_number) = match value {
            Value::Number(number) => (number.to_string(), true),
            // Four digits are a year.
            Value::String(text) if self.time_unit.is_some() || is_long_number(&text) => (text, false),
            value => return Ok(Cell::from(value)),
        };
        let Some(unit) = self.time_unit else {
            return Err(format!(
                "expects times, got the number {text}: name its unit with --time-unit s, ms, us or ns"
            ));
        };
        match quantity::nanoseconds(text.trim(), unit) {
            Some(nanoseconds) => {
                let nanos = u32::try_from(nanoseconds.rem_euclid(PER_SECOND)).unwrap_or_default();
                let time = Timestamp::from_unix(nanoseconds.div_euclid(PER_SECOND), nanos);
                time.map(|time| Cell::Text(time.to_string()))
                    .map_err(|error| format!("expects times: {}", error.reason()))
            }
            None if is_number => Err(format!("expects times between 1677-09-21 and 2262-04-11, got {text} {unit}")),
            None => Ok(Cell::Text(text)),
        }
    }

    fn duration(&self, value: Value) -> Result<Cell, String> {
        let (text, is_number) = match value {
            Value::Number(number) => (number.to_string(), true),
            Value::String(text) => match quantity::clock(text.trim()) {
                Some(nanoseconds) => return Ok(seconds_and_nanoseconds(nanoseconds)),
                None if text.trim().parse::<f64>().is_ok() => (text, true),
                None => return Ok(Cell::Text(text)),
            },
            value => return Ok(Cell::from(value)),
        };
        let Some(unit) = self.duration_unit else {
            return Err(format!("expects durations, got {text}: name its unit with --duration-unit s, ms, us or ns"));
        };
        match quantity::nanoseconds(text.trim(), unit) {
            Some(nanoseconds) => Ok(seconds_and_nanoseconds(nanoseconds)),
            None if is_number => Err(format!("expects durations within 292 years, got {text} {unit}")),
            None => Ok(Cell::Text(text)),
        }
    }
}

/// Returns the form of a duration that has seconds and nanoseconds.
fn seconds_and_nanoseconds(nanoseconds: i64) -> Cell {
    let parts = [nanoseconds / PER_SECOND, nanoseconds % PER_SECOND];
    Cell::List(parts.map(|part| Cell::Integer(part.into())).into())
}

fn is_long_number(text: &str) -> bool {
    let text = text.trim();
    text.len() > 4 && text.parse::<f64>().is_ok()
}

/// Reads an integer, also as a number whose fraction is zero.
fn integer(text: &str) -> Option<Cell> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i128>() {
        return Some(Cell::Integer(number));
    }
    text.parse::<f64>().ok().map(Cell::Float)
}

/// Returns the nearest number of 32 bits, as the decimal text of a number means it. A number out of range stays.
fn nearest_float(number: f64) -> f64 {
    let nearest = number as f32;
    if nearest.is_infinite() { number } else { nearest.into() }
}

fn base64(text: &str) -> Result<Cell, String> {
    let bytes = BASE64_STANDARD.decode(text.trim());
    bytes.map(Cell::Bytes).map_err(|error| format!("expects bytes as base64, got `{}`: {error}", excerpt(text)))
}

/// Reads WKB in hexadecimal digits, as PostGIS writes it.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    // The byte order and the type of a geometry take five bytes.
    let is_hexadecimal = text.len() >= 10 && text.len().is_multiple_of(2) && text.starts_with("0");
    if !is_hexadecimal || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()).collect()
}

/// Returns a number of JSON as an integer where it is one.
fn number(number: &Number) -> Cell {
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match integer {
        Some(integer) => Cell::Integer(integer),
        None => Cell::Float(number.as_f64().unwrap_or(f64::NAN)),
    }
}
