//! Work that would block the executor, on a thread of its own.

use std::sync::Arc;

use futures::channel::oneshot;

use super::context::Context;
use super::control::RunningClosure;
use super::panics;
use super::stopping::Stopping;
use crate::error::{Error, ErrorKind, Result};

impl Context {
    /// Runs a closure on a thread for blocking work, and returns its result: computations, and functions that wait.
    ///
    /// Other tasks continue, and the events of `tracing` belong to the job as in the task itself. A closure cannot be aborted: it
    /// receives [`Stopping`], which is set when the task is asked to stop or drops this future, and the task occupies its slot
    /// until the closure returns. A panic of the closure continues in the task.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// # use tilebox_tokio::workflows::{Context, TaskResult};
    /// # async fn example(context: &Context, pixels: Vec<f32>) -> TaskResult {
    /// let sum: f32 = context.unblock(move |_| pixels.iter().sum()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoExecutor`] if the executor shut down before the closure ran.
    pub async fn unblock<T: Send + 'static>(&self, work: impl FnOnce(&Stopping) -> T + Send + 'static) -> Result<T> {
        let stopping = StopOnDrop(self.stopping().child());
        let (sender, receiver) = oneshot::channel();
        let running = RunningClosure::start(&self.execution.control);
        let (of_closure, span) = (stopping.0.clone(), tracing::Span::current());
        // A subscriber may be that of this thread only.
        let subscriber = tracing::dispatcher::get_default(Clone::clone);
        self.runtime().unblock(Box::new(move || {
            let call = || span.in_scope(|| panics::catch(|| work(&of_closure)));
            let result = tracing::dispatcher::with_default(&subscriber, call);
            drop(running);
            if let Err(unwanted) = sender.send(result) {
                panics::discard(unwanted);
            }
        }));
        match receiver.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => panic.resume(),
            Err(oneshot::Canceled) => {
                let purpose = format!("run a closure of the task `{}`", self.identifier());
                let reason = "the executor dropped it";
                Err(Error::new(
                    ErrorKind::NoExecutor,
                    purpose,
                    reason,
                    "keep the executor running until the runner ends",
                ))
            }
        }
    }

    /// Returns the runtime of the runner.
    #[must_use]
    pub fn runtime(&self) -> &Arc<dyn crate::runtime::Runtime> {
        &self.execution.services.runtime
    }
}

/// Asks a closure to stop when its future is dropped.
struct StopOnDrop(Stopping);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
