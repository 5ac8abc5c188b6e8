//! Strings, keys and numbers as text.

use std::fmt;

use serde::Serialize;
use serde::ser::{Error as _, SerializeMap as _, Serializer};

use super::Dialect;
use crate::workflows::input::encode_error::EncodeError;

/// Writes a string in quotes. Go also escapes what is special in HTML and JavaScript.
pub(super) fn write(out: &mut Vec<u8>, text: &str, dialect: Dialect) -> Result<(), EncodeError> {
    let quoted = serde_json::to_string(text).map_err(EncodeError::custom)?;
    if dialect == Dialect::Python {
        out.extend_from_slice(quoted.as_bytes());
        return Ok(());
    }
    for character in quoted.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(character)).as_bytes());
            }
            _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(())
}

/// Returns a key of a map: text, or a number, boolean or variant as text.
pub(super) fn key<T: Serialize + ?Sized>(key: &T) -> Result<String, EncodeError> {
    /// A map of this key alone, because `serde_json` knows which keys are text.
    struct Entry<'a, T: ?Sized>(&'a T);

    impl<T: Serialize + ?Sized> Serialize for Entry<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(self.0, &())?;
            map.end()
        }
    }

    let refused = |error: serde_json::Error| {
        EncodeError::new(format!("a key of a map is not text: {error}"), "use text or whole numbers as keys")
    };
    let entry = serde_json::to_string(&Entry(key)).map_err(refused)?;
    let quoted = entry.strip_prefix('{').and_then(|entry| entry.strip_suffix(":null}")).unwrap_or_default();
    serde_json::from_str(quoted).map_err(refused)
}

/// Returns the shortest text of a finite number: `1.0` and `1e300` in Python, `1` and `1e+300` in Go. `wide` is the same number.
pub(super) fn float<T>(value: T, is_finite: bool, wide: f64, dialect: Dialect) -> Result<String, EncodeError>
where
    T: Serialize + fmt::Display + fmt::LowerExp,
{
    if !is_finite {
        let advice = "submit a finite number, or an `Option` that is `None`";
        return Err(EncodeError::new(format!("JSON has no number for {value}"), advice));
    }
    match dialect {
        Dialect::Python => {
            serde_json::to_string(&value).map(|text| text.replace("e+", "e")).map_err(EncodeError::custom)
        }
        // The package encoding/json of Go, as ES6: an exponent only for very small and very large numbers.
        Dialect::Go if wide == 0.0 || (1e-6..1e21).contains(&wide.abs()) => Ok(value.to_string()),
        Dialect::Go => {
            let text = format!("{value:e}");
            Ok(if text.contains("e-") { text } else { text.replace('e', "e+") })
        }
    }
}
