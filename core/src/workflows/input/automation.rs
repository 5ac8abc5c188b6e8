//! The input of a task that an automation started: the event that triggered it, and the argument of the automation.

use bytes::Bytes;
use prost::Message as _;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result, UPDATE};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;

/// The input of a task that an automation started (Workflows API, `Automation`).
///
/// The bytes do not say which kind of event it is: a task belongs to automations of one kind.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::input::{AutomationInput, CronEvent};
/// use tilebox_tokio::Timestamp;
///
/// let event = CronEvent::new(Timestamp::parse("2030-01-01")?);
/// let input = AutomationInput::new(event, &br#""hi""#[..]).encode();
///
/// let input = AutomationInput::decode(&input)?;
/// assert_eq!(input.cron_event()?.time, Timestamp::parse("2030-01-01")?);
/// assert_eq!(&input.argument()[..], br#""hi""#);
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomationInput {
    event: Bytes,
    argument: Bytes,
}

/// The event of a cron trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CronEvent {
    /// The time for which the task was scheduled.
    pub time: Timestamp,
}

/// The event of a storage trigger: an object in a storage location changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageEvent {
    /// The id of the storage location.
    pub storage_location_id: Uuid,
    /// What happened to the object.
    pub kind: StorageEventKind,
    /// The path of the object in the storage location.
    pub path: String,
}

/// What happened to an object in a storage location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageEventKind {
    /// It was created.
    Created,
    /// A kind that this version does not know, with its number on the wire.
    Unknown(i32),
}

/// The event of a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TriggerEvent {
    /// That of a cron trigger.
    Cron(CronEvent),
    /// That of a storage trigger.
    Storage(StorageEvent),
}

impl AutomationInput {
    /// Creates the input of a task that this event triggered. The argument is that of the automation, encoded as the input of any
    /// other task.
    pub fn new(event: impl Into<TriggerEvent>, argument: impl Into<Bytes>) -> Self {
        let event = match event.into() {
            TriggerEvent::Cron(event) => event.to_wire().encode_to_vec(),
            TriggerEvent::Storage(event) => event.to_wire().encode_to_vec(),
        };
        Self { event: event.into(), argument: argument.into() }
    }

    /// Encodes the input.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let Self { event, argument } = self.clone();
        wire::Automation { trigger_event: event, args: argument }.encode_to_vec().into()
    }

    /// Decodes an input.
    ///
    /// # Errors
    ///
    /// When the bytes are not the input of a task of an automation.
    pub fn decode(input: &[u8]) -> Result<Self> {
        let decoded = wire::Automation::decode(input);
        let wire::Automation { trigger_event, args } = decoded.map_err(|error| {
            let advice = "start the task by an automation, or submit it with an event";
            undecodable("the input of a task of an automation", error.to_string(), advice).with_source(error)
        })?;
        Ok(Self { event: trigger_event, argument: args })
    }

    /// Returns the argument of the automation, encoded.
    #[must_use]
    pub fn argument(&self) -> &Bytes {
        &self.argument
    }

    /// Returns the event of a cron trigger.
    ///
    /// # Errors
    ///
    /// When it is the event of another trigger.
    pub fn cron_event(&self) -> Result<CronEvent> {
        let event = wire::TriggeredCronEvent::decode(&self.event[..]).ok();
        let time = event.and_then(|event| Timestamp::from_wire(&event.trigger_time?));
        time.map(CronEvent::new)
            .ok_or_else(|| undecodable("the event of a cron trigger", "it has no valid time", UPDATE))
    }

    /// Returns the event of a storage trigger.
    ///
    /// # Errors
    ///
    /// When it is the event of another trigger.
    pub fn storage_event(&self) -> Result<StorageEvent> {
        let event = wire::TriggeredStorageEvent::decode(&self.event[..]).ok();
        let event = event.and_then(|event| {
            Some(StorageEvent {
                storage_location_id: id::from_wire(event.storage_location_id.as_ref()?)?,
                kind: StorageEventKind::from_number(event.r#type),
                path: event.location,
            })
        });
        event.ok_or_else(|| undecodable("the event of a storage trigger", "it has no valid storage location", UPDATE))
    }
}

fn undecodable(what: &str, reason: impl Into<String>, advice: &'static str) -> Error {
    Error::new(ErrorKind::Undecodable, format!("decode {what}"), reason, advice)
}

impl CronEvent {
    /// Creates the event of this time.
    #[must_use]
    pub const fn new(time: Timestamp) -> Self {
        Self { time }
    }

    fn to_wire(self) -> wire::TriggeredCronEvent {
        wire::TriggeredCronEvent { trigger_time: Some(self.time.to_wire()) }
    }
}

impl StorageEvent {
    /// Creates the event of an object that was created.
    pub fn created(storage_location_id: Uuid, path: impl Into<String>) -> Self {
        Self { storage_location_id, kind: StorageEventKind::Created, path: path.into() }
    }

    fn to_wire(&self) -> wire::TriggeredStorageEvent {
        wire::TriggeredStorageEvent {
            storage_location_id: Some(id::to_wire(self.storage_location_id)),
            r#type: self.kind.number(),
            location: self.path.clone(),
        }
    }
}

impl StorageEventKind {
    /// Returns the kind with this number on the wire.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Created,
            other => Self::Unknown(other),
        }
    }

    /// Returns its number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Created => 1,
            Self::Unknown(number) => number,
        }
    }
}

impl From<CronEvent> for TriggerEvent {
    fn from(event: CronEvent) -> Self {
        Self::Cron(event)
    }
}

impl From<StorageEvent> for TriggerEvent {
    fn from(event: StorageEvent) -> Self {
        Self::Storage(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::{TaskDefaults, TaskSubmission};

    fn cron() -> CronEvent {
        CronEvent::new(Timestamp::parse("2030-01-01").expect("a time"))
    }

    #[test]
    fn a_cron_task_encodes_as_python_does() {
        let task = TaskSubmission::new("Greeting", "hi").triggered_by(cron());
        let expected = b"\x0a\x08\x0a\x06\x08\x80\xb1\xef\x86\x07\x12\x04\"hi\"";
        assert_eq!(&task.input().expect("an input")[..], expected);
        let input = AutomationInput::decode(expected).expect("an input");
        assert_eq!((input.cron_event().expect("an event"), &input.argument()[..]), (cron(), &b"\"hi\""[..]));
    }

    #[test]
    fn a_storage_event_is_decoded_to_itself() {
        for kind in [StorageEventKind::Created, StorageEventKind::Unknown(7)] {
            let event = StorageEvent { kind, ..StorageEvent::created(Uuid::from_u128(5), "a/b.tif") };
            let input = AutomationInput::new(event.clone(), Bytes::new());
            let decoded = AutomationInput::decode(&input.encode()).expect("an input");
            assert_eq!(decoded.storage_event().expect("an event"), event);
            assert_eq!(decoded, input);
        }
    }

    #[test]
    fn the_event_of_another_trigger_is_an_error() {
        let storage = AutomationInput::new(StorageEvent::created(Uuid::from_u128(5), "a"), Bytes::new());
        assert!(storage.cron_event().is_err());
        assert!(AutomationInput::new(cron(), Bytes::new()).storage_event().is_err());
        assert!(AutomationInput::decode(b"\"hi\"").is_err());
        let empty = AutomationInput::decode(b"").expect("an input without event");
        assert!(empty.cron_event().is_err());
        assert!(empty.storage_event().is_err());
    }

    #[test]
    fn an_envelope_counts_for_the_size_of_the_input() {
        let task = |size| TaskSubmission::bytes("Task", vec![0; size]).triggered_by(cron());
        assert!(task(2000).to_wire(&TaskDefaults::new()).is_ok());
        assert!(task(2040).to_wire(&TaskDefaults::new()).is_err());
    }
}
