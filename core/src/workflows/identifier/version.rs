//! The version of a task.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::excerpt::excerpt;

/// The maximum characters of a version that an error repeats.
const MAX_EXCERPT: usize = 80;

/// The version of a task, `v<major>.<minor>`. The default is `v0.0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskVersion {
    major: u64,
    minor: u64,
}

impl TaskVersion {
    /// Returns the version.
    #[must_use]
    pub const fn new(major: u64, minor: u64) -> Self {
        Self { major, minor }
    }

    /// Returns the major version. Runners execute only tasks of the same major version.
    #[must_use]
    pub const fn major(self) -> u64 {
        self.major
    }

    /// Returns the minor version. Runners execute tasks of the same and of earlier minor versions.
    #[must_use]
    pub const fn minor(self) -> u64 {
        self.minor
    }

    /// Returns whether code of this version may execute a task of the version `submitted`: the major versions are equal, and
    /// this minor version is at least that of the task.
    #[must_use]
    pub const fn accepts(self, submitted: Self) -> bool {
        self.major == submitted.major && self.minor >= submitted.minor
    }

    /// Reads `v<major>.<minor>`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok()).flatten()
        };
        let version = text.strip_prefix('v').and_then(|version| version.split_once('.'));
        version
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| format!("expects a version such as v1.2, got `{}`", excerpt(text, MAX_EXCERPT)))
    }
}

/// `v1.2`.
impl fmt::Display for TaskVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

/// From `v1.2`: decimal digits, leading zeros are accepted.
impl FromStr for TaskVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::read(text).map_err(|reason| {
            Error::invalid(
                "read the version of a task",
                reason,
                "write `v`, the major version, a dot and the minor version",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_a_v_and_two_numbers() {
        for (text, version) in
            [("v0.0", (0, 0)), ("v1.2", (1, 2)), ("v01.002", (1, 2)), ("v20260101.7", (20_260_101, 7))]
        {
            let version = TaskVersion::new(version.0, version.1);
            assert_eq!(text.parse::<TaskVersion>().expect("a version"), version, "{text}");
        }
        for text in
            ["", "v", "1.0", "v1", "v1.", "v.1", "v1.0.0", "V1.0", "v-1.0", "v+1.0", "v1.0\n", " v1.0", "v١.0", "v1,0"]
        {
            assert!(text.parse::<TaskVersion>().is_err(), "{text}");
        }
        let error = "v99999999999999999999.0".parse::<TaskVersion>().expect_err("too large").to_string();
        assert_eq!(
            error,
            "cannot read the version of a task: expects a version such as v1.2, got `v99999999999999999999.0`; \
             write `v`, the major version, a dot and the minor version"
        );
    }
}
