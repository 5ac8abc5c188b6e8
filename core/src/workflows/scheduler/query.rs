//! Queries of jobs.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Scheduler;
use super::interval::{Ids, Times};
use super::job::Job;
use super::limits::MAX_NAME_FILTER;
use super::page::Page;
use super::rejection::Rejection;
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::SortDirection;
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};

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
        let no_filters = wire::QueryFilters::default();
        let filters = request.filters.as_ref().unwrap_or(&no_filters);
        if filters.name.chars().nth(MAX_NAME_FILTER).is_some() {
            return Err(Rejection::invalid(format!("filters.name: expects at most {MAX_NAME_FILTER} characters")));
        }
        let times = Times::read("filters.time_interval", filters.time_interval.as_ref())?;
        let ids = match (&filters.time_interval, &filters.id_interval) {
            (Some(_), Some(_)) => {
                return Err(Rejection::invalid("filters.time_interval: expects no `id_interval` beside it"));
            }
            (None, Some(interval)) => Ids::read("filters.id_interval", interval)?,
            (_, None) => times.ids(),
        };
        let page = Page::read(request.page.as_ref())?;
        let matcher = Matcher::new(filters);
        let matches = |job: &&Job| times.contains(job.submitted_at()) && matcher.matches(job);
        let mut jobs: Vec<&Job> = if request.sort_direction() == SortDirection::Ascending {
            let ids = page.after.map_or(ids, |after| ids.after(after));
            self.jobs_with(ids).filter(matches).take(page.limit + 1).collect()
        } else {
            let ids = page.after.map_or(ids, |after| ids.before(after));
            self.jobs_with(ids).rev().filter(matches).take(page.limit + 1).collect()
        };
        let has_more = jobs.len() > page.limit;
        jobs.truncate(page.limit);
        let next_page = jobs.last().filter(|_| has_more).map(|last| page.next(last.id));
        Ok(wire::QueryJobsResponse { jobs: jobs.into_iter().map(Job::to_wire).collect(), next_page })
    }
}

/// The filters that are not intervals, as sets: a request may have many values, and repeat them.
struct Matcher<'a> {
    filters: &'a wire::QueryFilters,
    states: BTreeSet<i32>,
    /// Without unknown ones.
    task_states: BTreeSet<i32>,
    automations: BTreeSet<Uuid>,
    clusters: BTreeSet<&'a str>,
    /// In lower case.
    name: Vec<char>,
}

impl<'a> Matcher<'a> {
    fn new(filters: &'a wire::QueryFilters) -> Self {
        let is_known = |state: &i32| TaskState::try_from(*state).is_ok();
        Self {
            filters,
            states: filters.states.iter().copied().collect(),
            task_states: filters.task_states.iter().copied().filter(is_known).collect(),
            automations: filters.automation_ids.iter().filter_map(id::from_wire).collect(),
            clusters: filters.cluster_slugs.iter().map(String::as_str).collect(),
            name: filters.name.chars().flat_map(char::to_lowercase).collect(),
        }
    }

    fn matches(&self, job: &Job) -> bool {
        let Self { filters, states, task_states, automations, clusters, name } = self;
        (filters.states.is_empty() || states.contains(&i32::from(job.state())))
            && (filters.automation_ids.is_empty() || job.automation.is_some_and(|id| automations.contains(&id)))
            && (filters.task_states.is_empty() || task_states.iter().any(|state| has_task(job, *state)))
            && (filters.cluster_slugs.is_empty() || job.clusters.iter().any(|slug| clusters.contains(&**slug)))
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
