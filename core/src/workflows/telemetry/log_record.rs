//! One log record.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::attributes::Runners;
use super::id::hexadecimal;
use super::{AttributeValue, Attributes, SeverityGroup};
use crate::error::plain;
use crate::protocol::wire::opentelemetry::proto::logs::v1 as wire;
use crate::schema::Timestamp;

/// The name of the attribute with the id of the task.
pub(super) const TASK_ID: &str = "task_id";

/// A log record of a task or of its runner.
///
/// Prints one line: time, severity and text.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    time: Option<Timestamp>,
    observed_time: Option<Timestamp>,
    severity_number: i32,
    severity_text: String,
    body: AttributeValue,
    trace_id: Option<String>,
    span_id: Option<String>,
    attributes: Attributes,
    runner_attributes: Arc<Attributes>,
}

impl LogRecord {
    /// Returns all records of all scopes of these messages, in order.
    pub(crate) fn from_wire(resources: Vec<wire::ResourceLogs>) -> Vec<Self> {
        let mut runners = Runners::default();
        let mut records = Vec::with_capacity(resources.len());
        for resource in resources {
            let runner = runners.attributes(resource.resource);
            let scopes = resource.scope_logs.into_iter().flat_map(|scope| scope.log_records);
            records.extend(scopes.map(|record| Self::of(record, &runner)));
        }
        records
    }

    fn of(record: wire::LogRecord, runner: &Arc<Attributes>) -> Self {
        Self {
            time: time(record.time_unix_nano),
            observed_time: time(record.observed_time_unix_nano),
            severity_number: record.severity_number,
            severity_text: record.severity_text,
            body: AttributeValue::from_wire(record.body),
            trace_id: hexadecimal(&record.trace_id),
            span_id: hexadecimal(&record.span_id),
            attributes: Attributes::from_wire(record.attributes),
            runner_attributes: Arc::clone(runner),
        }
    }

    /// Returns the time of the event, or else the time at which it was observed; `None` without both, or after the year 2262.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.time.or(self.observed_time)
    }

    /// Returns the time at which the runner recorded the event.
    #[must_use]
    pub fn observed_time(&self) -> Option<Timestamp> {
        self.observed_time
    }

    /// Returns the severity as the runner wrote it, such as `WARN`; without text, the name of its group in upper case.
    #[must_use]
    pub fn severity(&self) -> Option<&str> {
        let derived = || match SeverityGroup::of_number(self.severity_number)? {
            SeverityGroup::Trace => Some("TRACE"),
            SeverityGroup::Debug => Some("DEBUG"),
            SeverityGroup::Info => Some("INFO"),
            SeverityGroup::Warning => Some("WARN"),
            SeverityGroup::Error if self.severity_number > 20 => Some("FATAL"),
            SeverityGroup::Error => Some("ERROR"),
            SeverityGroup::Unknown(_) => None,
        };
        Some(self.severity_text.as_str()).filter(|text| !text.is_empty()).or_else(derived)
    }

    /// Returns the severity number: 1 to 4 trace, 5 to 8 debug, 9 to 12 info, 13 to 16 warning, 17 to 20 error, 21 to 24
    /// fatal; `None` if the record has none.
    #[must_use]
    pub fn severity_number(&self) -> Option<i32> {
        Some(self.severity_number).filter(|number| *number != 0)
    }

    /// Returns the group of the severity: that of its number, or else that of its text.
    #[must_use]
    pub fn severity_group(&self) -> Option<SeverityGroup> {
        SeverityGroup::of_number(self.severity_number).or_else(|| SeverityGroup::of_name(&self.severity_text))
    }

    /// Returns the content: usually a text.
    #[must_use]
    pub fn body(&self) -> &AttributeValue {
        &self.body
    }

    /// Returns the id of the task: that of its attribute `task_id`. Records of the runner itself have none.
    #[must_use]
    pub fn task_id(&self) -> Option<Uuid> {
        task_id(&self.attributes)
    }

    /// Returns the id of the trace: usually 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref().or_else(|| self.attributes.get("trace_id")?.as_str())
    }

    /// Returns the id of the span: usually 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> Option<&str> {
        self.span_id.as_deref().or_else(|| self.attributes.get("span_id")?.as_str())
    }

    /// Returns the attributes of the record.
    #[must_use]
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Returns the attributes of the runner that sent the record, such as `service.name` and `host.name`.
    #[must_use]
    pub fn runner_attributes(&self) -> &Attributes {
        &self.runner_attributes
    }
}

impl fmt::Display for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(time) = self.time() {
            write!(f, "{} ", time.to_milliseconds_string())?;
        }
        if let Some(severity) = self.severity() {
            write!(f, "{} ", plain(severity))?;
        }
        f.write_str(&plain(&self.body.to_string()))
    }
}

/// Returns a time of nanoseconds since 1970; `None` for 0, which means unknown, and after the year 2262, the last one of a
/// column.
pub(super) fn time(nanoseconds: u64) -> Option<Timestamp> {
    let nanoseconds = i64::try_from(nanoseconds).ok().filter(|nanoseconds| *nanoseconds != 0)?;
    Some(Timestamp::from_nanoseconds(nanoseconds))
}

/// Returns the id in the attribute `task_id`.
pub(super) fn task_id(attributes: &Attributes) -> Option<Uuid> {
    let id = match attributes.get(TASK_ID)? {
        AttributeValue::Bytes(bytes) => Uuid::from_slice(bytes),
        other => Uuid::parse_str(other.as_str()?),
    };
    id.ok().filter(|id| !id.is_nil())
}
