//! The methods of the Workflows API, one file each.

mod cancel_job;
mod clone_job;
mod get_job;
mod get_job_prototype;
mod get_job_state_counts;
mod get_log_message_counts;
mod get_task_queue_stats;
mod list_job_tasks;
mod query_job_logs;
mod query_job_spans;
mod query_jobs;
mod query_logs_in_interval;
mod retry_job;
mod submit_job;
mod visualize_job;

pub use cancel_job::CancelJob;
pub use clone_job::CloneJob;
pub use get_job::GetJob;
pub use get_job_prototype::GetJobPrototype;
pub use get_job_state_counts::GetJobStateCounts;
pub use get_log_message_counts::GetLogMessageCounts;
pub use get_task_queue_stats::GetTaskQueueStats;
pub use list_job_tasks::ListJobTasks;
pub use query_job_logs::QueryJobLogs;
pub use query_job_spans::QueryJobSpans;
pub use query_jobs::QueryJobs;
pub use query_logs_in_interval::QueryLogsInInterval;
pub use retry_job::RetryJob;
pub use submit_job::SubmitJob;
pub use visualize_job::VisualizeJob;
