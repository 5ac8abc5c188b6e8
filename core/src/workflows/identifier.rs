//! The identifier of a task: a name and a version.

mod version;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result, UnreadableMessage};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
pub use version::TaskVersion;

/// The longest name of a task in bytes (Workflows API, `TaskIdentifier.name`).
const MAX_NAME_BYTES: usize = 256;

/// The maximum characters of a name that an error repeats.
const MAX_EXCERPT: usize = 80;

/// The name and version by which runners find the code of a task.
///
/// The name has 1 to 256 bytes; `<domain>/<workflow>/<Task>` is the convention. The check is part of a submission, so that
/// [`new`](Self::new) cannot fail. A runner executes a task whose identifier one of its own [accepts](Self::accepts).
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TaskIdentifier;
///
/// let report = TaskIdentifier::new("example.com/CloudReport", 1, 2);
/// assert_eq!(report.to_string(), "example.com/CloudReport@v1.2");
/// assert_eq!("example.com/CloudReport@v1.2".parse::<TaskIdentifier>()?, report);
/// assert_eq!("example.com/CloudReport".parse::<TaskIdentifier>()?.version().to_string(), "v0.0");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskIdentifier {
    name: String,
    version: TaskVersion,
}

impl TaskIdentifier {
    /// Returns the identifier with this name and version.
    pub fn new(name: impl Into<String>, major: u64, minor: u64) -> Self {
        Self { name: name.into(), version: TaskVersion::new(major, minor) }
    }

    /// Returns the identifier of a type that sets none: its name without path and generic arguments, version `v0.0`, as in
    /// the Python and Go clients.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::TaskIdentifier;
    ///
    /// struct CloudReport;
    /// assert_eq!(TaskIdentifier::of_type::<CloudReport>(), TaskIdentifier::new("CloudReport", 0, 0));
    /// ```
    #[must_use]
    pub fn of_type<T: ?Sized>() -> Self {
        Self::new(bare_name(std::any::type_name::<T>()), 0, 0)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version.
    #[must_use]
    pub const fn version(&self) -> TaskVersion {
        self.version
    }

    /// Returns whether a runner with this identifier may execute a task submitted with `submitted`: the names and the major
    /// versions are equal, and the minor version of the runner is at least that of the task.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::TaskIdentifier;
    ///
    /// let runner = TaskIdentifier::new("example.com/Task", 1, 3);
    /// assert!(runner.accepts(&TaskIdentifier::new("example.com/Task", 1, 2)));
    /// assert!(!runner.accepts(&TaskIdentifier::new("example.com/Task", 1, 4)));
    /// assert!(!runner.accepts(&TaskIdentifier::new("example.com/Task", 2, 0)));
    /// ```
    #[must_use]
    pub fn accepts(&self, submitted: &Self) -> bool {
        self.name == submitted.name && self.version.accepts(submitted.version)
    }

    /// Returns the last part of the name, after the last slash: the name of the type by convention.
    pub(crate) fn short_name(&self) -> &str {
        match self.name.rsplit_once('/') {
            Some((_, last)) if !last.is_empty() => last,
            _ => &self.name,
        }
    }

    /// Returns why the name is not valid; `None` if it is.
    pub(crate) fn problem(&self) -> Option<String> {
        match self.name.len() {
            0 => Some("its identifier has no name".to_owned()),
            1..=MAX_NAME_BYTES => None,
            bytes => Some(format!("its identifier expects a name of at most {MAX_NAME_BYTES} bytes, got {bytes}")),
        }
    }

    /// Converts to a message.
    #[must_use]
    pub fn to_wire(&self) -> wire::TaskIdentifier {
        wire::TaskIdentifier { name: self.name.clone(), version: self.version.to_string() }
    }

    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the name is empty or longer than 256 bytes, or the version is not `v<major>.<minor>`.
    pub fn from_wire(identifier: &wire::TaskIdentifier) -> Result<Self, UnreadableMessage> {
        let version = TaskVersion::read(&identifier.version).map_err(UnreadableMessage::new)?;
        let identifier = Self { name: identifier.name.clone(), version };
        match identifier.problem() {
            None => Ok(identifier),
            Some(problem) => Err(UnreadableMessage::new(problem)),
        }
    }
}

/// `name@v1.2`.
impl fmt::Display for TaskIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// From `name@v1.2`, or from a name alone with version `v0.0`.
impl FromStr for TaskIdentifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let identifier = match text.rsplit_once('@') {
            // A name may contain `@`; only `@v` and a digit begin a version.
            Some((name, version))
                if version.starts_with('v') && version[1..].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Self { name: name.to_owned(), version: version.parse()? }
            }
            _ => Self::new(text, 0, 0),
        };
        match identifier.problem() {
            None => Ok(identifier),
            Some(problem) => Err(Error::invalid(
                format!("use the task identifier `{}`", excerpt(text, MAX_EXCERPT)),
                problem,
                "write a name such as example.com/CloudReport",
            )),
        }
    }
}

/// Types that convert into the identifier of a task.
///
/// | type | example |
/// |---|---|
/// | [`TaskIdentifier`] | `TaskIdentifier::new("example.com/CloudReport", 1, 2)` |
/// | text | `"example.com/CloudReport"` (version `v0.0`), `"example.com/CloudReport@v1.2"` |
/// | name and version | `("example.com/CloudReport", "v1.2")` |
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the identifier of a task",
    label = "expects a name, a name and a version, or a `TaskIdentifier`"
)]
pub trait IntoTaskIdentifier {
    /// Returns the identifier.
    ///
    /// # Errors
    ///
    /// When the name is empty or longer than 256 bytes, or the version is not `v<major>.<minor>`.
    fn into_task_identifier(self) -> Result<TaskIdentifier>;
}

impl IntoTaskIdentifier for TaskIdentifier {
    fn into_task_identifier(self) -> Result<TaskIdentifier> {
        Ok(self)
    }
}

impl IntoTaskIdentifier for &TaskIdentifier {
    fn into_task_identifier(self) -> Result<TaskIdentifier> {
        Ok(self.clone())
    }
}

impl IntoTaskIdentifier for &str {
    fn into_task_identifier(self) -> Result<TaskIdentifier> {
        self.parse()
    }
}

impl IntoTaskIdentifier for &String {
    fn into_task_identifier(self) -> Result<TaskIdentifier> {
        self.parse()
    }
}

impl IntoTaskIdentifier for String {
    fn into_task_identifier(self) -> Result<TaskIdentifier> {
        self.parse()
    }
}

impl<Name: Into<String>, Version: AsRef<str>> IntoTaskIdentifier for (Name, Version) {
    fn into_task_identifier(self) -> Result<TaskIdentifier> {
        Ok(TaskIdentifier { name: self.0.into(), version: self.1.as_ref().parse()? })
    }
}

/// Removes paths and generic arguments from the name of a type: `a::b::Task<c::D>` becomes `Task`.
fn bare_name(full: &str) -> String {
    let mut name = String::new();
    let mut depth = 0_usize;
    let mut before = ' ';
    for character in full.chars() {
        match character {
            '<' => depth += 1,
            '>' if depth > 0 && before != '-' => depth -= 1,
            // The second colon ends a part of a path.
            ':' if depth == 0 && before == ':' => {
                let kept = name
                    .trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '{' | '}' | '#' | ':'))
                    .len();
                name.truncate(kept);
            }
            _ if depth == 0 => name.push(character),
            _ => {}
        }
        before = character;
    }
    name.strip_prefix("r#").map_or(name.clone(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_may_have_a_version() {
        for (text, name, version) in [
            ("example.com/Task", "example.com/Task", TaskVersion::default()),
            ("example.com/Task@v1.2", "example.com/Task", TaskVersion::new(1, 2)),
            ("me@example.com/Task", "me@example.com/Task", TaskVersion::default()),
            ("me@voyage", "me@voyage", TaskVersion::default()),
            ("a@b@v3.4", "a@b", TaskVersion::new(3, 4)),
        ] {
            let identifier = text.into_task_identifier().expect("an identifier");
            assert_eq!((identifier.name(), identifier.version()), (name, version), "{text}");
        }
        assert!("Task@v1".parse::<TaskIdentifier>().is_err());
        assert!("@v1.0".parse::<TaskIdentifier>().is_err());
    }

    #[test]
    fn a_pair_is_a_name_and_a_version() {
        let identifier = ("Task", "v1.2").into_task_identifier().expect("an identifier");
        assert_eq!(identifier, TaskIdentifier::new("Task", 1, 2));
        assert!((String::from("Task"), "1.2").into_task_identifier().is_err());
    }

    #[test]
    fn a_name_has_1_to_256_bytes() {
        assert_eq!(TaskIdentifier::new("é".repeat(128), 0, 0).problem(), None);
        let problem = TaskIdentifier::new("é".repeat(129), 0, 0).problem().expect("a problem");
        assert_eq!(problem, "its identifier expects a name of at most 256 bytes, got 258");
        assert!("".parse::<TaskIdentifier>().is_err());
    }

    #[test]
    fn code_accepts_the_same_major_and_earlier_minor_versions() {
        let submitted = TaskIdentifier::new("Task", 1, 3);
        for (name, major, minor, accepts) in [
            ("Task", 1, 3, true),
            ("Task", 1, 5, true),
            ("Task", 1, 2, false),
            ("Task", 2, 5, false),
            ("task", 1, 3, false),
        ] {
            assert_eq!(TaskIdentifier::new(name, major, minor).accepts(&submitted), accepts, "{name} {major}.{minor}");
        }
    }

    #[test]
    fn a_message_is_checked() {
        let message = |name: &str, version: &str| wire::TaskIdentifier { name: name.into(), version: version.into() };
        let identifier = TaskIdentifier::from_wire(&message("Task", "v1.2")).expect("an identifier");
        assert_eq!(identifier.to_wire(), message("Task", "v1.2"));
        for (name, version) in [("", "v1.2"), ("Task", ""), ("Task", "1.2"), (&"x".repeat(257), "v1.2")] {
            assert!(TaskIdentifier::from_wire(&message(name, version)).is_err(), "{name} {version}");
        }
    }

    #[test]
    fn the_name_of_a_type_has_no_path_and_no_arguments() {
        struct Local<T>(std::marker::PhantomData<T>);
        assert_eq!(TaskIdentifier::of_type::<Local<Vec<u8>>>().to_string(), "Local@v0.0");
        for (full, bare) in [
            ("alloc::vec::Vec<core::option::Option<u8>>", "Vec"),
            ("a::f<b::C>::{{closure}}::Task", "Task"),
            ("<a::A as b::B>::f::Task", "Task"),
            ("a::Task<fn(u8) -> b::C>", "Task"),
            ("Task", "Task"),
            ("a::r#type", "type"),
            ("&a::Task", "&Task"),
            ("(a::A, b::B<c::C>)", "(A, B)"),
        ] {
            assert_eq!(bare_name(full), bare, "{full}");
        }
    }

    #[test]
    fn the_short_name_follows_the_last_slash() {
        for (name, short) in [("a.com/b/Task", "Task"), ("Task", "Task"), ("a.com/", "a.com/"), ("/", "/")] {
            assert_eq!(TaskIdentifier::new(name, 0, 0).short_name(), short);
        }
    }

    proptest! {
        #[test]
        fn a_printed_identifier_is_read_back(name in ".{1,80}", major in any::<u64>(), minor in any::<u64>()) {
            let identifier = TaskIdentifier::new(name, major, minor);
            prop_assume!(identifier.problem().is_none());
            prop_assert_eq!(identifier.to_string().parse::<TaskIdentifier>().expect("an identifier"), identifier);
        }

        #[test]
        fn any_name_of_a_type_is_shortened(full in ".{0,60}") {
            prop_assert!(bare_name(&full).len() <= full.len());
        }
    }
}
