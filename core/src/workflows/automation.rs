//! Automations: tasks that the server submits on a schedule, or when an object is stored.

use std::fmt;

use uuid::Uuid;

use super::{StorageLocation, TableRow, TaskDefaults, TaskSubmission};
use crate::error::UnreadableMessage;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// An automation: a task that the server submits as a job on a schedule, or when an object is stored.
///
/// An automation has triggers of one kind. Where its id is expected, a reference to it serves as well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Automation {
    /// The id.
    pub id: Uuid,
    /// The display name.
    pub name: String,
    /// The task of its jobs. Its input holds only the arguments; the server adds the event that triggered the job.
    pub task: TaskSubmission,
    /// The schedules; empty for an automation that storage events trigger.
    pub cron_triggers: Vec<CronTrigger>,
    /// The storage events; empty for an automation with schedules.
    pub storage_event_triggers: Vec<StorageEventTrigger>,
    /// Whether it submits jobs.
    pub is_enabled: bool,
}

impl Automation {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the automation has no id, its task has no valid identifier, or a storage location has no id.
    pub fn from_wire(automation: wire::AutomationPrototype) -> Result<Self, UnreadableMessage> {
        let id = automation.id.as_ref().and_then(id::from_wire);
        let name = automation.name;
        let missing = |part: &str| UnreadableMessage::new(format!("the automation `{name}` has no {part}"));
        let events = automation.storage_event_triggers.into_iter().map(StorageEventTrigger::from_wire);
        Ok(Self {
            id: id.ok_or_else(|| missing("id"))?,
            task: TaskSubmission::from_wire(automation.prototype.ok_or_else(|| missing("task"))?)?,
            cron_triggers: automation.cron_triggers.into_iter().map(CronTrigger::from_wire).collect(),
            storage_event_triggers: events.collect::<Result<_, _>>()?,
            is_enabled: !automation.disabled,
            name,
        })
    }

    /// Returns the earliest time at which a schedule submits its next job; `None` for an automation without schedules, or
    /// if it is unknown.
    #[must_use]
    pub fn next_scheduled_at(&self) -> Option<Timestamp> {
        self.cron_triggers.iter().filter_map(|trigger| trigger.next_scheduled_at).min()
    }

    /// Returns the triggers, one text each.
    fn triggers(&self) -> Vec<String> {
        let schedules = self.cron_triggers.iter().map(ToString::to_string);
        schedules.chain(self.storage_event_triggers.iter().map(ToString::to_string)).collect()
    }

    /// Returns the task as text: its identifier, and its cluster unless that is the default one.
    fn task_text(&self) -> String {
        match self.task.to_wire(&TaskDefaults::new()) {
            Ok(task) if !task.cluster_slug.is_empty() => {
                let identifier = self.task.identifier().map_or_else(|_| String::new(), ToString::to_string);
                format!("{identifier} on {}", task.cluster_slug)
            }
            _ => self.task.identifier().map_or_else(|error| error.reason().to_owned(), ToString::to_string),
        }
    }
}

/// `<name> [Automation <id>]: <task>`, and one line for each trigger.
impl fmt::Display for Automation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disabled = if self.is_enabled { "" } else { ", disabled" };
        let task = excerpt(&self.task_text(), MAX_PRINTED);
        write!(f, "{} [Automation {}{disabled}]: {task}", excerpt(&self.name, MAX_PRINTED), self.id)?;
        self.triggers().iter().try_for_each(|trigger| write!(f, "\n    {trigger}"))
    }
}

impl From<&Automation> for Uuid {
    fn from(automation: &Automation) -> Self {
        automation.id
    }
}

impl TableRow for Automation {
    const NAMES: [&'static str; 2] = ["automation", "automations"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "state", "triggers", "next", "task"];

    fn cells(&self) -> Vec<String> {
        let schedules = self.cron_triggers.iter().map(|trigger| trigger.schedule.clone());
        let patterns = self.storage_event_triggers.iter().map(|trigger| trigger.glob_pattern.clone());
        vec![
            self.id.to_string(),
            self.name.clone(),
            if self.is_enabled { "enabled" } else { "disabled" }.to_owned(),
            schedules.chain(patterns).collect::<Vec<_>>().join("; "),
            self.next_scheduled_at().map_or_else(String::new, |time| time.to_string()),
            self.task_text(),
        ]
    }
}

/// A schedule of an automation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CronTrigger {
    /// The id; `None` if the server does not send one.
    pub id: Option<Uuid>,
    /// The schedule, as [`CronSchedule`](super::CronSchedule) documents.
    pub schedule: String,
    /// The time of the next job; `None` if unknown, such as for a disabled automation.
    pub next_scheduled_at: Option<Timestamp>,
}

impl CronTrigger {
    fn from_wire(trigger: wire::CronTrigger) -> Self {
        Self {
            id: trigger.id.as_ref().and_then(id::from_wire),
            schedule: trigger.schedule,
            next_scheduled_at: trigger.next_scheduled_at.as_ref().and_then(Timestamp::from_wire),
        }
    }
}

/// `cron <schedule>, next at <time>`.
impl fmt::Display for CronTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cron {}", excerpt(&self.schedule, MAX_PRINTED))?;
        self.next_scheduled_at.map_or(Ok(()), |time| write!(f, ", next at {time}"))
    }
}

/// A storage event of an automation: an object whose path matches a pattern is stored in a storage location.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StorageEventTrigger {
    /// The id; `None` if the server does not send one.
    pub id: Option<Uuid>,
    /// The storage location; `None` if the server does not send it.
    pub location: Option<StorageLocation>,
    /// The glob pattern of the path within the location, such as `**/*.tif`.
    pub glob_pattern: String,
}

impl StorageEventTrigger {
    fn from_wire(trigger: wire::StorageEventTrigger) -> Result<Self, UnreadableMessage> {
        Ok(Self {
            id: trigger.id.as_ref().and_then(id::from_wire),
            location: trigger.storage_location.map(StorageLocation::from_wire).transpose()?,
            glob_pattern: trigger.glob_pattern,
        })
    }
}

/// `objects <pattern> of <location>`.
impl fmt::Display for StorageEventTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "objects {}", excerpt(&self.glob_pattern, MAX_PRINTED))?;
        self.location.as_ref().map_or(Ok(()), |location| write!(f, " of {location}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::Listing;

    fn message() -> wire::AutomationPrototype {
        let task = TaskSubmission::bytes("example.com/Report", "7").cluster("dev").to_wire(&TaskDefaults::new());
        let next = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let trigger = |schedule: &str, seconds| wire::CronTrigger {
            id: Some(id::to_wire(Uuid::from_u128(9))),
            schedule: schedule.to_owned(),
            next_scheduled_at: next(seconds),
        };
        wire::AutomationPrototype {
            id: Some(id::to_wire(Uuid::from_u128(7))),
            name: "Reports".to_owned(),
            prototype: Some(task.expect("a task")),
            cron_triggers: vec![trigger("@daily", 86_400), trigger("0 * * * *", 3600)],
            ..Default::default()
        }
    }

    #[test]
    fn an_automation_with_schedules_prints_the_next_job() {
        let automation = Automation::from_wire(message()).expect("an automation");
        assert!(automation.is_enabled);
        assert_eq!(automation.next_scheduled_at().map(Timestamp::unix_seconds), Some(3600));
        assert_eq!(automation.task.input().expect("bytes").as_ref(), b"7");
        assert_eq!(
            automation.to_string(),
            "Reports [Automation 00000000-0000-0000-0000-000000000007]: example.com/Report@v0.0 on dev\n    \
             cron @daily, next at 1970-01-02T00:00:00Z\n    cron 0 * * * *, next at 1970-01-01T01:00:00Z"
        );
        let table = Listing::from(vec![automation]).to_string();
        assert!(table.contains("Reports   enabled   @daily; 0 * * * *   1970-01-01T01:00:00Z"), "{table}");
    }

    #[test]
    fn an_automation_with_storage_events_prints_its_patterns() {
        let location = wire::StorageLocation {
            id: Some(id::to_wire(Uuid::from_u128(3))),
            location: "s3://scenes".to_owned(),
            r#type: 2,
            name: "Scenes".to_owned(),
            reference: None,
        };
        let trigger = wire::StorageEventTrigger {
            id: None,
            storage_location: Some(location),
            glob_pattern: "**/*.tif".to_owned(),
        };
        let events =
            wire::AutomationPrototype { cron_triggers: Vec::new(), storage_event_triggers: vec![trigger], ..message() };
        let automation = Automation::from_wire(wire::AutomationPrototype { disabled: true, ..events });
        let text = automation.expect("an automation").to_string();
        assert!(text.starts_with("Reports [Automation 00000000-0000-0000-0000-000000000007, disabled]: "), "{text}");
        assert!(text.ends_with("\n    objects **/*.tif of Scenes [Amazon S3]: s3://scenes"), "{text}");
    }

    #[test]
    fn an_automation_without_id_or_task_is_an_error() {
        let error = Automation::from_wire(wire::AutomationPrototype { id: None, ..message() }).expect_err("no id");
        assert!(error.to_string().ends_with("the automation `Reports` has no id"), "{error}");
        let without = wire::AutomationPrototype { prototype: None, ..message() };
        let error = Automation::from_wire(without).expect_err("no task");
        assert!(error.to_string().ends_with("the automation `Reports` has no task"), "{error}");
    }
}
