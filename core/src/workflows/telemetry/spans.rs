//! Spans as columns.

use arrow_schema::ArrowError;

use super::columns::Columns;
use super::table::private::Columnar;
use super::{Span, TelemetryRow, TelemetryTable};
use crate::datapoints::table::Layout;

/// Spans as a table, one row for each.
///
/// | column | type | contents |
/// |---|---|---|
/// | `start` | timestamp, ns, UTC | the start |
/// | `duration` | duration, ns | the time from start to end |
/// | `name` | text | the name, such as `task/CloudReport` |
/// | `status` | text | `unset`, `ok` or `error` |
/// | `status_message` | text | the description of an error |
/// | `task_id` | 16 bytes (`arrow.uuid`) | the task, if the attribute `task_id` names one |
/// | `trace_id`, `span_id`, `parent_span_id` | text | hexadecimal digits |
/// | `kind` | text | `internal`, `server`, `client`, `producer` or `consumer` |
/// | `end` | timestamp, ns, UTC | the end |
/// | `events` | list of structs | `time`, `name` and `attributes` of each event |
/// | `attributes` | JSON text (`arrow.json`) | the attributes of the span |
/// | `runner_attributes` | JSON text (`arrow.json`) | the attributes of the runner, such as `host.name` |
pub type Spans = TelemetryTable<Span>;

impl TelemetryRow for Span {}

#[expect(private_interfaces, reason = "users cannot name this trait")]
impl Columnar for Span {
    const LAYOUT: Layout = Layout { noun: "span", time: "start", wide: Some("name") };

    fn add_columns(rows: &[Self], columns: &mut Columns) -> Result<(), ArrowError> {
        let rows = rows.iter();
        columns.times("start", rows.clone().map(Self::start));
        columns.durations("duration", rows.clone().map(Self::duration));
        columns.labels("name", rows.clone().map(|row| Some(row.name())));
        columns.labels("status", rows.clone().map(|row| Some(row.status().as_str())));
        let messages = rows.clone().map(|row| Some(row.status_message()).filter(|message| !message.is_empty()));
        columns.labels("status_message", messages);
        columns.ids("task_id", rows.clone().map(Self::task_id))?;
        columns.labels("trace_id", rows.clone().map(Self::trace_id));
        columns.texts("span_id", rows.clone().map(Self::span_id));
        columns.labels("parent_span_id", rows.clone().map(Self::parent_span_id));
        columns.labels("kind", rows.clone().map(|row| Some(row.kind().as_str())));
        columns.times("end", rows.clone().map(Self::end));
        columns.events("events", rows.clone().map(Self::events))?;
        columns.attributes("attributes", rows.clone().map(Self::attributes));
        columns.shared_attributes("runner_attributes", rows.map(Self::runner_attributes));
        Ok(())
    }
}
