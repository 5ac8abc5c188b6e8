//! Groups of severities.

use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;
use tilebox_core::protocol::wire::workflows::v1::LogSeverityGroup;

/// The groups from low to high.
pub(super) const GROUPS: [LogSeverityGroup; 6] = [
    LogSeverityGroup::Unspecified,
    LogSeverityGroup::Trace,
    LogSeverityGroup::Debug,
    LogSeverityGroup::Info,
    LogSeverityGroup::Warning,
    LogSeverityGroup::Error,
];

/// Returns the group of a record: by its number (OpenTelemetry, "Log Data Model", "Field: SeverityNumber"), else by its
/// text. There is no group above errors, so fatal errors belong to them.
pub(super) fn group(record: &LogRecord) -> LogSeverityGroup {
    match record.severity_number {
        1..=4 => LogSeverityGroup::Trace,
        5..=8 => LogSeverityGroup::Debug,
        9..=12 => LogSeverityGroup::Info,
        13..=16 => LogSeverityGroup::Warning,
        17..=24 => LogSeverityGroup::Error,
        _ => match record.severity_text.to_ascii_lowercase().as_str() {
            "trace" => LogSeverityGroup::Trace,
            "debug" => LogSeverityGroup::Debug,
            "info" | "notice" => LogSeverityGroup::Info,
            "warn" | "warning" => LogSeverityGroup::Warning,
            "error" | "fatal" | "critical" => LogSeverityGroup::Error,
            _ => LogSeverityGroup::Unspecified,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_belongs_to_one_group() {
        let of = |severity_number, severity_text: &str| {
            group(&LogRecord { severity_number, severity_text: severity_text.to_owned(), ..LogRecord::default() })
        };
        let groups: Vec<_> = [1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24].map(|number| of(number, "")).into();
        let expected: Vec<_> = [1, 2, 3, 4, 5, 5].into_iter().flat_map(|group| [GROUPS[group]; 2]).collect();
        assert_eq!(groups, expected);
        assert_eq!(of(9, "FATAL"), LogSeverityGroup::Info, "the number decides");
        for (text, expected) in [
            ("FATAL", LogSeverityGroup::Error),
            ("critical", LogSeverityGroup::Error),
            ("WARN", LogSeverityGroup::Warning),
            ("Info", LogSeverityGroup::Info),
            ("", LogSeverityGroup::Unspecified),
            ("loud", LogSeverityGroup::Unspecified),
        ] {
            assert_eq!(of(0, text), expected, "{text}");
            assert_eq!(of(25, text), expected, "{text}");
        }
    }
}
