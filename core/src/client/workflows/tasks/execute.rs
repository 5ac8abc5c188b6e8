//! The execution of one task.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as PollContext, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, future};
use tracing::Span;

use super::context::{Context, Execution};
use super::control::{Abort, TaskControl};
use super::panics;
use super::registry::{Registry, Start};
use super::services::TaskServices;
use super::task_error::TaskResult;
use super::task_span;
use crate::workflows::runner::{FailureCause, LeasedTask, Outcome, failure_display};

/// The duration of a poll from which a task counts as blocking its executor.
const LONG_POLL: Duration = Duration::from_secs(1);

/// Returns the future that executes a task, and the handle that controls it. The future uses no network; it starts with its
/// first poll, and dropping it drops the task.
///
/// - A task that no registered code accepts is [`Outcome::UnknownIdentifier`].
/// - An input that cannot be decoded, an error and a panic are [`Outcome::Failed`], with the progress so far.
/// - A task that returns [`Stopped`](super::Stopped), or was aborted, is [`Outcome::HandBack`].
/// - The future ends after the closures that the task started with [`Context::unblock`].
///
/// It runs in a `tracing` span: see [`TASK_SPAN`](super::TASK_SPAN).
pub fn execute_task(
    registry: &Registry,
    services: &Arc<TaskServices>,
    task: LeasedTask,
) -> (TaskControl, BoxFuture<'static, Outcome>) {
    let control = TaskControl::new(task.lease);
    let Some((_, definition)) = registry.entry(&task.identifier) else {
        return (control, future::ready(Outcome::UnknownIdentifier).boxed());
    };
    let (start, state) = (Arc::clone(&definition.start), Arc::clone(&control.state));
    let span = task_span::start(&task);
    let execution = Arc::new(Execution::new(task, Arc::clone(services), state));
    let run = Run { execution, span, stage: Stage::New(start), has_warned: false };
    (control, run.boxed())
}

/// The future of an execution.
struct Run {
    execution: Arc<Execution>,
    span: Span,
    stage: Stage,
    has_warned: bool,
}

enum Stage {
    New(Arc<Start>),
    Running(BoxFuture<'static, TaskResult>),
    /// Waits for closures on other threads.
    Ending(Outcome),
    Ended,
}

impl Future for Run {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut PollContext<'_>) -> Poll<Outcome> {
        let this = &mut *self;
        // Whatever changes from here on wakes the future.
        this.execution.control.waker.register(context.waker());
        let aborted = this.execution.control.aborted();
        if aborted != Abort::No {
            this.abort();
        }
        if let Stage::New(start) = &this.stage {
            let start = Arc::clone(start);
            this.start(&*start);
        }
        if let Stage::Running(_) = &this.stage {
            this.run(context);
        }
        let may_end = aborted == Abort::Now || !this.execution.control.has_closures();
        match std::mem::replace(&mut this.stage, Stage::Ended) {
            Stage::Ending(outcome) if may_end => Poll::Ready(outcome),
            // A future that is polled after its end stays pending.
            stage => {
                this.stage = stage;
                Poll::Pending
            }
        }
    }
}

impl Run {
    /// Calls code of the task, in its span, and warns if it takes long.
    fn call<R>(&mut self, code: impl FnOnce() -> R) -> Result<R, panics::Panic> {
        let runtime = &self.execution.services.runtime;
        let started = runtime.now();
        let result = self.span.in_scope(|| panics::catch(code));
        let elapsed = runtime.now().saturating_duration_since(started);
        if elapsed > LONG_POLL && !self.has_warned {
            self.has_warned = true;
            self.span.in_scope(|| task_span::warn_of_long_poll(&self.execution.task, elapsed));
        }
        result
    }

    fn start(&mut self, start: &Start) {
        let context = Context { execution: Arc::clone(&self.execution) };
        let input = self.execution.task.input.clone();
        match self.call(|| start(&input, context)) {
            Ok(Ok(future)) => self.stage = Stage::Running(future),
            Ok(Err(error)) => self.fail(&error, error.kind().as_str()),
            Err(panic) => self.fail(&panic, "panic"),
        }
    }

    fn run(&mut self, context: &mut PollContext<'_>) {
        let Stage::Running(mut task) = std::mem::replace(&mut self.stage, Stage::Ended) else { return };
        let polled = self.call(|| task.poll_unpin(context));
        if let Ok(Poll::Pending) = polled {
            self.stage = Stage::Running(task);
            return;
        }
        self.discard(task);
        match polled {
            Ok(Poll::Ready(Ok(()))) => self.compute(),
            Ok(Poll::Ready(Err(error))) if error.is_stopped() => self.hand_back(),
            Ok(Poll::Ready(Err(error))) => self.fail(&error, "task_error"),
            Err(panic) => self.fail(&panic, "panic"),
            Ok(Poll::Pending) => {}
        }
    }

    /// Drops the future of the task.
    fn discard(&self, task: BoxFuture<'static, TaskResult>) {
        self.span.in_scope(|| panics::discard(task));
    }

    fn abort(&mut self) {
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::New(_) => self.hand_back(),
            Stage::Running(task) => {
                self.discard(task);
                self.hand_back();
            }
            stage => self.stage = stage,
        }
    }

    fn compute(&mut self) {
        let mut recorded = self.execution.end();
        let outcome = Outcome::Computed {
            display: recorded.display_of_report(&self.execution.task.display),
            subtasks: recorded.subtasks.to_wire(),
            progress: recorded.progress.take(),
        };
        drop(recorded);
        self.stage = Stage::Ending(outcome);
    }

    fn hand_back(&mut self) {
        drop(self.execution.end());
        self.span.in_scope(task_span::report_hand_back);
        self.stage = Stage::Ending(Outcome::HandBack);
    }

    fn fail(&mut self, error: &dyn Display, kind: &'static str) {
        let error = error.to_string();
        let mut recorded = self.execution.end();
        let display = failure_display(&recorded.display, &error);
        let progress = recorded.progress.take();
        drop(recorded);
        task_span::report_failure(&self.span, &error, kind);
        self.stage = Stage::Ending(Outcome::Failed { display, progress, cause: FailureCause::Task });
    }
}

/// Drops the task in its span; a panic of its destructor is ignored.
impl Drop for Run {
    fn drop(&mut self) {
        if let Stage::Running(task) = std::mem::replace(&mut self.stage, Stage::Ended) {
            drop(self.execution.end());
            self.discard(task);
        }
    }
}
