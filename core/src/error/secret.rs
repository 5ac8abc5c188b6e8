//! The API key and its removal from texts that a server or a transport returns.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use super::plain;

/// Keys with fewer bytes are replaced only as whole words: they may be part of other words.
const SHORT: usize = 8;
/// The shortest prefix of a key, in bytes, that is replaced at the end of a truncated text.
const BEGINNING: usize = 4;

/// The API key. No error, log or event may contain it, although a server or a proxy may quote the request.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// Returns the key of an `Authorization` header.
    pub(crate) fn of_header(authorization: &HeaderValue) -> Option<Self> {
        let value = authorization.to_str().ok()?;
        let key = value.strip_prefix("Bearer ").unwrap_or(value).trim();
        (!key.is_empty()).then(|| Self(key.to_owned()))
    }

    /// Replaces every occurrence of the key, and a prefix of it at the end of a truncated text.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // `plain` removes characters later; they may split the key.
        let mut clean = match plain(text) {
            Cow::Owned(line) if self.replaced(&line).is_some() => Cow::Owned(line),
            _ => Cow::Borrowed(text),
        };
        if let Some(replaced) = self.replaced(&clean) {
            clean = Cow::Owned(replaced);
        }
        if let Some(begin) = self.cut_key(&clean) {
            let end = clean.trim_end_matches(['”', '…']).len();
            let mut shorter = clean.into_owned();
            shorter.replace_range(begin..end, "…");
            clean = Cow::Owned(shorter);
        }
        clean
    }

    /// Whether `bytes` contain the key.
    pub(crate) fn occurs_in(&self, bytes: &[u8]) -> bool {
        self.0.len() <= bytes.len() && bytes.windows(self.0.len()).any(|window| window == self.0.as_bytes())
    }

    fn replaced(&self, text: &str) -> Option<String> {
        let key = self.0.as_str();
        let mut found = text.match_indices(key).filter(|(at, _)| key.len() >= SHORT || is_word(text, *at, key.len()));
        let mut replaced = String::new();
        let mut rest = 0;
        let first = found.next()?;
        for (at, _) in std::iter::once(first).chain(found) {
            replaced.push_str(text.get(rest..at)?);
            replaced.push('…');
            rest = at + key.len();
        }
        replaced.push_str(text.get(rest..)?);
        Some(replaced)
    }

    /// Returns the position of a prefix of the key at the end of a truncated text.
    fn cut_key(&self, text: &str) -> Option<usize> {
        let body = text.trim_end_matches(['”', '…']);
        if body.len() == text.len() {
            return None;
        }
        let length =
            (BEGINNING..self.0.len()).rev().find(|length| body.ends_with(self.0.get(..*length).unwrap_or("\0")))?;
        Some(body.len() - length)
    }
}

/// Whether the text at this position is a whole word.
fn is_word(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at + length..).and_then(|after| after.chars().next());
    let joins =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    !joins(before) && !joins(after)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> Secret {
        Secret::of_header(&HeaderValue::try_from(format!("Bearer {key}")).expect("a header")).expect("a key")
    }

    #[test]
    fn every_occurrence_of_a_key_is_replaced() {
        let key = secret("tbx-0123456789");
        assert_eq!(key.redact("authorization: Bearer tbx-0123456789"), "authorization: Bearer …");
        assert_eq!(key.redact("xtbx-0123456789tbx-0123456789y"), "x……y");
        assert_eq!(key.redact("nothing of it"), "nothing of it");
        assert!(matches!(key.redact("nothing of it"), Cow::Borrowed(_)));
        assert!(!format!("{key:?}").contains("tbx"));
    }

    #[test]
    fn a_truncated_key_is_replaced() {
        let key = secret("tbx-0123456789");
        for length in BEGINNING..14 {
            let text = format!("HTTP 502: “Bearer {}…”", &"tbx-0123456789"[..length]);
            assert_eq!(key.redact(&text), "HTTP 502: “Bearer ……”", "{length}");
        }
        assert_eq!(key.redact("“it is tbx”"), "“it is tbx”");
    }

    #[test]
    fn a_short_key_is_replaced_as_a_word() {
        assert_eq!(secret("abc").redact("Bearer abc, abcde"), "Bearer …, abcde");
    }
}
