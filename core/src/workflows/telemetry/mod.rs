//! Logs and spans of jobs: records of OpenTelemetry as rows and as Arrow columns.
//!
//! | file | contents |
//! |---|---|
//! | `attributes` | named values that nest |
//! | `severity` | the severity of a log record, in the groups that queries select |
//! | `id` | ids of traces and spans as hexadecimal text |
//! | `table` | rows with their columns, for records of any kind |
//! | `log_record`, `logs` | one log record, and the columns of a table of them |
//! | `span`, `span_event`, `spans` | one span, its events and links, and the columns of a table of spans |
//! | `log_counts` | the number of log records by severity |
//! | `columns` | rows as Arrow columns |
//!
//! A response wraps each record into messages for its runner and its scope. All records of all scopes are read, and a wrapper
//! without a record counts as no record.

mod attributes;
mod columns;
mod id;
mod log_counts;
mod log_record;
mod logs;
#[cfg(test)]
mod samples;
mod severity;
mod span;
mod span_event;
mod spans;
mod table;
#[cfg(test)]
mod tests;

pub use attributes::{AttributeValue, Attributes};
pub use log_counts::LogCounts;
pub use log_record::LogRecord;
pub use logs::Logs;
pub use severity::SeverityGroup;
pub use span::{Span, SpanKind, SpanStatus};
pub use span_event::{SpanEvent, SpanLink};
pub use spans::Spans;
pub use table::{TelemetryRow, TelemetryTable};
