//! The trait of tasks.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Context;
use super::task_error::TaskResult;
use crate::workflows::{Input, TaskIdentifier, TaskSubmission};

/// A task: its fields are the input, and [`execute`](Self::execute) is the code that a runner executes.
///
/// A runner may execute a task more than once: after a failure, or when the process of the first runner ended before the server
/// had the result. The subtasks and the progress of an earlier execution do not count.
///
/// A task converts into a [`TaskSubmission`], so that jobs and other tasks can submit it.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::workflows::{Context, Task, TaskIdentifier, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct Scene {
///     id: String,
/// }
///
/// impl Task for Scene {
///     fn identifier() -> TaskIdentifier {
///         TaskIdentifier::new("example.com/Scene", 1, 2)
///     }
///
///     async fn execute(self, context: &Context) -> TaskResult {
///         context.progress("scenes").add(1);
///         tracing::info!("processes the scene {}", self.id);
///         context.progress("scenes").done(1);
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task",
    label = "expects a type that implements `Task`, `Serialize` and `Deserialize`"
)]
pub trait Task: Serialize + DeserializeOwned + Send + 'static {
    /// The rule by which the fields become the input, and the input the fields. The default is the rule of Python.
    const INPUT: Input = Input::Python;

    /// Returns the name and version by which runners find this code. The default is the name of the type with the version
    /// `v0.0`, as in Python and Go.
    #[must_use]
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::of_type::<Self>()
    }

    /// Executes the task.
    ///
    /// The future runs on the executor of the runner, beside other tasks. Code that computes for longer than about a second
    /// belongs into [`Context::unblock`], so that it does not delay the others.
    ///
    /// # Errors
    ///
    /// An error is the failure of the task: the server executes it again if it has retries left, and otherwise fails the job.
    /// A panic is a failure as well.
    fn execute(self, context: &Context) -> impl Future<Output = TaskResult> + Send;
}

/// A task whose input cannot be encoded is an error when it is submitted.
impl<T: Task> From<T> for TaskSubmission {
    fn from(task: T) -> Self {
        Self::with_rule(T::identifier(), &task, T::INPUT)
    }
}
