//! Log records as columns.

use arrow_schema::ArrowError;

use super::columns::Columns;
use super::table::private::Columnar;
use super::{LogRecord, SeverityGroup, TelemetryRow, TelemetryTable};
use crate::datapoints::table::Layout;

/// Log records as a table, one row for each.
///
/// | column | type | contents |
/// |---|---|---|
/// | `time` | timestamp, ns, UTC | time of the event, or else of its observation |
/// | `severity` | text | as the runner wrote it, such as `INFO` |
/// | `body` | text | the content; JSON if it is not text |
/// | `task_id` | 16 bytes (`arrow.uuid`) | the task, if the attribute `task_id` names one |
/// | `trace_id`, `span_id` | text | hexadecimal digits |
/// | `severity_group` | text | `trace`, `debug`, `info`, `warning` or `error` |
/// | `severity_number` | 32-bit integer | 1 to 24, of OpenTelemetry |
/// | `attributes` | JSON text (`arrow.json`) | the attributes of the record |
/// | `runner_attributes` | JSON text (`arrow.json`) | the attributes of the runner, such as `host.name` |
pub type Logs = TelemetryTable<LogRecord>;

impl TelemetryRow for LogRecord {}

#[expect(private_interfaces, reason = "users cannot name this trait")]
impl Columnar for LogRecord {
    const LAYOUT: Layout = Layout { noun: "log record", time: "time", wide: Some("body") };

    fn add_columns(rows: &[Self], columns: &mut Columns) -> Result<(), ArrowError> {
        let rows = rows.iter();
        columns.times("time", rows.clone().map(Self::time));
        columns.labels("severity", rows.clone().map(Self::severity));
        columns.texts(
            "body",
            rows.clone().map(|row| Some(row.body()).filter(|body| !body.is_null()).map(|body| body.to_string())),
        );
        columns.ids("task_id", rows.clone().map(Self::task_id))?;
        columns.labels("trace_id", rows.clone().map(Self::trace_id));
        columns.labels("span_id", rows.clone().map(Self::span_id));
        columns.labels("severity_group", rows.clone().map(|row| row.severity_group().map(SeverityGroup::as_str)));
        columns.numbers("severity_number", rows.clone().map(Self::severity_number));
        columns.attributes("attributes", rows.clone().map(Self::attributes));
        columns.shared_attributes("runner_attributes", rows.map(Self::runner_attributes));
        Ok(())
    }
}
