//! The checked name of a cached value.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::excerpt::excerpt;

/// Maximum number of bytes of a key. Object stores limit a whole path to 1024 bytes, of which prefix and job id take a part.
const MAX_KEY: usize = 900;
/// Maximum number of bytes of a part of a key: file systems limit a name to 255.
const MAX_PART: usize = 255;
/// Maximum number of characters of a key in an error.
const MAX_PRINTED: usize = 100;

/// The key of a cached value, such as `months/2025-03`: parts separated by `/`, the last of which names the value and the others
/// its group.
///
/// A key is valid as the path of a file below a folder and as the name of an object. It has 1 to 900 bytes, and each part has 1
/// to 255. `.` and `..`, backslashes, control characters, and slashes at the start or end are refused, so no key leaves the
/// folder of its job. Keys that differ only in case are one key on file systems that ignore case.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::CacheKey;
///
/// assert_eq!(CacheKey::parse("months/2025-03")?.name(), "2025-03");
/// assert!(CacheKey::parse("../secret").is_err());
/// # Ok::<(), tilebox_tokio::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// Checks a key.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::error::ErrorKind::InvalidArgument) if it is not valid.
    pub fn parse(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        match problem(&key) {
            None => Ok(Self(key)),
            Some(reason) => Err(Error::invalid(
                format!("use the cache key `{}`", excerpt(&key, MAX_PRINTED)),
                reason,
                "write a key such as `scene` or `months/2025-03`",
            )),
        }
    }

    /// Returns the whole key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the parts: the groups from the outermost, then the name.
    #[must_use = "iterators are lazy"]
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the last part, which names the value in its group.
    #[must_use]
    pub fn name(&self) -> &str {
        self.group().map_or(&self.0, |group| &self.0[group.len() + 1..])
    }

    /// Returns the group of the value: the key without its last part, or `None` if it has only one.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        Some(self.0.rsplit_once('/')?.0)
    }
}

/// Returns why a key is not valid.
fn problem(key: &str) -> Option<String> {
    if key.is_empty() {
        return Some("it is empty".to_owned());
    }
    if key.len() > MAX_KEY {
        return Some(format!("it has {} bytes; at most {MAX_KEY} are allowed", key.len()));
    }
    if let Some(character) = key.chars().find(|character| character.is_control() || *character == '\\') {
        return Some(format!("it contains {character:?}"));
    }
    if key.starts_with('/') {
        return Some("it begins with a slash".to_owned());
    }
    key.split('/').find_map(|part| match part {
        "" => Some("a part between slashes is empty".to_owned()),
        "." | ".." => Some(format!("`{part}` is not a name")),
        part if part.len() > MAX_PART => {
            Some(format!("a part between slashes has {} bytes; at most {MAX_PART} are allowed", part.len()))
        }
        _ => None,
    })
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CacheKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self> {
        Self::parse(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_key_has_a_name_and_a_group() {
        let key = CacheKey::parse("a/b b/ü:1").expect("a key");
        assert_eq!((key.name(), key.group(), key.as_str()), ("ü:1", Some("a/b b"), "a/b b/ü:1"));
        assert_eq!(key.parts().collect::<Vec<_>>(), ["a", "b b", "ü:1"]);
        let key: CacheKey = "...".parse().expect("a key");
        assert_eq!((key.name(), key.group()), ("...", None));
        assert!(CacheKey::parse("x".repeat(MAX_PART)).is_ok());
        assert!(CacheKey::parse(vec!["xx"; MAX_KEY / 3].join("/")).is_ok());
    }

    #[test]
    fn a_key_outside_of_its_job_is_refused() {
        let long_part = "x".repeat(MAX_PART + 1);
        let long_key = vec!["xx"; MAX_KEY / 3 + 1].join("/");
        let hostile = [
            "",
            "/",
            "/etc/passwd",
            "..",
            ".",
            "../a",
            "a/..",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "//a",
            "a\\..\\b",
            "\\\\host\\a",
            "a\0b",
            "a\nb",
            "a\u{7f}",
            "a\u{85}",
            &long_part,
            &long_key,
        ];
        for key in hostile {
            let error = CacheKey::parse(key).expect_err(key);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert!(!error.to_string().contains(char::is_control), "{error}");
            assert!(error.to_string().len() < 400, "{error}");
        }
        assert_eq!(
            CacheKey::parse("a/../b").expect_err("refused").to_string(),
            "cannot use the cache key `a/../b`: `..` is not a name; write a key such as `scene` or `months/2025-03`"
        );
    }
}
