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
        let mut error: Option<&(dyn StdError + 'static)> = Some(&*self.0);
        while let Some(current) = error {
            if current.is::<super::Stopped>() {
                return true;
            }
            error = current.source();
        }
        false
    }
}

/// `TaskError` itself is not a [`std::error::Error`], so that this conversion can exist.
impl<E: StdError + Send + Sync + 'static> From<E> for TaskError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

/// The maximum number of causes that an error prints: a chain may be a cycle.
const MAX_CAUSES: usize = 16;

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut above = self.0.to_string();
        f.write_str(&above)?;
        let mut cause = self.0.source();
        for _ in 0..MAX_CAUSES {
            let Some(error) = cause else { break };
            let text = error.to_string();
            if !above.contains(&text) {
                write!(f, ": {text}")?;
                above = text;
            }
            cause = error.source();
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
