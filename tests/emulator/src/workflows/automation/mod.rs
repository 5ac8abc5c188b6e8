//! `AutomationService`: automations. Cron triggers submit jobs; storage events never happen here.
//!
//! | file | contents |
//! |---|---|
//! | `check` | reads an automation from a request |
//! | `cron` | schedules and their next times |
//! | `firing` | the jobs of triggers that are due |
//! | `timer` | the loop that submits them while the server runs |

mod check;
mod cron;
mod firing;
mod timer;

use chrono::{DateTime, Utc};
use prost::Message;
use prost_types::Timestamp;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    AutomationPrototype, Automations, CronTrigger, DeleteAutomationRequest, StorageEventTrigger, StorageLocation,
};
use uuid::Uuid;

use super::state::State;
use crate::ids;
use crate::services::{ErrorCode, Refusal, required_id};
use crate::store::Table;
use cron::Schedule;
pub(super) use firing::{fire, next_due};
pub(crate) use timer::run;

/// An automation.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Automation {
    /// The message without the next times of cron triggers, and with no more than the ids of storage locations.
    message: AutomationPrototype,
    /// The schedules of its cron triggers, in their order.
    crons: Vec<Cron>,
}

/// The schedule of a cron trigger.
#[derive(Clone, PartialEq, Debug)]
struct Cron {
    schedule: Schedule,
    /// The time at which the trigger is due; `None` until it is computed.
    next: Option<DateTime<Utc>>,
}

/// Creates an automation. Whether the real server requires unique names is not known.
pub(super) fn create(state: &mut State, request: AutomationPrototype) -> Result<AutomationPrototype, Refusal> {
    let automation = check::read(state, request, None)?;
    Ok(state.put_automation(automation))
}

/// Returns an automation.
pub(super) fn get(state: &mut State, id: Id) -> Result<AutomationPrototype, Refusal> {
    let id = required_id("id", Some(&id))?;
    let automation = state.automations.get(&id).ok_or_else(|| unknown(id))?;
    Ok(automation.to_wire(state))
}

/// Replaces an automation. A trigger keeps its id if the request has it.
pub(super) fn update(state: &mut State, request: AutomationPrototype) -> Result<AutomationPrototype, Refusal> {
    let id = required_id("id", request.id.as_ref())?;
    let present = state.automations.get(&id).cloned().ok_or_else(|| unknown(id))?;
    let automation = check::read(state, request, Some(&present))?;
    Ok(state.put_automation(automation))
}

/// Deletes an automation, and if requested cancels its jobs that have not ended.
pub(super) fn delete(state: &mut State, request: DeleteAutomationRequest) -> Result<(), Refusal> {
    let id = required_id("automation_id", request.automation_id.as_ref())?;
    if !state.automations.contains_key(&id) {
        return Err(unknown(id));
    }
    if request.cancel_jobs {
        firing::cancel_jobs(state, id)?;
    }
    state.automations.remove(&id);
    state.record(Table::Automations, *id.as_bytes(), None);
    Ok(())
}

/// Returns all automations in the order of their creation. The order of the real server is not known.
pub(super) fn list(state: &mut State, (): ()) -> Result<Automations, Refusal> {
    let automations = state.automations.values().map(|automation| automation.to_wire(state)).collect();
    Ok(Automations { automations })
}

impl State {
    /// Stores an automation and returns its message.
    fn put_automation(&mut self, automation: Automation) -> AutomationPrototype {
        let message = automation.to_wire(self);
        if let Some(id) = automation.id() {
            let record = automation.message.encode_to_vec().into();
            self.record(Table::Automations, *id.as_bytes(), Some(record));
            self.automations.insert(id, automation);
        }
        message
    }

    /// Loads the record of an automation; `None` if it is malformed.
    pub(super) fn restore_automation(&mut self, value: &[u8]) -> Option<()> {
        let automation = Automation::restore(AutomationPrototype::decode(value).ok()?)?;
        self.automations.insert(automation.id()?, automation);
        Some(())
    }

    /// Returns the name of an automation with a trigger at a storage location.
    pub(super) fn automation_at(&self, storage_location: Uuid) -> Option<&str> {
        let uses = |trigger: &StorageEventTrigger| location_id(trigger) == Some(storage_location);
        let found = self.automations.values().find(|used| used.message.storage_event_triggers.iter().any(uses));
        found.map(|automation| automation.message.name.as_str())
    }
}

impl Automation {
    fn id(&self) -> Option<Uuid> {
        self.message.id.as_ref().and_then(ids::from_wire)
    }

    /// Loads a stored message; `None` if a schedule is not valid.
    fn restore(message: AutomationPrototype) -> Option<Self> {
        let crons = message.cron_triggers.iter().map(|trigger| {
            let schedule = trigger.schedule.parse().ok()?;
            Some(Cron { schedule, next: None })
        });
        let crons = crons.collect::<Option<_>>()?;
        Some(Self { message, crons })
    }

    /// Returns the message with the next times of cron triggers and whole storage locations.
    fn to_wire(&self, state: &State) -> AutomationPrototype {
        let now = DateTime::<Utc>::from(state.moment().time);
        let with_next = |(trigger, cron): (&CronTrigger, &Cron)| CronTrigger {
            next_scheduled_at: (!self.message.disabled).then(|| cron.next_from(now).map(to_timestamp)).flatten(),
            ..trigger.clone()
        };
        let with_location = |trigger: &StorageEventTrigger| StorageEventTrigger {
            storage_location: location_id(trigger).and_then(|id| state.storage_locations.get(&id).cloned()),
            ..trigger.clone()
        };
        AutomationPrototype {
            cron_triggers: self.message.cron_triggers.iter().zip(&self.crons).map(with_next).collect(),
            storage_event_triggers: self.message.storage_event_triggers.iter().map(with_location).collect(),
            ..self.message.clone()
        }
    }
}

impl Cron {
    /// Returns the time at which the trigger is due, seen from `now`.
    fn next_from(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next.or_else(|| self.schedule.next_after(now))
    }
}

/// Returns the id of the storage location of a trigger.
fn location_id(trigger: &StorageEventTrigger) -> Option<Uuid> {
    let StorageLocation { id, .. } = trigger.storage_location.as_ref()?;
    id.as_ref().and_then(ids::from_wire)
}

fn to_timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: time.timestamp(), nanos: time.timestamp_subsec_nanos().cast_signed() }
}

/// Returns the error of an unknown automation. Its text is not known.
fn unknown(id: Uuid) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("no such automation {id}"))
}
