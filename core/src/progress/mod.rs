//! Progress of loads, ingestions and jobs, and their observers.
//!
//! [`Tracker`] computes the progress from pages; it is pure. A [`ProgressObserver`] receives it: a closure, a custom type,
//! or the bars of the feature `progress`. A [`JobObserver`] receives the progress of a job that a client waits for.

#[cfg(feature = "progress")]
mod bars;
#[cfg(feature = "progress")]
mod cell;
mod indicator;
#[cfg(feature = "client")]
mod ingestion;
mod job;
#[cfg(feature = "progress")]
mod job_bars;
#[cfg(feature = "client")]
mod job_tracker;
mod pace;
mod tracker;

use std::sync::Arc;
use std::time::Duration;

use crate::metrics::LoadMetrics;

#[cfg(feature = "progress")]
pub use bars::ProgressBars;
pub use indicator::ProgressIndicator;
#[cfg(feature = "client")]
pub(crate) use ingestion::IngestionTracker;
pub use job::{JobListener, JobObserver, JobProgress, TaskCounts};
#[cfg(feature = "client")]
pub(crate) use job_tracker::JobTracker;
pub use tracker::{PageSummary, Tracker};

/// The progress of a load or of an ingestion, whose chunks count as pages.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadProgress {
    /// The name of the load, such as `Sentinel-2 MSI`, `Sentinel-2 MSI S2A_S2MSI1C` or `Ingesting into …`.
    pub name: Arc<str>,
    /// Whether it is running.
    pub state: LoadState,
    /// The number of pages that have arrived.
    pub pages: u64,
    /// The number of datapoints in these pages.
    pub datapoints: u64,
    /// The size of these datapoints as protobuf, in bytes.
    pub bytes: u64,
    /// The covered fraction of the requested time, or the stored fraction of the input, from 0 to 1. It never decreases,
    /// and is 1 only when the load is complete. For input of unknown length it stays at 0 until the end.
    pub fraction: f64,
    /// The time since the load began.
    pub elapsed: Duration,
    /// The estimated time until the end, from the progress in the second half of the elapsed time; `None` if it is unknown.
    /// Zero at the end.
    pub remaining: Option<Duration>,
    /// The metrics so far; at the end those of the whole load.
    pub metrics: LoadMetrics,
}

impl LoadProgress {
    /// Creates the progress of a load that begins.
    fn new(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            state: LoadState::Running,
            pages: 0,
            datapoints: 0,
            bytes: 0,
            fraction: 0.0,
            elapsed: Duration::ZERO,
            remaining: None,
            metrics: LoadMetrics::default(),
        }
    }

    /// Returns the bytes per second since the load began; zero if no time has passed.
    #[must_use]
    pub fn bytes_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.bytes as f64 / seconds } else { 0.0 }
    }
}

/// Whether a load is running, complete or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadState {
    /// More pages follow.
    Running,
    /// All pages have arrived.
    Complete,
    /// It ended with an error, or was dropped.
    Stopped,
}

/// A callback for one load. The task that loads calls it after every page and once at the end, so it must be fast.
pub type LoadListener = Box<dyn FnMut(&LoadProgress) + Send>;

/// An observer of loads.
///
/// A closure is an observer that receives the progress of all loads:
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::progress::{LoadProgress, ProgressObserver};
///
/// let observer = |load: &LoadProgress| eprintln!("{}: {:.0} %", load.name, load.fraction * 100.0);
/// let mut listener = observer.start("Sentinel-2 MSI");
/// # let _: tilebox_core::progress::LoadListener = listener;
/// ```
pub trait ProgressObserver: Send + Sync + 'static {
    /// Returns the listener of a load that begins.
    fn start(&self, name: &str) -> LoadListener;

    /// Returns the listener of a job for which a client begins to wait, or `None` for an observer of loads alone, which is
    /// the default.
    fn job_listener(&self, _name: &str) -> Option<JobListener> {
        None
    }
}

impl<F: Fn(&LoadProgress) + Clone + Send + Sync + 'static> ProgressObserver for F {
    fn start(&self, _name: &str) -> LoadListener {
        let listen = self.clone();
        Box::new(move |load| listen(load))
    }
}

impl ProgressObserver for Arc<dyn ProgressObserver> {
    fn start(&self, name: &str) -> LoadListener {
        (**self).start(name)
    }

    fn job_listener(&self, name: &str) -> Option<JobListener> {
        (**self).job_listener(name)
    }
}
