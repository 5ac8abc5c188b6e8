//! The builder of an ingestion.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::{BoxFuture, ready};
use futures::stream::{self, BoxStream, Stream, StreamExt as _};

use super::Collection;
use super::driver::drive::Drive;
use super::driver::meter::Meter;
use super::driver::spans::collection_operation;
use crate::datasets::{
    ChunkLimits, DatapointEncoder, IngestChunks, IngestEvent, IngestTarget, Ingested, IntoDatapoints,
};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{IngestionTracker, LoadListener, LoadState, ProgressObserver};
use crate::protocol::machine::Machine as _;
use crate::runtime::Runtime;

/// An ingestion. Awaiting it returns the ids of the stored datapoints, in the order of the input.
///
/// It sends datapoints in chunks, several at once. Dropping it aborts the chunks in flight; stored datapoints stay.
///
/// ```no_run
/// # async fn example(collection: tilebox_core::Collection, encoded: Vec<bytes::Bytes>)
/// # -> tilebox_core::error::Result<()> {
/// match collection.ingest(encoded).reject_existing().await {
///     Ok(ingested) => println!("{} datapoints, the first is {:?}", ingested.created, ingested.ids.first()),
///     Err(error) => match error.stored() {
///         Some(stored) => println!("{error}: {:?} are stored", stored.positions),
///         None => println!("{error}: nothing was sent"),
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "an ingestion does nothing until it is awaited"]
pub struct Ingestion<'a> {
    collection: Collection,
    input: BoxStream<'a, Result<Bytes>>,
    /// The number of datapoints, if it is known, or the error of the input.
    total: Result<Option<u64>>,
    allow_existing: bool,
    limits: ChunkLimits,
    progress: Option<Arc<dyn ProgressObserver>>,
}

impl Ingestion<'static> {
    pub(super) fn of_messages(collection: Collection, messages: Result<Vec<Bytes>>) -> Self {
        match messages {
            Ok(messages) => {
                let total = Ok(Some(messages.len() as u64));
                Self::new(collection, stream::iter(messages.into_iter().map(Ok)).boxed(), total)
            }
            Err(error) => Self::new(collection, stream::empty().boxed(), Err(error)),
        }
    }
}

impl<'a> Ingestion<'a> {
    pub(super) fn of_stream<S>(collection: Collection, encoder: Result<DatapointEncoder>, datapoints: S) -> Self
    where
        S: Stream<Item: IntoDatapoints> + Send + 'a,
    {
        match encoder {
            Ok(encoder) => Self::new(collection, encode(datapoints, encoder), Ok(None)),
            Err(error) => Self::new(collection, stream::empty().boxed(), Err(error)),
        }
    }

    fn new(collection: Collection, input: BoxStream<'a, Result<Bytes>>, total: Result<Option<u64>>) -> Self {
        let progress = collection.dataset().session.progress.clone();
        Self { collection, input, total, allow_existing: true, limits: ChunkLimits::default(), progress }
    }

    /// Rejects a chunk that contains an existing datapoint, with [`ErrorKind::AlreadyExists`]. By default existing
    /// datapoints are left as they are.
    ///
    /// By default a chunk without a response is sent again. With this option it is sent again only if it surely did not
    /// arrive.
    #[doc(alias = "allow_existing")]
    pub fn reject_existing(mut self) -> Self {
        self.allow_existing = false;
        self
    }

    /// Sets the size of chunks and the number of them in flight.
    #[doc(alias("batch_size", "chunk_size"))]
    pub fn chunks(mut self, limits: ChunkLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the observer for the progress of this ingestion, replacing the client's.
    #[doc(alias = "show_progress")]
    pub fn progress(mut self, observer: impl ProgressObserver) -> Self {
        self.progress = Some(Arc::new(observer));
        self
    }

    /// Stores the datapoints and returns their ids in the order of the input, as awaiting the ingestion does.
    ///
    /// # Errors
    ///
    /// When a datapoint does not fit the dataset, or the server rejects it. [`Error::stored`] returns what was stored before
    /// the error.
    pub async fn store(self) -> Result<Ingested> {
        self.await
    }

    async fn run(self) -> Result<Ingested> {
        let operation =
            collection_operation!("datasets/datapoints/ingest", self.collection.dataset(), self.collection.name());
        operation.run(self.store_all()).await
    }

    async fn store_all(self) -> Result<Ingested> {
        let total = self.total?;
        let session = &self.collection.dataset().session;
        let meter = Arc::new(Meter::new(session.runtime.now()));
        let session = session.metered(&meter);
        let query_target = self.collection.target();
        let mut target = IngestTarget::new(self.collection.id(), query_target.description());
        target.allow_existing = self.allow_existing;
        let name = format!("Ingesting into {}", query_target.load_name());
        let mut reporter = Reporter::new(&name, total, self.progress.as_deref(), Arc::clone(&session.runtime), meter);
        let purpose = format!("ingest into {}", target.description);
        let ingest = IngestChunks::new(session.caller(), target, self.limits);
        let _forget = self.collection.forget_info_when_dropped();
        let mut feed = Feed { drive: session.drive(ingest), input: self.input };
        while let Some(event) = feed.next().await {
            match event? {
                IngestEvent::Stored { datapoints, bytes } => reporter.stored(datapoints, bytes),
                IngestEvent::Finished(ingested) => {
                    reporter.finish(LoadState::Complete);
                    return Ok(ingested);
                }
            }
        }
        Err(Error::new(ErrorKind::Cancelled, purpose, "it was cancelled", "try again"))
    }
}

impl<'a> IntoFuture for Ingestion<'a> {
    type Output = Result<Ingested>;
    type IntoFuture = BoxFuture<'a, Result<Ingested>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Ingestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingestion")
            .field("collection", &self.collection.name())
            .field("datapoints", &self.total)
            .field("allow_existing", &self.allow_existing)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Encodes the items of a stream into single datapoints.
fn encode<'a, S>(datapoints: S, encoder: DatapointEncoder) -> BoxStream<'a, Result<Bytes>>
where
    S: Stream<Item: IntoDatapoints> + Send + 'a,
{
    let encoded = datapoints.scan(0, move |before, item| {
        let messages = item.into_messages(&encoder.starting_at(*before));
        *before += messages.as_ref().map_or(0, |messages| messages.len() as u64);
        ready(Some(messages))
    });
    let one_by_one = encoded.map(|messages| match messages {
        Ok(messages) => stream::iter(messages).map(Ok).left_stream(),
        Err(error) => stream::iter([Err(error)]).right_stream(),
    });
    one_by_one.flatten().boxed()
}

/// A driven ingestion and its input.
struct Feed<'a> {
    drive: Drive<IngestChunks>,
    input: BoxStream<'a, Result<Bytes>>,
}

impl Stream for Feed<'_> {
    type Item = Result<IngestEvent>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let mut is_starved = false;
            while !is_starved && this.drive.machine().wants_input() {
                match this.input.poll_next_unpin(cx) {
                    Poll::Ready(input) => this.drive.machine_mut().handle_input(input),
                    Poll::Pending => is_starved = true,
                }
            }
            match this.drive.poll_next_unpin(cx) {
                // A response made room for more input.
                Poll::Pending if !is_starved && this.drive.machine().wants_input() => {}
                event => return event,
            }
        }
    }
}

/// Reports progress. Dropping it before `finish(Complete)` reports `Stopped`.
struct Reporter {
    tracker: IngestionTracker,
    listener: Option<LoadListener>,
    runtime: Arc<dyn Runtime>,
    meter: Arc<Meter>,
}

impl Reporter {
    fn new(
        name: &str,
        total: Option<u64>,
        observer: Option<&dyn ProgressObserver>,
        runtime: Arc<dyn Runtime>,
        meter: Arc<Meter>,
    ) -> Self {
        let tracker = IngestionTracker::new(name, total, runtime.now());
        Self { tracker, listener: observer.map(|observer| observer.start(name)), runtime, meter }
    }

    fn stored(&mut self, datapoints: u64, bytes: u64) {
        if let Some(listener) = &mut self.listener {
            let now = self.runtime.now();
            self.tracker.set_metrics(self.meter.read(now));
            listener(self.tracker.add_chunk(now, datapoints, bytes));
        }
    }

    fn finish(&mut self, state: LoadState) {
        if let Some(mut listener) = self.listener.take() {
            let now = self.runtime.now();
            self.tracker.set_metrics(self.meter.read(now));
            listener(self.tracker.finish(now, state));
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.finish(LoadState::Stopped);
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Ingestion<'static>>();
    is_send::<<Ingestion<'static> as IntoFuture>::IntoFuture>();
};
