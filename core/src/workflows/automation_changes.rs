//! Requests that create or change an automation, checked before they are sent (Workflows API, `AutomationPrototype`).

use super::name::check_name;
use super::{CronSchedule, StorageLocation, TaskDefaults, TaskSubmission};
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum number of triggers of an automation.
const MAX_TRIGGERS: usize = 32;
/// Maximum number of characters of a text that an error repeats.
const MAX_EXCERPT: usize = 60;

/// The changes of an automation, or the properties of a new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct AutomationChanges {
    pub(crate) name: Option<String>,
    pub(crate) task: Option<TaskSubmission>,
    pub(crate) triggers: Option<NewTriggers>,
    pub(crate) is_enabled: Option<bool>,
}

/// All triggers of an automation. They are of one kind.
#[derive(Clone, Debug)]
pub(crate) enum NewTriggers {
    /// Texts of cron schedules.
    Cron(Vec<String>),
    /// Storage locations with glob patterns.
    StorageEvents(Vec<(StorageLocation, String)>),
}

impl AutomationChanges {
    /// Applies the changes to an automation; to an empty message for a new automation. `purpose` completes "cannot …".
    ///
    /// A trigger that stays keeps its id, so that the server can recognize it. A repeated trigger is a new one.
    pub(crate) fn apply(
        &self,
        purpose: &str,
        mut automation: wire::AutomationPrototype,
    ) -> Result<wire::AutomationPrototype> {
        if let Some(name) = &self.name {
            check_name(purpose, name)?;
            automation.name.clone_from(name);
        }
        if let Some(task) = &self.task {
            let task = task.to_wire(&TaskDefaults::new());
            automation.prototype = Some(task.map_err(|error| {
                Error::invalid(purpose.to_owned(), error.reason().to_owned(), error.advice().to_owned())
                    .with_source(error)
            })?);
        }
        if let Some(is_enabled) = self.is_enabled {
            automation.disabled = !is_enabled;
        }
        match &self.triggers {
            Some(NewTriggers::Cron(schedules)) => {
                let other = automation.storage_event_triggers.len();
                check_triggers(purpose, schedules.len(), "cron schedules", "storage events", other)?;
                let mut existing = std::mem::take(&mut automation.cron_triggers);
                automation.cron_triggers = schedules
                    .iter()
                    .map(|schedule| cron_trigger(purpose, schedule, &mut existing))
                    .collect::<Result<_>>()?;
            }
            Some(NewTriggers::StorageEvents(events)) => {
                let other = automation.cron_triggers.len();
                check_triggers(purpose, events.len(), "storage events", "cron schedules", other)?;
                let mut existing = std::mem::take(&mut automation.storage_event_triggers);
                automation.storage_event_triggers = events
                    .iter()
                    .map(|(location, glob)| storage_event_trigger(purpose, location, glob, &mut existing))
                    .collect::<Result<_>>()?;
            }
            None => {}
        }
        Ok(automation)
    }
}

/// Refuses zero triggers, more than 32, and triggers of a second kind.
fn check_triggers(purpose: &str, count: usize, kind: &str, other_kind: &str, other: usize) -> Result<()> {
    let (reason, advice) = if other > 0 {
        let reason = format!("{other_kind} trigger it, and the triggers of an automation are of one kind");
        (reason, format!("create another automation for {kind}"))
    } else if !(1..=MAX_TRIGGERS).contains(&count) {
        (format!("expects 1 to {MAX_TRIGGERS} {kind}, got {count}"), "change their number".to_owned())
    } else {
        return Ok(());
    };
    Err(Error::invalid(purpose.to_owned(), reason, advice))
}

/// Returns the trigger of a schedule: the existing one, which it removes from the list, or a new one.
fn cron_trigger(purpose: &str, schedule: &str, existing: &mut Vec<wire::CronTrigger>) -> Result<wire::CronTrigger> {
    let purpose = format!("{purpose} with the schedule `{}`", excerpt(schedule, MAX_EXCERPT));
    let schedule = String::from(CronSchedule::parse_for(&purpose, schedule)?);
    let same = existing.iter().position(|trigger| trigger.schedule == schedule);
    let same = same.map(|at| existing.remove(at));
    Ok(same.unwrap_or(wire::CronTrigger { id: None, schedule, next_scheduled_at: None }))
}

/// Returns the trigger of the events of a location: the existing one, which it removes from the list, or a new one.
fn storage_event_trigger(
    purpose: &str,
    location: &StorageLocation,
    glob_pattern: &str,
    existing: &mut Vec<wire::StorageEventTrigger>,
) -> Result<wire::StorageEventTrigger> {
    if glob_pattern.trim().is_empty() {
        let advice = "write a pattern of paths, such as **/*.tif, or ** for all";
        return Err(Error::invalid(purpose.to_owned(), "a glob pattern is empty", advice));
    }
    let storage_location = location.to_wire();
    let same = existing.iter().position(|trigger| {
        let location = trigger.storage_location.as_ref().and_then(|location| location.id.as_ref());
        trigger.glob_pattern == glob_pattern && location == storage_location.id.as_ref()
    });
    let same = same.map(|at| existing.remove(at));
    Ok(same.unwrap_or(wire::StorageEventTrigger {
        id: None,
        storage_location: Some(storage_location),
        glob_pattern: glob_pattern.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use uuid::Uuid;

    use super::*;
    use crate::protocol::id;

    fn cron(schedules: &[&str]) -> Option<NewTriggers> {
        Some(NewTriggers::Cron(schedules.iter().map(ToString::to_string).collect()))
    }

    fn location(number: u128) -> StorageLocation {
        let id = Some(id::to_wire(Uuid::from_u128(number)));
        StorageLocation::from_wire(wire::StorageLocation { id, ..Default::default() }).expect("a location")
    }

    fn hourly() -> AutomationChanges {
        AutomationChanges {
            name: Some("Hourly".to_owned()),
            task: Some(TaskSubmission::bytes("T", "7").display("T")),
            triggers: cron(&["@hourly"]),
            is_enabled: None,
        }
    }

    #[test]
    fn a_new_automation_has_known_bytes() {
        let message = hourly().apply("create it", wire::AutomationPrototype::default()).expect("a message");
        // Name is field 2, the task field 3, a schedule field 5 with the text in its field 2; without ids.
        let task = b"\x12\x09\x0a\x01T\x12\x04v0.0\x1a\x017\x22\x01T";
        let mut expected = b"\x12\x06Hourly\x1a\x11".to_vec();
        expected.extend(task);
        expected.extend(b"\x2a\x09\x12\x07@hourly");
        assert_eq!(message.encode_to_vec(), expected);
    }

    #[test]
    fn a_trigger_that_stays_keeps_its_id() {
        let mut current = hourly().apply("create it", wire::AutomationPrototype::default()).expect("a message");
        current.cron_triggers[0].id = Some(id::to_wire(Uuid::from_u128(5)));
        let changes = AutomationChanges {
            triggers: cron(&["@daily", " @hourly "]),
            is_enabled: Some(false),
            ..Default::default()
        };
        let changed = changes.apply("update it", current.clone()).expect("a message");
        let ids: Vec<_> = changed.cron_triggers.iter().map(|trigger| trigger.id.is_some()).collect();
        assert_eq!((ids.as_slice(), changed.disabled), ([false, true].as_slice(), true));
        assert_eq!((&changed.name, &changed.prototype), (&current.name, &current.prototype));

        let triggers = Some(NewTriggers::StorageEvents(vec![(location(1), "*".to_owned())]));
        let events = AutomationChanges { triggers, ..hourly() };
        let mut current = events.apply("create it", wire::AutomationPrototype::default()).expect("a message");
        current.storage_event_triggers[0].id = Some(id::to_wire(Uuid::from_u128(6)));
        let both = vec![(location(2), "*".to_owned()), (location(1), "*".to_owned())];
        let changes = AutomationChanges { triggers: Some(NewTriggers::StorageEvents(both)), ..Default::default() };
        let changed = changes.apply("update it", current).expect("a message");
        assert!(changed.storage_event_triggers[0].id.is_none() && changed.storage_event_triggers[1].id.is_some());
    }

    #[test]
    fn the_id_of_a_repeated_trigger_is_sent_once() {
        let mut current = hourly().apply("create it", wire::AutomationPrototype::default()).expect("a message");
        current.cron_triggers[0].id = Some(id::to_wire(Uuid::from_u128(5)));
        let changes = AutomationChanges { triggers: cron(&["@hourly", "@hourly"]), ..Default::default() };
        let changed = changes.apply("update it", current).expect("a message");
        let ids: Vec<_> = changed.cron_triggers.iter().map(|trigger| trigger.id.is_some()).collect();
        assert_eq!(ids, [true, false]);

        let twice =
            || Some(NewTriggers::StorageEvents(vec![(location(1), "*".to_owned()), (location(1), "*".to_owned())]));
        let events = AutomationChanges { triggers: twice(), ..hourly() };
        let mut current = events.apply("create it", wire::AutomationPrototype::default()).expect("a message");
        current.storage_event_triggers.truncate(1);
        current.storage_event_triggers[0].id = Some(id::to_wire(Uuid::from_u128(6)));
        let changes = AutomationChanges { triggers: twice(), ..Default::default() };
        let changed = changes.apply("update it", current).expect("a message");
        let ids: Vec<_> = changed.storage_event_triggers.iter().map(|trigger| trigger.id.is_some()).collect();
        assert_eq!(ids, [true, false]);
    }

    #[test]
    fn an_automation_has_1_to_32_triggers_of_one_kind() {
        let refused = |triggers: Option<NewTriggers>, current: &wire::AutomationPrototype| {
            let changes = AutomationChanges { triggers, ..Default::default() };
            changes.apply("update it", current.clone()).expect_err("refused").to_string()
        };
        let none = wire::AutomationPrototype::default();
        let many = vec!["@hourly"; 33];
        assert!(refused(cron(&[]), &none).starts_with("cannot update it: expects 1 to 32 cron schedules, got 0; "));
        assert!(refused(cron(&many), &none).starts_with("cannot update it: expects 1 to 32 cron schedules, got 33; "));
        let current = hourly().apply("create it", none.clone()).expect("a message");
        let event = NewTriggers::StorageEvents(vec![(location(1), "*".to_owned())]);
        assert_eq!(
            refused(Some(event), &current),
            "cannot update it: cron schedules trigger it, and the triggers of an automation are of one kind; create \
             another automation for storage events"
        );
        let empty = NewTriggers::StorageEvents(vec![(location(1), " ".to_owned())]);
        assert!(refused(Some(empty), &none).contains("a glob pattern is empty"));
    }

    #[test]
    fn an_error_names_the_schedule_and_its_field() {
        let changes = AutomationChanges { triggers: cron(&["@daily", "0 25 * * *"]), ..hourly() };
        let error = changes.apply("create the automation `Hourly`", wire::AutomationPrototype::default());
        let error = error.expect_err("not valid").to_string();
        let expected = "cannot create the automation `Hourly` with the schedule `0 25 * * *`: the hour expects a number \
                        from 0 to 23, got `25`; write five fields";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn an_invalid_name_or_task_is_refused() {
        for changes in [
            AutomationChanges { name: Some(String::new()), ..hourly() },
            AutomationChanges { task: Some(TaskSubmission::bytes("", "")), ..hourly() },
            AutomationChanges { task: Some(TaskSubmission::bytes("T", vec![0; 2049])), ..hourly() },
        ] {
            let error = changes.apply("create it", wire::AutomationPrototype::default()).expect_err("not valid");
            assert!(error.to_string().starts_with("cannot create it: "), "{error}");
        }
    }
}
