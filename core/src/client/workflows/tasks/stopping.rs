//! The request to stop, as a task sees it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::channel::oneshot;
use futures::future::{FutureExt as _, Shared};

/// Whether a task is asked to stop: the runner shuts down, or lost the lease of the task.
///
/// A task that is not asked has to do nothing. A task that ends within the grace period of the runner is reported as usual. A
/// longer one is handed back, and another runner executes it from its beginning. A task that runs for long can end early with
/// [`check`](Self::check), which hands it back at once.
///
/// Cheap to clone.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{Context, TaskResult};
///
/// async fn execute(context: &Context) -> TaskResult {
///     let primes = context.unblock(|stopping| {
///         let mut primes = Vec::new();
///         for number in 2_u64..100_000 {
///             stopping.check()?;
///             if (2..number).take_while(|n| n * n <= number).all(|n| number % n != 0) {
///                 primes.push(number);
///             }
///         }
///         Ok(primes)
///     });
///     let primes: Result<Vec<u64>, tilebox_tokio::workflows::Stopped> = primes.await?;
///     context.set_display(format!("{} primes", primes?.len()));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Stopping {
    signals: [Option<Arc<Signal>>; 2],
}

/// A flag that is set once, and wakes those who wait for it.
struct Signal {
    is_set: AtomicBool,
    sender: Mutex<Option<oneshot::Sender<()>>>,
    receiver: Shared<oneshot::Receiver<()>>,
}

impl Signal {
    fn new() -> Arc<Self> {
        let (sender, receiver) = oneshot::channel();
        let (sender, receiver) = (Mutex::new(Some(sender)), receiver.shared());
        Arc::new(Self { is_set: AtomicBool::new(false), sender, receiver })
    }
}

impl Stopping {
    pub(super) fn new() -> Self {
        Self { signals: [Some(Signal::new()), None] }
    }

    /// Returns a request that is also set with this one.
    pub(super) fn child(&self) -> Self {
        Self { signals: [Some(Signal::new()), self.signals[0].clone()] }
    }

    /// Sets the request, not that of which it is a child.
    pub(super) fn set(&self) {
        let Some(signal) = &self.signals[0] else { return };
        signal.is_set.store(true, Ordering::SeqCst);
        let sender = signal.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // Fails if no future waits.
            let _ = sender.send(());
        }
    }

    /// Returns whether the task is asked to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.signals.iter().flatten().any(|signal| signal.is_set.load(Ordering::SeqCst))
    }

    /// Returns an error if the task is asked to stop. A task that returns this error is handed back: a runner executes it again,
    /// and its retries do not decrease.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the task is asked to stop.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.is_stopping() { Err(Stopped) } else { Ok(()) }
    }

    /// Waits until the task is asked to stop.
    pub async fn wait(&self) {
        let receivers = self.signals.iter().flatten().map(|signal| signal.receiver.clone());
        let _ = futures::future::select_all(receivers).await;
    }
}

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stopping").field(&self.is_stopping()).finish()
    }
}

/// The error of a task that ends because it was asked to stop. A task that returns it is handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task was asked to stop")
    }
}

impl std::error::Error for Stopped {}
