//! The failure of a task.

use std::error::Error as StdError;
use std::fmt;

/// The result of a task.
pub type TaskResult = Result<(), TaskError>;

/// The failure of a task. Any [`std::error::Error`] converts into one with `?`.
///
/// Prints the error and its causes, separated by `: `. A cause that the error before it repeats is left out.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{TaskError, TaskResult};
///
/// fn read(number: &str) -> TaskResult {
///     let number: u32 = number.parse()?;
///     if number > 12 {
///         return Err(TaskError::new(format!("expects a month, got {number}")));
///     }
///     Ok(())
/// }
///
/// assert_eq!(read("x").unwrap_err().to_string(), "invalid digit found in string");
/// assert_eq!(read("13").unwrap_err().to_string(), "expects a month, got 13");
/// ```
pub struct TaskError(Box<dyn StdError + Send + Sync>);

impl TaskError {
    /// Creates an error from a text, or from a boxed error as other crates have, such as `anyhow::Error`:
    /// `result.map_err(TaskError::new)?`.
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// Returns the error, to downcast it.
    #[must_use]
    pub fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }

    /// Returns whether the task ended because it was [asked to stop](super::Stopping::check).
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.chain().any(|error| error.is::<super::Stopped>())
    }

    /// Returns the error and its causes.
    fn chain(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let first: &(dyn StdError + 'static) = &*self.0;
        std::iter::successors(Some(first), |&error| error.source()).take(MAX_CHAIN)
    }
}

/// `TaskError` itself is not a [`std::error::Error`], so that this conversion can exist.
impl<E: StdError + Send + Sync + 'static> From<E> for TaskError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

/// The maximum length of a chain of causes: it may be a cycle.
const MAX_CHAIN: usize = 16;

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut above = String::new();
        for (position, error) in self.chain().enumerate() {
            let text = error.to_string();
            if position == 0 {
                f.write_str(&text)?;
            } else if above.contains(&text) {
                continue;
            } else {
                write!(f, ": {text}")?;
            }
            above = text;
        }
        Ok(())
    }
}

/// Prints as [`Display`](fmt::Display), because `unwrap` prints `Debug`.
impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
