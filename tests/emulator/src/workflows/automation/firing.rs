//! The jobs of cron triggers that are due.

use chrono::{DateTime, Utc};
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{
    Automation as Envelope, AutomationPrototype, CancelJobRequest, JobState, QueryFilters, QueryJobsRequest,
    QueryJobsResponse, SubmitJobRequest, TaskSubmissionGroup, TaskSubmissions, TriggeredCronEvent,
};
use uuid::Uuid;

use super::{Automation, to_timestamp};
use crate::ids;
use crate::services::Refusal;
use crate::workflows::state::State;

/// Submits the job of each cron trigger that is due.
///
/// A trigger that missed several times, because the machine slept or its clock jumped, submits one job. It has the time of
/// the first missed one. A job that is refused, because its cluster was deleted, is left out.
pub(in crate::workflows) fn fire(state: &mut State) {
    let now = DateTime::<Utc>::from(state.moment().time);
    let mut requests = Vec::new();
    for automation in state.automations.values_mut() {
        for time in automation.take_due(now) {
            requests.extend(submission(&automation.message, time, trace_parent(&mut state.random)));
        }
    }
    for request in requests {
        let _ = state.submit_job(&request);
    }
}

impl Automation {
    /// Returns the times of the triggers that are due, and sets their next times after `now`.
    fn take_due(&mut self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let mut due = Vec::new();
        if self.message.disabled {
            return due;
        }
        for cron in &mut self.crons {
            let next = cron.next_from(now);
            due.extend(next.filter(|next| *next <= now));
            cron.next = match next {
                Some(next) if next > now => Some(next),
                _ => cron.schedule.next_after(now),
            };
        }
        due
    }
}

/// Returns the earliest time at which a trigger is due.
pub(in crate::workflows) fn next_due(state: &State) -> Option<DateTime<Utc>> {
    let now = DateTime::<Utc>::from(state.moment().time);
    let enabled = state.automations.values().filter(|automation| !automation.message.disabled);
    enabled.flat_map(|automation| &automation.crons).filter_map(|cron| cron.next_from(now)).min()
}

/// Cancels the jobs of an automation that have not ended.
pub(super) fn cancel_jobs(state: &mut State, automation: Uuid) -> Result<(), Refusal> {
    let filters = QueryFilters {
        automation_ids: vec![ids::to_wire(automation)],
        states: [JobState::Submitted, JobState::Running, JobState::Started].map(i32::from).into(),
        ..QueryFilters::default()
    };
    let mut request = QueryJobsRequest { filters: Some(filters), ..QueryJobsRequest::default() };
    loop {
        let QueryJobsResponse { jobs, next_page } = state.scheduler().query_jobs(&request)?;
        for job in jobs {
            state.scheduler().cancel_job(&CancelJobRequest { job_id: job.id })?;
        }
        request.page = match next_page {
            Some(page) if page.starting_after.is_some() => Some(page),
            _ => return Ok(()),
        };
    }
}

/// Returns the request that submits the job of a trigger; `None` for a message without a task.
fn submission(automation: &AutomationPrototype, time: DateTime<Utc>, trace_parent: String) -> Option<SubmitJobRequest> {
    let task = automation.prototype.as_ref()?;
    let identifier = task.identifier.clone()?;
    // Go's default display is the name of the identifier.
    let display = if task.display.is_empty() { identifier.name.clone() } else { task.display.clone() };
    let group = TaskSubmissionGroup {
        dependencies_on_other_groups: Vec::new(),
        inputs: vec![envelope(time, &task.input).into()],
        identifier_pointers: vec![0],
        cluster_slug_pointers: vec![0],
        display_pointers: vec![0],
        max_retries_values: vec![task.max_retries],
        optional_values: vec![false],
    };
    let tasks = TaskSubmissions {
        task_groups: vec![group],
        cluster_slug_lookup: vec![task.cluster_slug.clone()],
        identifier_lookup: vec![identifier],
        display_lookup: vec![display],
    };
    Some(SubmitJobRequest {
        tasks: Some(tasks),
        job_name: automation.name.clone(),
        trace_parent,
        automation_id: automation.id.clone(),
        ..SubmitJobRequest::default()
    })
}

/// Returns the input of a task that a cron trigger submits.
pub(super) fn envelope(time: DateTime<Utc>, args: &[u8]) -> Vec<u8> {
    let event = TriggeredCronEvent { trigger_time: Some(to_timestamp(time)) };
    Envelope { trigger_event: event.encode_to_vec().into(), args: args.to_vec().into() }.encode_to_vec()
}

/// Returns a random `trace_parent`, because an automation continues no trace.
fn trace_parent(random: &mut fastrand::Rng) -> String {
    format!("00-{:032x}-{:016x}-01", random.u128(1..), random.u64(1..))
}

#[cfg(test)]
mod tests {
    use tilebox_core::protocol::wire::workflows::v1::{CronTrigger, SingleTaskSubmission, TaskIdentifier};

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn automation(schedules: &[&str]) -> Automation {
        let trigger = |schedule: &&str| CronTrigger { schedule: (*schedule).to_owned(), ..CronTrigger::default() };
        let message = AutomationPrototype {
            name: "nightly".to_owned(),
            prototype: Some(SingleTaskSubmission {
                cluster_slug: "dev".to_owned(),
                identifier: Some(TaskIdentifier { name: "Say".to_owned(), version: "v1.2".to_owned() }),
                max_retries: 3,
                input: "\"hi\"".into(),
                ..SingleTaskSubmission::default()
            }),
            cron_triggers: schedules.iter().map(trigger).collect(),
            ..AutomationPrototype::default()
        };
        Automation::restore(message).expect("valid schedules")
    }

    #[test]
    fn a_cron_task_gets_its_time_and_arguments() {
        let input = envelope(time("2030-01-01T00:00:00Z"), b"\"hi\"");
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "0a080a060880b1ef8607120422686922");
    }

    #[test]
    fn a_trigger_fires_once_at_its_time() {
        let mut automation = automation(&["0 * * * *", "30 0 * * *"]);
        assert!(automation.take_due(time("2030-01-01T00:00:10Z")).is_empty(), "not due when it is loaded");
        assert!(automation.take_due(time("2030-01-01T00:29:59Z")).is_empty());
        assert_eq!(automation.take_due(time("2030-01-01T00:30:00.5Z")), [time("2030-01-01T00:30:00Z")]);
        assert!(automation.take_due(time("2030-01-01T00:30:01Z")).is_empty());
        let late = automation.take_due(time("2030-01-01T05:10:00Z"));
        assert_eq!(late, [time("2030-01-01T01:00:00Z")], "one job for five missed times");
        assert_eq!(automation.take_due(time("2030-01-01T06:00:00Z")), [time("2030-01-01T06:00:00Z")]);
        automation.message.disabled = true;
        assert!(automation.take_due(time("2031-01-01T06:00:00Z")).is_empty());
    }

    #[test]
    fn a_job_of_an_automation_has_its_name_and_task() {
        let automation = automation(&["@daily"]);
        let request = submission(&automation.message, time("2030-01-01T00:00:00Z"), "trace".to_owned());
        let request = request.expect("a request");
        assert_eq!((request.job_name.as_str(), request.trace_parent.as_str()), ("nightly", "trace"));
        let tasks = request.tasks.expect("tasks");
        assert_eq!(tasks.cluster_slug_lookup, ["dev"]);
        assert_eq!(tasks.display_lookup, ["Say"]);
        let [group] = &tasks.task_groups[..] else { panic!("one group") };
        assert_eq!((&group.max_retries_values[..], group.inputs.len()), (&[3][..], 1));
    }

    #[test]
    fn a_trace_parent_follows_w3c() {
        let parent = trace_parent(&mut fastrand::Rng::with_seed(7));
        let lengths: Vec<_> = parent.split('-').map(str::len).collect();
        assert_eq!(lengths, [2, 32, 16, 2], "{parent}");
    }
}
