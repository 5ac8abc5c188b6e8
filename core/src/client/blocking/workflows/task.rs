//! Tasks that block their thread.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use crate::workflows::{self, Input, Task, TaskIdentifier, TaskResult};

/// A task as blocking code: its fields are the input, and [`execute`](Self::execute) runs on a thread where it may block.
///
/// It is a [`Task`] as well, so every runner executes it, and jobs and other tasks can submit it. For everything else see there.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::blocking::Client;
/// use tilebox_tokio::blocking::workflows::{BlockingTask, Context, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct Scene {
///     id: String,
/// }
///
/// impl BlockingTask for Scene {
///     fn execute(self, context: &Context) -> TaskResult {
///         let dataset = context.shared::<Client>()?.dataset("open_data.copernicus.sentinel2_msi")?;
///         let found = dataset.find(self.id.as_str()).load()?;
///         context.set_display(format!("a scene with {} fields", found.schema().fields().len()));
///         Ok(())
///     }
/// }
///
/// fn run(client: &Client) -> tilebox_tokio::error::Result<()> {
///     let runner = client.runner().task::<Scene>().shared(client.clone()).concurrency(8);
///     println!("{}", runner.run_all()?);
///     Ok(())
/// }
/// ```
///
/// A thread cannot be aborted: a task that takes long checks [`Context::stopping`], and ends early when it is set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task",
    label = "expects a type that implements `BlockingTask`, `Serialize` and `Deserialize`"
)]
pub trait BlockingTask: Serialize + DeserializeOwned + Send + 'static {
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
    /// # Errors
    ///
    /// An error is the failure of the task: the server executes it again if it has retries left, and otherwise fails the job.
    /// A panic is a failure as well.
    fn execute(self, context: &Context) -> TaskResult;
}

impl<T: BlockingTask> Task for T {
    const INPUT: Input = T::INPUT;

    fn identifier() -> TaskIdentifier {
        T::identifier()
    }

    async fn execute(self, context: &workflows::Context) -> TaskResult {
        let inner = Context::new(context.clone());
        context.unblock(move |_| BlockingTask::execute(self, &inner)).await?
    }
}
