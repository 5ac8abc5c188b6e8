//! The filters of a query of jobs.

use uuid::Uuid;

use super::{JobState, TaskState};
use crate::error::{Error, Result};
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1 as tilebox;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::{TemporalExtent, TimeInterval, Timestamp};

/// The longest text of a name filter, in characters (Workflows API, `QueryFilters.name`).
const MAX_NAME: usize = 100;

const PURPOSE: &str = "query jobs";

/// The filters of a query of jobs: a job must match all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobFilters {
    /// The time of submission, or the id.
    pub extent: TemporalExtent,
    /// States of the job; empty for any.
    pub states: Vec<JobState>,
    /// States of tasks: at least one task of the job is in one of them; empty for any.
    pub task_states: Vec<TaskState>,
    /// Slugs of clusters: at least one of them has a task of the job; empty for any.
    pub clusters: Vec<String>,
    /// Ids of automations: one of them submitted the job; empty for any.
    pub automations: Vec<Uuid>,
    /// A text similar to the name; empty for any.
    pub name: String,
    /// Whether the oldest job is the first.
    pub is_oldest_first: bool,
}

impl JobFilters {
    /// Returns filters that match all jobs of an extent.
    #[must_use]
    pub fn new(extent: TemporalExtent) -> Self {
        Self {
            extent,
            states: Vec::new(),
            task_states: Vec::new(),
            clusters: Vec::new(),
            automations: Vec::new(),
            name: String::new(),
            is_oldest_first: false,
        }
    }

    /// Returns the request for the first page.
    ///
    /// # Errors
    ///
    /// When a filter is not valid.
    pub fn to_request(&self) -> Result<wire::QueryJobsRequest> {
        let invalid = |reason: String, advice: &'static str| Err(Error::invalid(PURPOSE, reason, advice));
        if self.name.chars().count() > MAX_NAME {
            let reason = format!("expects a name of at most {MAX_NAME} characters, got {}", self.name.chars().count());
            return invalid(reason, "shorten it: a part of the name is enough");
        }
        if self.clusters.iter().any(|slug| slug.trim().is_empty()) {
            return invalid("the slug of a cluster is empty".to_owned(), "leave the filter out for all clusters");
        }
        if self.automations.iter().any(Uuid::is_nil) {
            return invalid("the id of an automation is nil".to_owned(), "leave the filter out for all automations");
        }
        let (mut time_interval, mut id_interval) = (None, None);
        match self.extent {
            TemporalExtent::Time(interval) => time_interval = bounded(interval).map(TimeInterval::to_wire),
            TemporalExtent::Ids(interval) => id_interval = Some(interval.to_wire()),
        }
        let filters = wire::QueryFilters {
            time_interval,
            id_interval,
            automation_ids: self.automations.iter().copied().map(id::to_wire).collect(),
            states: self.states.iter().map(|state| state.number()).collect(),
            name: self.name.clone(),
            task_states: self.task_states.iter().map(|state| state.number()).collect(),
            cluster_slugs: self.clusters.clone(),
        };
        // Without a direction the newest job is the first.
        let direction =
            if self.is_oldest_first { tilebox::SortDirection::Ascending } else { tilebox::SortDirection::Unspecified };
        Ok(wire::QueryJobsRequest { filters: Some(filters), page: None, sort_direction: direction as i32 })
    }
}

/// Returns an interval with at least one bound; `None` for all times.
pub(crate) fn bounded(interval: TimeInterval) -> Option<TimeInterval> {
    let is_all = interval.start() == Timestamp::MIN && interval.end() == Timestamp::MAX;
    Some(interval).filter(|_| !is_all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::IntoTemporalExtent;
    use crate::workflows::paging::PagedRpc as _;
    use crate::workflows::rpc::QueryJobs;
    use prost::Message as _;

    fn filters(extent: impl IntoTemporalExtent) -> JobFilters {
        JobFilters::new(extent.into_temporal_extent().expect("an extent"))
    }

    fn encoded(filters: &JobFilters) -> String {
        let mut request = filters.to_request().expect("valid filters");
        QueryJobs::set_page(&mut request, None);
        request.encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn requests_equal_those_of_the_python_client() {
        assert_eq!(encoded(&filters(("2024-01-01", "2024-02-01"))), "0a120a100a06088081c8ac0612060880beebad061200");
        assert_eq!(encoded(&filters(..)), "0a001200");
    }

    #[test]
    fn every_filter_is_sent() {
        let all = JobFilters {
            states: vec![JobState::Failed, JobState::Unknown(77)],
            task_states: vec![TaskState::Running],
            clusters: vec!["dev".to_owned()],
            automations: vec![Uuid::from_u128(5)],
            name: "clouds".to_owned(),
            is_oldest_first: true,
            ..filters(Uuid::from_u128(1)..=Uuid::from_u128(2))
        };
        let request = all.to_request().expect("valid filters");
        let sent = request.filters.expect("filters");
        assert_eq!((sent.states, sent.task_states, sent.cluster_slugs), (vec![5, 77], vec![2], vec!["dev".to_owned()]));
        assert_eq!((sent.name.as_str(), sent.automation_ids.len(), sent.time_interval), ("clouds", 1, None));
        assert!(sent.id_interval.is_some_and(|interval| interval.end_inclusive && !interval.start_exclusive));
        assert_eq!(request.sort_direction, tilebox::SortDirection::Ascending as i32);
    }

    #[test]
    fn filters_that_are_not_valid_are_refused() {
        for (invalid, reason) in [
            (JobFilters { name: "é".repeat(101), ..filters(..) }, "expects a name of at most 100 characters, got 101"),
            (JobFilters { clusters: vec![" ".to_owned()], ..filters(..) }, "the slug of a cluster is empty"),
            (JobFilters { automations: vec![Uuid::nil()], ..filters(..) }, "the id of an automation is nil"),
        ] {
            assert_eq!(invalid.to_request().expect_err(reason).reason(), reason);
        }
        assert!(JobFilters { name: "é".repeat(100), ..filters(..) }.to_request().is_ok());
    }
}
