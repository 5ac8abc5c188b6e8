//! Queries of jobs.

use std::ops::Bound;

use uuid::Uuid;

use super::Scheduler;
use super::job::Job;
use super::limits::{self, MAX_NAME_FILTER};
use super::page::Page;
use super::rejection::Rejection;
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::{IdInterval, SortDirection, TimeInterval};
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};
use crate::schema::Timestamp;

/// The time of an interval's bound, and whether jobs at that time belong to the interval.
#[derive(Clone, Copy)]
struct Times {
    start: Bound<Timestamp>,
    end: Bound<Timestamp>,
}

/// Checks an interval of times. A bound that is missing is open.
pub(super) fn read_times(
    field: &str,
    interval: Option<&TimeInterval>,
) -> Result<impl Fn(Timestamp) -> bool + use<>, Rejection> {
    let bound = |name: &str, time: Option<&prost_types::Timestamp>, included: bool| match time {
        None => Ok(Bound::Unbounded),
        Some(time) => match Timestamp::from_wire(time) {
            Some(time) => Ok(if included { Bound::Included(time) } else { Bound::Excluded(time) }),
            None => Err(Rejection::invalid(format!("{field}.{name}: expects a time in the years 1 to 9999"))),
        },
    };
    let times = match interval {
        None => Times { start: Bound::Unbounded, end: Bound::Unbounded },
        Some(interval) => Times {
            start: bound("start_time", interval.start_time.as_ref(), !interval.start_exclusive)?,
            end: bound("end_time", interval.end_time.as_ref(), interval.end_inclusive)?,
        },
    };
    Ok(move |time: Timestamp| std::ops::RangeBounds::contains(&(times.start, times.end), &time))
}

/// Returns the bounds of an interval of ids. A bound that is missing is open.
fn read_ids(interval: Option<&IdInterval>) -> Result<(Bound<Uuid>, Bound<Uuid>), Rejection> {
    let bound = |name: &str, id: Option<&crate::protocol::wire::tilebox::v1::Id>, included: bool| match id {
        None => Ok(Bound::Unbounded),
        Some(id) => {
            let id = limits::required_id(&format!("filters.id_interval.{name}"), Some(id))?;
            Ok(if included { Bound::Included(id) } else { Bound::Excluded(id) })
        }
    };
    let Some(interval) = interval else { return Ok((Bound::Unbounded, Bound::Unbounded)) };
    Ok((
        bound("start_id", interval.start_id.as_ref(), !interval.start_exclusive)?,
        bound("end_id", interval.end_id.as_ref(), interval.end_inclusive)?,
    ))
}

impl Scheduler {
    /// Returns the jobs that match all filters, newest first unless the request asks otherwise, and a page of at most 1000.
    ///
    /// The values of one filter are alternatives. The name matches if its characters occur in the name of the job in their
    /// order, in upper or lower case; Tilebox's own rule is not known.
    ///
    /// # Errors
    ///
    /// When a filter or the page is not valid.
    pub fn query_jobs(&self, request: &wire::QueryJobsRequest) -> Result<wire::QueryJobsResponse, Rejection> {
        let filters = request.filters.clone().unwrap_or_default();
        if filters.time_interval.is_some() && filters.id_interval.is_some() {
            return Err(Rejection::invalid("filters.time_interval: expects no `id_interval` beside it"));
        }
        if filters.name.chars().nth(MAX_NAME_FILTER).is_some() {
            return Err(Rejection::invalid(format!("filters.name: expects at most {MAX_NAME_FILTER} characters")));
        }
        let page = Page::read(request.page.as_ref())?;
        let is_in_time = read_times("filters.time_interval", filters.time_interval.as_ref())?;
        let (start, end) = read_ids(filters.id_interval.as_ref())?;
        let ascending = request.sort_direction() == SortDirection::Ascending;
        let (start, end) = match (page.after, ascending) {
            (None, _) => (start, end),
            (Some(after), true) => (later(start, after), end),
            (Some(after), false) => (start, earlier(end, after)),
        };
        if is_empty(start, end) {
            return Ok(wire::QueryJobsResponse::default());
        }
        let matcher = Matcher::new(&filters);
        let range = self.jobs_by_id.range((start, end)).map(|(_, key)| &self.jobs[*key]);
        let matches = |job: &&Job| is_in_time(job.submitted_at()) && matcher.matches(job);
        let mut jobs: Vec<&Job> = match ascending {
            true => range.filter(matches).take(page.limit + 1).collect(),
            false => range.rev().filter(matches).take(page.limit + 1).collect(),
        };
        let has_more = jobs.len() > page.limit;
        jobs.truncate(page.limit);
        let next_page = jobs.last().filter(|_| has_more).map(|last| page.next(last.id));
        Ok(wire::QueryJobsResponse { jobs: jobs.into_iter().map(Job::to_wire).collect(), next_page })
    }
}

/// The filters that are not intervals.
struct Matcher<'a> {
    filters: &'a wire::QueryFilters,
    automations: Vec<Option<Uuid>>,
    /// In lower case.
    name: Vec<char>,
}

impl<'a> Matcher<'a> {
    fn new(filters: &'a wire::QueryFilters) -> Self {
        let automations = filters.automation_ids.iter().map(id::from_wire).collect();
        Self { filters, automations, name: filters.name.chars().flat_map(char::to_lowercase).collect() }
    }

    fn matches(&self, job: &Job) -> bool {
        let Self { filters, automations, name } = self;
        let states = &filters.states;
        (states.is_empty() || states.contains(&job.state().into()))
            && (automations.is_empty() || (job.automation.is_some() && automations.contains(&job.automation)))
            && (filters.task_states.is_empty() || filters.task_states.iter().any(|state| has_task(job, *state)))
            && (filters.cluster_slugs.is_empty()
                || filters.cluster_slugs.iter().any(|slug| job.clusters.contains(slug.as_str())))
            && is_subsequence(name, &job.name)
    }
}

fn has_task(job: &Job, state: i32) -> bool {
    TaskState::try_from(state).is_ok_and(|state| job.counts.of(state) > 0)
}

/// Returns whether the characters of `wanted`, in lower case, occur in `text` in their order.
fn is_subsequence(wanted: &[char], text: &str) -> bool {
    let mut characters = text.chars().flat_map(char::to_lowercase);
    wanted.iter().all(|wanted| characters.any(|character| character == *wanted))
}

/// Returns the later of a lower bound and one that excludes `after`.
fn later(start: Bound<Uuid>, after: Uuid) -> Bound<Uuid> {
    match start {
        Bound::Included(id) | Bound::Excluded(id) if id > after => start,
        _ => Bound::Excluded(after),
    }
}

/// Returns the earlier of an upper bound and one that excludes `before`.
fn earlier(end: Bound<Uuid>, before: Uuid) -> Bound<Uuid> {
    match end {
        Bound::Included(id) | Bound::Excluded(id) if id < before => end,
        _ => Bound::Excluded(before),
    }
}

/// Returns whether no id lies between the bounds, for which a range of a map panics.
fn is_empty(start: Bound<Uuid>, end: Bound<Uuid>) -> bool {
    match (start, end) {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start >= end,
        _ => false,
    }
}
