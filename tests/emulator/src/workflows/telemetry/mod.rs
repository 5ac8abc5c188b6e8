//! Logs and spans of clients (OpenTelemetry), and `TelemetryQueryService`.
//!
//! Memory holds the newest [`MAXIMUM_RECORDS`] logs and as many spans, at most [`MAXIMUM_BYTES`] of each; older ones are
//! dropped. They are not stored on disk: they would compete with the reports of tasks, and tell nothing about the state of
//! a job. Metrics are discarded, and so are bodies in JSON, which no official client sends.
//!
//! | file | contents |
//! |---|---|
//! | `export` | the body of an export, and the records in it |
//! | `record` | a log or span with its origin |
//! | `records` | the newest records, found by job and trace |
//! | `owner` | the job of a record |
//! | `severity` | groups of severities |
//! | `page` | the order and the pages of a query |
//! | `query` | `TelemetryQueryService` |

mod export;
mod owner;
mod page;
mod query;
mod record;
mod records;
mod severity;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::Span;
use uuid::Uuid;

pub(crate) use export::MAXIMUM_MESSAGE_BYTES;
pub(super) use owner::Job;
pub(super) use query::{count_logs, query_job_logs, query_job_spans, query_logs_in_interval};
use record::Stored;
use records::Records;

/// The largest number of stored logs, and of stored spans.
const MAXIMUM_RECORDS: usize = 100_000;
/// The largest size of all stored logs, and of all stored spans, in bytes.
const MAXIMUM_BYTES: usize = 128 << 20;

/// A kind of exported telemetry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Signal {
    Logs,
    Spans,
}

/// The logs and spans of clients.
#[derive(Default)]
pub(super) struct Telemetry {
    stored: Mutex<Both>,
}

/// The stored records.
struct Both {
    logs: Records<LogRecord>,
    spans: Records<Span>,
}

impl Default for Both {
    fn default() -> Self {
        Self { logs: Records::new(MAXIMUM_RECORDS, MAXIMUM_BYTES), spans: Records::new(MAXIMUM_RECORDS, MAXIMUM_BYTES) }
    }
}

impl Telemetry {
    /// Stores the records of an export. `encoding` is the value of `content-encoding`. `now` is the time in nanoseconds
    /// since 1970, for records without one. `job_of_tasks` returns the job of each task that exists.
    ///
    /// A body that is malformed or too large is discarded: clients would report a refusal as another log record, and so on.
    pub(super) fn store(
        &self,
        signal: Signal,
        encoding: Option<&[u8]>,
        body: Bytes,
        now: u64,
        job_of_tasks: impl FnOnce(&[Uuid]) -> HashMap<Uuid, Uuid>,
    ) {
        let Some(message) = export::decompress(encoding, body) else { return };
        match signal {
            Signal::Logs => {
                let mut logs = export::logs(message, now);
                assign_jobs(&mut logs, job_of_tasks);
                self.stored().logs.extend(logs);
            }
            Signal::Spans => {
                let mut spans = export::spans(message, now);
                assign_jobs(&mut spans, job_of_tasks);
                self.stored().spans.extend(spans);
            }
        }
    }

    // A poisoned lock is usable: every change is one insertion or removal.
    fn stored(&self) -> MutexGuard<'_, Both> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the job of each record with the id of a task that exists.
fn assign_jobs<R>(records: &mut [Stored<R>], job_of_tasks: impl FnOnce(&[Uuid]) -> HashMap<Uuid, Uuid>) {
    let mut tasks: Vec<_> = records.iter().filter_map(|record| record.task).collect();
    tasks.sort_unstable();
    tasks.dedup();
    if tasks.is_empty() {
        return;
    }
    let jobs = job_of_tasks(&tasks);
    for record in records {
        record.job = record.task.and_then(|task| jobs.get(&task).copied());
    }
}
