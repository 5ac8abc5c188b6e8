//! `TelemetryQueryService`.

use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;
use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;
use tilebox_core::protocol::wire::workflows::v1::{
    GetLogMessageCountsRequest, GetLogMessageCountsResponse, LogQueryFilters, LogSeverityCount, LogSeverityGroup,
    PaginatedLogsData, PaginatedSpansData, QueryJobLogsRequest, QueryJobSpansRequest, QueryLogsInIntervalRequest,
};
use uuid::Uuid;

use super::Telemetry;
use super::owner::{Job, positions_of};
use super::page::PageRequest;
use super::record::Stored;
use super::severity::{self, GROUPS};
use crate::services::{Refusal, optional_id};

/// Returns the logs of a job.
pub(in crate::workflows) fn query_job_logs(
    telemetry: &Telemetry,
    job: &Job,
    request: &QueryJobLogsRequest,
) -> Result<PaginatedLogsData, Refusal> {
    let task = optional_id("task_id", request.task_id.as_ref())?;
    let page = PageRequest::read(request.page.as_ref(), request.sort_direction)?;
    let groups = groups(request.filters.as_ref())?;
    let stored = telemetry.stored();
    let positions = positions_of(job, &stored.logs, &stored.spans, |log| is_of_task(log, task) && is_in(&groups, log));
    let (logs, next_page) = page.take(positions, &stored.logs);
    Ok(PaginatedLogsData { resource_logs: logs.into_iter().map(Stored::to_wire).collect(), next_page })
}

/// Returns the spans of a job.
pub(in crate::workflows) fn query_job_spans(
    telemetry: &Telemetry,
    job: &Job,
    request: &QueryJobSpansRequest,
) -> Result<PaginatedSpansData, Refusal> {
    let task = optional_id("task_id", request.task_id.as_ref())?;
    let page = PageRequest::read(request.page.as_ref(), request.sort_direction)?;
    let stored = telemetry.stored();
    let positions = positions_of(job, &stored.spans, &stored.spans, |span| is_of_task(span, task));
    let (spans, next_page) = page.take(positions, &stored.spans);
    Ok(PaginatedSpansData { resource_spans: spans.into_iter().map(Stored::to_wire).collect(), next_page })
}

/// Returns all logs of a time interval, also those of no job.
pub(in crate::workflows) fn query_logs_in_interval(
    telemetry: &Telemetry,
    request: &QueryLogsInIntervalRequest,
) -> Result<PaginatedLogsData, Refusal> {
    let interval = interval(request.time_interval.as_ref())?;
    let page = PageRequest::read(request.page.as_ref(), request.sort_direction)?;
    let groups = groups(request.filters.as_ref())?;
    let stored = telemetry.stored();
    let matching = stored.logs.all().filter(|(_, log)| contains(interval, log.time) && is_in(&groups, log));
    let (logs, next_page) = page.take(matching.map(|(position, _)| position).collect(), &stored.logs);
    Ok(PaginatedLogsData { resource_logs: logs.into_iter().map(Stored::to_wire).collect(), next_page })
}

/// Returns the number of logs of a time interval in each group of severities that has any.
pub(in crate::workflows) fn count_logs(
    telemetry: &Telemetry,
    request: &GetLogMessageCountsRequest,
) -> Result<GetLogMessageCountsResponse, Refusal> {
    let interval = interval(request.time_interval.as_ref())?;
    let mut counts = [0_i64; GROUPS.len()];
    for (_, log) in telemetry.stored().logs.all().filter(|(_, log)| contains(interval, log.time)) {
        let group = severity::group(&log.record);
        for (_, count) in GROUPS.iter().zip(&mut counts).filter(|(known, _)| **known == group) {
            *count += 1;
        }
    }
    let present = GROUPS.iter().zip(counts).filter(|(_, count)| *count > 0);
    let count = |(group, count): (&LogSeverityGroup, _)| LogSeverityCount {
        severity: Some((*group).into()),
        count: Some(count),
    };
    Ok(GetLogMessageCountsResponse { counts: present.map(count).collect(), total_messages: Some(counts.iter().sum()) })
}

fn is_of_task<R>(record: &Stored<R>, task: Option<Uuid>) -> bool {
    task.is_none() || record.task == task
}

/// Returns the requested groups, empty for all.
fn groups(filters: Option<&LogQueryFilters>) -> Result<Vec<LogSeverityGroup>, Refusal> {
    let levels = filters.map(|filters| &filters.severity_levels[..]).unwrap_or_default();
    let read = |level: &i32| match LogSeverityGroup::try_from(*level) {
        Ok(group) if group != LogSeverityGroup::Unspecified => Ok(group),
        _ => Err(Refusal::invalid(format!("filters.severity_levels: expects 1 (trace) to 5 (error), got {level}"))),
    };
    levels.iter().map(read).collect()
}

fn is_in(groups: &[LogSeverityGroup], log: &Stored<LogRecord>) -> bool {
    groups.is_empty() || groups.contains(&severity::group(&log.record))
}

/// The first and the last nanosecond of an interval since 1970.
type Nanoseconds = (i128, i128);

fn interval(interval: Option<&TimeInterval>) -> Result<Nanoseconds, Refusal> {
    let interval = interval.ok_or_else(|| Refusal::invalid("time_interval: a value is required"))?;
    let nanoseconds = |time: &prost_types::Timestamp| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let start =
        interval.start_time.as_ref().map_or(i128::MIN, |time| nanoseconds(time) + i128::from(interval.start_exclusive));
    let end =
        interval.end_time.as_ref().map_or(i128::MAX, |time| nanoseconds(time) - i128::from(!interval.end_inclusive));
    Ok((start, end))
}

fn contains((first, last): Nanoseconds, time: u64) -> bool {
    (first..=last).contains(&i128::from(time))
}
