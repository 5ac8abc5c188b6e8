//! Reads an automation from a request.

use std::time::{Duration, SystemTime};

use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    AutomationPrototype, CronTrigger, SingleTaskSubmission, StorageEventTrigger, StorageLocation, TaskIdentifier,
};

use super::firing::envelope;
use super::{Automation, Cron, location_id};
use crate::ids;
use crate::services::Refusal;
use crate::workflows::state::State;
use crate::workflows::text::{MAXIMUM_NAME_LENGTH, check_length};
use crate::workflows::{cluster, storage_location};

/// The largest number of triggers (Workflows API, automations).
const MAXIMUM_TRIGGERS: usize = 32;
/// The largest input of a task, in bytes (Workflows API, task submissions).
const MAXIMUM_INPUT_BYTES: usize = 2048;
/// The longest name of a task, in bytes (Workflows API, task identifiers).
const MAXIMUM_TASK_NAME_BYTES: usize = 256;
/// The longest glob pattern, in characters. The limit of the real server is not known.
const MAXIMUM_PATTERN_LENGTH: usize = 1024;

/// Reads a new automation, or the new version of the present one. Triggers without a known id get new ids.
pub(super) fn read(
    state: &mut State,
    request: AutomationPrototype,
    present: Option<&Automation>,
) -> Result<Automation, Refusal> {
    check_length("name", Some(&request.name), 1..=MAXIMUM_NAME_LENGTH)?;
    let mut prototype = request.prototype.ok_or_else(|| Refusal::invalid("prototype: a value is required"))?;
    check_task(state, &prototype)?;
    let (storage_events, crons) = (request.storage_event_triggers.len(), request.cron_triggers.len());
    if !matches!((storage_events, crons), (0, 1..=MAXIMUM_TRIGGERS) | (1..=MAXIMUM_TRIGGERS, 0)) {
        return Err(Refusal::invalid(format!(
            "expects 1 to {MAXIMUM_TRIGGERS} triggers of one kind; got {crons} cron_triggers and {storage_events} \
             storage_event_triggers"
        )));
    }
    let schedules = schedules(&request.cron_triggers)?;
    check_storage_events(state, &request.storage_event_triggers)?;

    // Nothing is refused from here on.
    if prototype.cluster_slug.is_empty() {
        state.use_default_cluster();
        prototype.cluster_slug.clone_from(&state.default_slug);
    }
    let known = known_ids(present);
    let keep_or_new = |state: &mut State, id: Option<Id>| {
        Some(id.filter(|id| known.contains(id)).unwrap_or_else(|| ids::to_wire(state.new_id())))
    };
    let id = match present {
        Some(present) => present.message.id.clone(),
        None => Some(ids::to_wire(state.new_id())),
    };
    let mut message = AutomationPrototype { id, prototype: Some(prototype), ..request };
    for trigger in &mut message.cron_triggers {
        trigger.id = keep_or_new(state, trigger.id.take());
        trigger.next_scheduled_at = None;
    }
    for trigger in &mut message.storage_event_triggers {
        let location = location_id(trigger).map(ids::to_wire);
        trigger.id = keep_or_new(state, trigger.id.take());
        trigger.storage_location = Some(StorageLocation { id: location, ..StorageLocation::default() });
    }
    let now = state.moment().time.into();
    let crons = schedules.into_iter().map(|schedule| Cron { next: schedule.next_after(now), schedule }).collect();
    Ok(Automation { message, crons })
}

/// Returns the ids of the triggers of an automation.
fn known_ids(automation: Option<&Automation>) -> Vec<Id> {
    let Some(Automation { message, .. }) = automation else { return Vec::new() };
    let crons = message.cron_triggers.iter().map(|trigger| &trigger.id);
    crons.chain(message.storage_event_triggers.iter().map(|trigger| &trigger.id)).flatten().cloned().collect()
}

fn check_task(state: &State, task: &SingleTaskSubmission) -> Result<(), Refusal> {
    let identifier = task.identifier.as_ref();
    let TaskIdentifier { name, version } =
        identifier.ok_or_else(|| Refusal::invalid("prototype.identifier: a value is required"))?;
    if !(1..=MAXIMUM_TASK_NAME_BYTES).contains(&name.len()) {
        let expected = format!("expects 1 to {MAXIMUM_TASK_NAME_BYTES} bytes, got {}", name.len());
        return Err(Refusal::invalid(format!("prototype.identifier.name: {expected}")));
    }
    if !is_version(version) {
        let reason = format!("prototype.identifier.version: expects v<major>.<minor>, such as v1.0; got {version:?}");
        return Err(Refusal::invalid(reason));
    }
    if !task.dependencies.is_empty() {
        return Err(Refusal::invalid("prototype.dependencies: expects none, because an automation runs one task"));
    }
    if task.max_retries < 0 {
        return Err(Refusal::invalid(format!("prototype.max_retries: expects 0 or more, got {}", task.max_retries)));
    }
    // The input of the task is the prototype's with the event that triggered it.
    let latest = SystemTime::UNIX_EPOCH + Duration::from_secs(i64::MAX as u64 / 1_000_000_000);
    let overhead = envelope(latest.into(), b"").len() + 3;
    let maximum = MAXIMUM_INPUT_BYTES - overhead;
    if task.input.len() > maximum {
        let reason = format!("prototype.input: expects at most {maximum} bytes, got {}", task.input.len());
        return Err(Refusal::invalid(reason));
    }
    let slug = &task.cluster_slug;
    let is_known = slug.is_empty() || *slug == state.default_slug || state.clusters.contains_key(slug);
    if is_known { Ok(()) } else { Err(cluster::unknown(slug)) }
}

/// Returns whether a text is a version: `v1.0`.
fn is_version(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = text.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
    numbers.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

fn schedules(triggers: &[CronTrigger]) -> Result<Vec<super::Schedule>, Refusal> {
    let parsed = triggers.iter().enumerate().map(|(index, trigger)| {
        let refuse =
            |reason| Refusal::invalid(format!("cron_triggers[{index}].schedule {:?}: {reason}", trigger.schedule));
        trigger.schedule.parse().map_err(refuse)
    });
    parsed.collect()
}

fn check_storage_events(state: &State, triggers: &[StorageEventTrigger]) -> Result<(), Refusal> {
    for (index, trigger) in triggers.iter().enumerate() {
        let field = format!("storage_event_triggers[{index}]");
        check_length(&format!("{field}.glob_pattern"), Some(&trigger.glob_pattern), 1..=MAXIMUM_PATTERN_LENGTH)?;
        let id = location_id(trigger)
            .ok_or_else(|| Refusal::invalid(format!("{field}.storage_location.id: expects an id of 16 bytes")))?;
        if !state.storage_locations.contains_key(&id) {
            return Err(storage_location::unknown(id));
        }
    }
    Ok(())
}
