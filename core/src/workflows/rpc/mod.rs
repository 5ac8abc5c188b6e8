//! The methods of the Workflows API, one file each.

mod get_log_message_counts;
mod query_job_logs;
mod query_job_spans;
mod query_logs_in_interval;

pub use get_log_message_counts::GetLogMessageCounts;
pub use query_job_logs::QueryJobLogs;
pub use query_job_spans::QueryJobSpans;
pub use query_logs_in_interval::QueryLogsInInterval;
