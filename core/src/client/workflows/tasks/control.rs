//! What a runner may do to a task that is executed.

use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::task::AtomicWaker;

use super::stopping::Stopping;
use crate::workflows::runner::{LeaseState, StopReason};

/// The handle by which a runner controls one execution of a task. Dropping it changes nothing.
#[derive(Clone)]
pub struct TaskControl {
    pub(super) state: Arc<ControlState>,
}

/// The part of an execution that its runner, its context and its future share.
pub(super) struct ControlState {
    pub(super) stopping: Stopping,
    lease: Mutex<LeaseState>,
    abort: AtomicU8,
    /// The closures of [`Context::unblock`](super::Context::unblock) that run.
    closures: AtomicUsize,
    /// Wakes the future of the execution.
    pub(super) waker: AtomicWaker,
}

/// Whether and how an execution is aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Abort {
    No,
    /// Drops the task. Its closures on other threads end first.
    AfterClosures,
    /// Drops the task. Its closures on other threads continue unobserved.
    Now,
}

impl TaskControl {
    pub(super) fn new(lease: LeaseState) -> Self {
        let state = ControlState {
            stopping: Stopping::new(),
            lease: Mutex::new(lease),
            abort: AtomicU8::new(Abort::No as u8),
            closures: AtomicUsize::new(0),
            waker: AtomicWaker::new(),
        };
        Self { state: Arc::new(state) }
    }

    /// Sets the state of the lease, which [`Context::lease`](super::Context::lease) returns.
    pub fn set_lease(&self, lease: LeaseState) {
        *self.state.lease.lock().unwrap_or_else(PoisonError::into_inner) = lease;
    }

    /// Asks the task to stop. With [`StopReason::Stopping`], it has the grace period of the runner to end by itself. With
    /// [`StopReason::LeaseLost`], it is dropped at its next poll, and the future ends with `HandBack` once its closures on other
    /// threads have ended. Every other reason [aborts](Self::abort) it.
    pub fn stop(&self, reason: StopReason) {
        self.state.stopping.set();
        match reason {
            StopReason::Stopping => {}
            StopReason::LeaseLost => self.state.abort(Abort::AfterClosures),
            _ => self.state.abort(Abort::Now),
        }
    }

    /// Aborts the task: it is dropped at its next poll, and the future ends with `HandBack`. Closures on other threads are asked
    /// to stop and continue unobserved.
    pub fn abort(&self) {
        self.state.stopping.set();
        self.state.abort(Abort::Now);
    }
}

impl ControlState {
    fn abort(&self, how: Abort) {
        self.abort.fetch_max(how as u8, Ordering::SeqCst);
        self.waker.wake();
    }

    pub(super) fn aborted(&self) -> Abort {
        match self.abort.load(Ordering::SeqCst) {
            0 => Abort::No,
            1 => Abort::AfterClosures,
            _ => Abort::Now,
        }
    }

    pub(super) fn lease(&self) -> LeaseState {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether closures run on other threads.
    pub(super) fn has_closures(&self) -> bool {
        self.closures.load(Ordering::SeqCst) > 0
    }
}

impl fmt::Debug for TaskControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &self.state;
        f.debug_struct("TaskControl").field("stopping", &state.stopping).field("lease", &state.lease()).finish()
    }
}

/// Counts a closure while it runs.
pub(super) struct RunningClosure(Arc<ControlState>);

impl RunningClosure {
    pub(super) fn start(state: &Arc<ControlState>) -> Self {
        state.closures.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(state))
    }
}

impl Drop for RunningClosure {
    fn drop(&mut self) {
        self.0.closures.fetch_sub(1, Ordering::SeqCst);
        self.0.waker.wake();
    }
}
