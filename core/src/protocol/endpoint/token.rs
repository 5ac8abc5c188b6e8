//! The API key.

use std::fmt;

use http::HeaderValue;

use crate::error::{Error, Result};

/// The page of the API keys as a literal, for `concat!`.
macro_rules! api_keys_page {
    () => {
        "https://console.tilebox.com/settings/api-keys"
    };
}
pub(crate) use api_keys_page;

/// The page on which users create API keys.
pub const API_KEYS_PAGE: &str = api_keys_page!();

/// An API key, sent as a bearer token. No output contains it, not even `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// Reads a key.
    ///
    /// # Errors
    ///
    /// When it is empty, or contains a character that is invalid in a header, such as the line break at the end of a file.
    pub fn new(key: &str) -> Result<Self> {
        const ADVICE: &str = concat!("copy it again from ", api_keys_page!());
        let refuse = |reason: String| Error::invalid("use the API key", reason, ADVICE);
        if key.is_empty() {
            return Err(refuse("it is empty".to_owned()));
        }
        if let Some(position) = key.chars().position(|character| !character.is_ascii_graphic()) {
            let what = match key.chars().nth(position) {
                Some('\n' | '\r') => "a line break",
                Some(' ' | '\t') => "a space",
                Some(character) if character.is_ascii() => "a control character",
                _ => "a character that is not ASCII",
            };
            return Err(refuse(format!("character {} of {} is {what}", position + 1, key.chars().count())));
        }
        let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|error| refuse(error.to_string()))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    pub(crate) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_without_showing_it() {
        let cases = [
            ("", "it is empty"),
            ("secret\n", "character 7 of 7 is a line break"),
            ("sec ret", "character 4 of 7 is a space"),
            ("\u{1}", "character 1 of 1 is a control character"),
            ("schlüssel", "character 5 of 9 is a character that is not ASCII"),
        ];
        for (key, reason) in cases {
            let error = Token::new(key).expect_err(reason);
            assert_eq!(error.reason(), reason);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_key_does_not_show() {
        let token = Token::new("secret").expect("a key");
        assert!(!format!("{token:?} {:?}", token.to_header()).contains("secret"));
    }
}
