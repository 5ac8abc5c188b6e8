//! What a load reports while it runs, and who listens.
//!
//! The pure part is [`Tracker`]: pages in, figures out. Who wants to hear of them is a [`ProgressObserver`]: a closure,
//! a type of your own, or the bars of the feature `progress`.

#[cfg(feature = "progress")]
mod bars;
#[cfg(feature = "progress")]
mod cell;
#[cfg(feature = "client")]
mod ingestion;
mod tracker;

use std::sync::Arc;
use std::time::Duration;

use crate::metrics::LoadMetrics;

#[cfg(feature = "progress")]
pub use bars::ProgressBars;
#[cfg(feature = "client")]
pub(crate) use ingestion::IngestionTracker;
pub use tracker::{PageFigures, Tracker};

/// A load, as it is when something changed. An ingestion is one that goes the other way, with chunks for pages.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadProgress {
    /// What is loaded, such as `Sentinel-2 MSI` or `Sentinel-2 MSI S2A_S2MSI1C`, or `Ingesting into …`.
    pub name: Arc<str>,
    /// Whether it goes on.
    pub state: LoadState,
    /// How many pages have arrived.
    pub pages: u64,
    /// How many datapoints they hold.
    pub datapoints: u64,
    /// How many bytes these have as protobuf.
    pub bytes: u64,
    /// How much of the asked time is covered, of an ingestion how much of the input is stored, from 0 to 1; never
    /// falls, and is 1 only when the load is complete. An ingestion of unknown length stays at 0 before its end.
    pub fraction: f64,
    /// How long the load has been going on.
    pub elapsed: Duration,
    /// What it cost so far; at its end all that it cost.
    pub metrics: LoadMetrics,
}

impl LoadProgress {
    /// One that has just begun.
    fn new(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            state: LoadState::Running,
            pages: 0,
            datapoints: 0,
            bytes: 0,
            fraction: 0.0,
            elapsed: Duration::ZERO,
            metrics: LoadMetrics::default(),
        }
    }

    /// Bytes per second since the load began; zero when no time has passed.
    #[must_use]
    pub fn bytes_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.bytes as f64 / seconds } else { 0.0 }
    }
}

/// Whether a load goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadState {
    /// More pages follow.
    Running,
    /// All pages have arrived.
    Complete,
    /// It ended with an error, or nobody reads it any more.
    Stopped,
}

/// Hears of one load. It is called after every page and once at the end, from the task that loads: it has to be quick.
pub type LoadListener = Box<dyn FnMut(&LoadProgress) + Send>;

/// Wants to hear of loads.
///
/// Any closure is one, and hears of all loads alike:
///
/// ```
/// use tilebox_core::progress::{LoadProgress, ProgressObserver};
///
/// let observer = |load: &LoadProgress| eprintln!("{}: {:.0} %", load.name, load.fraction * 100.0);
/// let mut listener = observer.start("Sentinel-2 MSI");
/// # let _: tilebox_core::progress::LoadListener = listener;
/// ```
pub trait ProgressObserver: Send + Sync + 'static {
    /// A load begins. The listener hears of this load only.
    fn start(&self, name: &str) -> LoadListener;
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
}
