//! The records that the command line has not read yet.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::Stream;
use prost::Message as _;
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;

use super::log_layer::record;

/// The number of records that wait, as in the official Python client.
const CAPACITY: usize = 256;
/// The largest record in bytes, as in the official Python client.
const LARGEST: usize = 1 << 20;

/// A bounded queue with one reader. Adding never waits: records without a place are counted, and the count becomes a record.
#[derive(Debug, Default)]
pub(super) struct LogQueue {
    state: Mutex<State>,
    /// Wakes those that wait until the queue is empty.
    emptied: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct State {
    records: VecDeque<LogRecord>,
    dropped: u64,
    is_sealed: bool,
    has_reader: bool,
    waker: Option<Waker>,
}

impl LogQueue {
    /// Returns the queue of the process.
    pub(super) fn of_process() -> Arc<Self> {
        static QUEUE: OnceLock<Arc<LogQueue>> = OnceLock::new();
        Arc::clone(QUEUE.get_or_init(Arc::default))
    }

    /// Adds a record, or counts it as dropped.
    pub(super) fn add(&self, record: LogRecord) {
        let is_large = record.encoded_len() > LARGEST;
        let mut state = self.state();
        if state.is_sealed {
            return;
        }
        // The count of dropped records stands before the next one.
        let places = CAPACITY - state.records.len().min(CAPACITY);
        if is_large || places < 1 + usize::from(state.dropped > 0) {
            state.dropped += 1;
        } else {
            let summary = state.take_summary();
            state.records.extend(summary);
            state.records.push_back(record);
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns the records as a stream, or `None` if another one exists.
    pub(super) fn read(self: &Arc<Self>) -> Option<Reader> {
        let mut state = self.state();
        let is_free = !std::mem::replace(&mut state.has_reader, true);
        drop(state);
        is_free.then(|| Reader(Arc::clone(self)))
    }

    /// Takes no more records. The reader ends after the last one.
    pub(super) fn seal(&self) {
        let mut state = self.state();
        state.is_sealed = true;
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }

    /// Waits until a reader has taken all records, at most for this time.
    pub(super) async fn emptied(&self, timeout: Duration) {
        let emptied = async {
            loop {
                let notified = self.emptied.notified();
                if self.state().is_empty() {
                    return;
                }
                notified.await;
            }
        };
        // The last records are lost after it.
        let _ = tokio::time::timeout(timeout, emptied).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.dropped == 0
    }

    /// Returns the record that tells how many were dropped, if any.
    fn take_summary(&mut self) -> Option<LogRecord> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped > 0).then(|| record(tracing::Level::WARN, format!("Dropped {dropped} local log records")))
    }
}

/// Reads a queue until it is sealed and empty. Dropping it lets another reader begin.
#[derive(Debug)]
pub(super) struct Reader(Arc<LogQueue>);

impl Stream for Reader {
    type Item = LogRecord;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<LogRecord>> {
        let mut state = self.0.state();
        let next = state.records.pop_front().or_else(|| state.take_summary());
        if state.is_empty() {
            self.0.emptied.notify_waiters();
        }
        match next {
            Some(record) => Poll::Ready(Some(record)),
            None if state.is_sealed => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.state().has_reader = false;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;
    use futures::{FutureExt as _, StreamExt as _};
    use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;

    fn text(record: LogRecord) -> String {
        match record.body.and_then(|body| body.value) {
            Some(Value::StringValue(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    fn add(queue: &LogQueue, body: &str) {
        queue.add(record(tracing::Level::INFO, body.to_owned()));
    }

    /// Returns the records that a reader gets without waiting.
    fn ready(reader: &mut Reader) -> Vec<String> {
        std::iter::from_fn(|| reader.next().now_or_never().flatten()).map(text).collect()
    }

    #[test]
    fn dropped_records_are_counted_in_a_record() {
        let queue = Arc::new(LogQueue::default());
        (0..CAPACITY + 3).for_each(|index| add(&queue, &index.to_string()));
        let mut reader = queue.read().expect("a reader");
        assert_eq!(reader.next().now_or_never().flatten().map(text).as_deref(), Some("0"));
        // One place is free, but the summary and the record need two.
        add(&queue, "late");
        let rest = ready(&mut reader);
        assert_eq!(rest.len(), CAPACITY);
        assert_eq!(rest.last().map(String::as_str), Some("Dropped 4 local log records"));
        add(&queue, &"x".repeat(LARGEST));
        add(&queue, "next");
        assert_eq!(ready(&mut reader), ["Dropped 1 local log records", "next"]);
    }

    #[test]
    fn a_queue_has_one_reader_at_a_time() {
        let queue = Arc::new(LogQueue::default());
        let reader = queue.read().expect("a reader");
        assert!(queue.read().is_none());
        drop(reader);
        assert!(queue.read().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sealed_queue_ends_after_its_last_record() {
        let queue = Arc::new(LogQueue::default());
        let mut reader = queue.read().expect("a reader");
        add(&queue, "last");
        queue.seal();
        add(&queue, "too late");
        queue.emptied(Duration::from_secs(1)).await;
        assert_eq!(reader.next().await.map(text).as_deref(), Some("last"));
        queue.emptied(Duration::MAX).await;
        assert!(reader.next().await.is_none());
    }
}
