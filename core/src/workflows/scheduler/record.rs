//! Records: the form in which a store keeps the jobs and tasks of a scheduler.
//!
//! | key | value | written |
//! |---|---|---|
//! | `j`, number of the job | [`JobRecord`] | at submission, cancellation and retry |
//! | `b`, number of the batch | [`BatchRecord`] | once |
//! | `t`, number of the task | [`TaskRecord`] | when the task changes after its submission |
//!
//! Numbers are 4 bytes, big-endian. A value is the byte [`FORMAT`], then the protobuf message.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

use super::keys::Key;
use super::lease::Lease;
use super::task::{Run, Task};
use super::times;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;
use crate::time::Instant;

/// A value that a store keeps under a key, replacing the earlier value of that key.
///
/// Keys and values are opaque to the store. Their format is versioned: a scheduler refuses records of a newer format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// 5 bytes, unique.
    pub key: Bytes,
    /// A few bytes to the size of a submission.
    pub value: Bytes,
}

/// The version of the format of values.
pub(super) const FORMAT: u8 = 1;

/// The length of a key.
const KEY: usize = 5;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Job,
    Batch,
    Task,
}

impl Kind {
    const fn prefix(self) -> u8 {
        match self {
            Self::Job => b'j',
            Self::Batch => b'b',
            Self::Task => b't',
        }
    }
}

impl Record {
    pub(super) fn new(kind: Kind, key: impl Key, message: &impl Message) -> Self {
        let mut bytes = BytesMut::with_capacity(KEY + 1 + message.encoded_len());
        bytes.put_u8(kind.prefix());
        bytes.put_u32(key.number());
        let key = bytes.split().freeze();
        bytes.put_u8(FORMAT);
        // Cannot fail: the buffer grows.
        let _ = message.encode(&mut bytes);
        Self { key, value: bytes.freeze() }
    }

    /// Returns the kind and the number in the key; `None` if it is not one.
    pub(super) fn parse_key(key: &[u8]) -> Option<(Kind, u32)> {
        let (prefix, number) = key.split_first()?;
        let kind = [Kind::Job, Kind::Batch, Kind::Task].into_iter().find(|kind| kind.prefix() == *prefix)?;
        Some((kind, u32::from_be_bytes(number.try_into().ok()?)))
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct JobRecord {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) id: Bytes,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) trace_parent: String,
    /// Empty: not submitted by an automation.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) automation: Bytes,
    #[prost(bool, tag = "5")]
    pub(super) canceled: bool,
    /// The batch of its root tasks.
    #[prost(uint32, tag = "6")]
    pub(super) roots: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchRecord {
    #[prost(uint32, tag = "1")]
    pub(super) job: u32,
    #[prost(uint32, optional, tag = "2")]
    pub(super) parent: Option<u32>,
    /// The number of its first task.
    #[prost(uint32, tag = "3")]
    pub(super) first: u32,
    /// The ids of the tasks, 16 bytes each.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) ids: Bytes,
    /// The tasks, as the wire has them. The slugs of clusters are not empty.
    #[prost(message, optional, tag = "5")]
    pub(super) tasks: Option<wire::TaskSubmissions>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TaskRecord {
    #[prost(enumeration = "wire::TaskState", tag = "1")]
    pub(super) state: i32,
    #[prost(int64, tag = "2")]
    pub(super) retries: i64,
    #[prost(uint32, tag = "3")]
    pub(super) crashes: u32,
    #[prost(bool, tag = "4")]
    pub(super) expired: bool,
    /// The duration for which the lease of the current execution was granted.
    #[prost(message, optional, tag = "5")]
    pub(super) granted: Option<prost_types::Duration>,
    #[prost(message, optional, tag = "6")]
    pub(super) first_started: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "7")]
    pub(super) started: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "8")]
    pub(super) stopped: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "9")]
    pub(super) compute: Option<prost_types::Duration>,
    #[prost(string, optional, tag = "10")]
    pub(super) display: Option<String>,
    #[prost(message, repeated, tag = "11")]
    pub(super) progress: Vec<wire::Progress>,
    /// Whether it has submitted subtasks, whose batch must be there.
    #[prost(bool, tag = "12")]
    pub(super) has_children: bool,
}

impl TaskRecord {
    pub(super) fn new(task: &Task) -> Self {
        let Run { retries, crashes, expired, lease, first_started, started, stopped, compute, display, progress } =
            &task.run;
        Self {
            state: task.state.into(),
            retries: *retries,
            crashes: *crashes,
            expired: *expired,
            granted: lease.map(|lease| times::to_wire(lease.granted)),
            first_started: first_started.map(Timestamp::to_wire),
            started: started.map(Timestamp::to_wire),
            stopped: stopped.map(Timestamp::to_wire),
            compute: (!compute.is_zero()).then(|| times::to_wire(*compute)),
            display: display.as_ref().map(|display| display.to_string()),
            progress: progress.to_vec(),
            has_children: task.children.is_some(),
        }
    }

    /// Returns the run that was recorded, with a lease that starts now; `None` if a time is out of range.
    pub(super) fn into_run(self, now: Instant) -> Option<Run> {
        let time = |time: Option<prost_types::Timestamp>| match time {
            Some(time) => Timestamp::from_wire(&time).map(Some),
            None => Some(None),
        };
        let duration = |duration: Option<prost_types::Duration>| match duration {
            Some(duration) => times::from_wire(&duration),
            None => Some(Duration::ZERO),
        };
        let granted = duration(self.granted)?;
        Some(Run {
            retries: self.retries,
            crashes: self.crashes,
            expired: self.expired,
            lease: self.granted.map(|_| Lease { end: now + granted, granted }),
            first_started: time(self.first_started)?,
            started: time(self.started)?,
            stopped: time(self.stopped)?,
            compute: duration(self.compute)?,
            display: self.display.map(Arc::from),
            progress: self.progress.into(),
        })
    }
}
