//! The handle of the exports of this process.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tilebox_core::workflows::TraceParent;
use tilebox_core::{Client, Error, ErrorKind, RawClient, Result, RunEnd, blocking};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use super::builder::TelemetryBuilder;
use super::health::Health;
use super::layer::layer;

/// The longest time that the end waits for the queue of spans, and again for that of logs.
const END_TIMEOUT: Duration = Duration::from_millis(2500);

/// Exports the logs and spans of tasks as long as it lives: see the [module](super).
///
/// Keep it until the end of `main`: dropping it flushes the queues, for at most 5 s, and ends the exports.
#[must_use = "dropping it ends the exports"]
pub struct Telemetry {
    shared: Arc<Shared>,
    tracer: SdkTracer,
    level: LevelFilter,
    /// Keeps the flush at the end of runs.
    _run_end: Arc<RunEnd>,
}

/// The part that flushes share.
struct Shared {
    tracers: SdkTracerProvider,
    loggers: SdkLoggerProvider,
    health: [Arc<Health>; 2],
    has_ended: AtomicBool,
}

/// Sets a subscriber of the process that exports logs and spans, and nothing else: see the [module](super).
///
/// # Errors
///
/// [`ErrorKind::AlreadyExists`] when the process has a subscriber already, to which [`Telemetry::layer`] is added instead;
/// otherwise as [`TelemetryBuilder::build`].
pub fn install(client: &impl TelemetrySource) -> Result<Telemetry> {
    let telemetry = Telemetry::new(client)?;
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    tracing::subscriber::set_global_default(subscriber).map_err(|_| {
        let reason = "this process has a `tracing` subscriber already";
        let advice = "add `Telemetry::new(&client)?.layer()` to that subscriber";
        Error::of_runtime_crate(ErrorKind::AlreadyExists, "install the export of telemetry", reason, advice)
    })?;
    Ok(telemetry)
}

impl Telemetry {
    /// Starts exports with the default options.
    ///
    /// # Errors
    ///
    /// As [`TelemetryBuilder::build`].
    pub fn new(client: &impl TelemetrySource) -> Result<Self> {
        Self::builder(client).build()
    }

    /// Returns a builder with options.
    pub fn builder(client: &impl TelemetrySource) -> TelemetryBuilder {
        TelemetryBuilder::new(client)
    }

    pub(super) fn start(
        client: &RawClient,
        tracers: SdkTracerProvider,
        tracer: SdkTracer,
        loggers: SdkLoggerProvider,
        level: LevelFilter,
        health: [Arc<Health>; 2],
    ) -> Self {
        let shared = Arc::new(Shared { tracers, loggers, health, has_ended: AtomicBool::new(false) });
        let flushed = Arc::clone(&shared);
        let run_end: Arc<RunEnd> = Arc::new(move || flush(Arc::clone(&flushed)));
        client.flush_after_runs(&run_end);
        Self { shared, tracer, level, _run_end: run_end }
    }

    /// Returns the layer for a subscriber of the application. It filters for itself, so other layers may use other levels; a
    /// filter of the whole subscriber applies to it, too.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        layer(self.tracer.clone(), &self.shared.loggers, self.level)
    }

    /// Exports the queued records now, and waits for at most 5 s for each kind. Runs of a runner do this at their end.
    pub fn flush(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        flush(Arc::clone(&self.shared))
    }

    /// Exports the queued records, for at most 5 s, and ends the exports. It blocks the thread. Dropping the value does the same.
    pub fn shutdown(self) {}
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    fn end(&self) {
        if self.has_ended.swap(true, Ordering::SeqCst) {
            return;
        }
        // Both threads began to export before the second wait, and their failures are counted.
        let _ = self.loggers.shutdown_with_timeout(END_TIMEOUT);
        let _ = self.tracers.shutdown_with_timeout(END_TIMEOUT);
        self.health.iter().for_each(|health| health.end());
    }
}

/// Flushes on a thread, because the library blocks. If the system cannot start one, the records follow at their time.
fn flush(shared: Arc<Shared>) -> BoxFuture<'static, ()> {
    let (sender, receiver) = oneshot::channel();
    let flush = move || {
        let _ = shared.loggers.force_flush();
        let _ = shared.tracers.force_flush();
        let _ = sender.send(());
    };
    let started = std::thread::Builder::new().name("tilebox-flush".to_owned()).spawn(flush);
    receiver.map(move |_| drop(started)).boxed()
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("level", &self.level).finish_non_exhaustive()
    }
}

/// Returns the current trace of the application, for
/// [`ClientBuilder::current_trace`](tilebox_core::ClientBuilder::current_trace): submitted jobs then continue the span that
/// submits them, which is exported as well.
///
/// ```ignore
/// let client = tilebox_tokio::client_builder().current_trace(otel::current_trace).build()?;
/// ```
#[must_use]
pub fn current_trace() -> Option<TraceParent> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        let text = format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8());
        span.is_valid().then(|| text.parse().ok()).flatten()
    })
}

/// A client whose server receives telemetry: async or blocking.
pub trait TelemetrySource: source::Source {}

impl TelemetrySource for Client {}
impl TelemetrySource for blocking::Client {}

mod source {
    use tilebox_core::{Client, RawClient, Result, blocking};

    #[expect(unnameable_types, reason = "a sealed trait")]
    pub trait Source {
        #[doc(hidden)]
        fn raw(&self) -> Result<RawClient>;
    }

    impl Source for Client {
        fn raw(&self) -> Result<RawClient> {
            self.raw()
        }
    }

    impl Source for blocking::Client {
        fn raw(&self) -> Result<RawClient> {
            self.raw()
        }
    }
}
