//! Colours.

use tilebox_core::protocol::wire::workflows::v1::TaskState;

/// The colours of a diagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Theme {
    /// `None` for the page behind the diagram.
    pub(super) background: Option<&'static str>,
    pub(super) text: &'static str,
    pub(super) muted: &'static str,
    /// The line from a task to its subtasks.
    pub(super) child: &'static str,
    /// The line from a task to those that depend on it.
    pub(super) dependency: &'static str,
    /// The fill and the border of tasks: queued, running, computed, failed, skipped, failed optional.
    states: [(&'static str, &'static str); 6],
}

impl Theme {
    pub(super) const LIGHT: Self = Self {
        background: Some("#ffffff"),
        text: "#1f2937",
        muted: "#6b7280",
        child: "#9ca3af",
        dependency: "#7c3aed",
        states: [
            ("#f3f4f6", "#9ca3af"),
            ("#dbeafe", "#2563eb"),
            ("#dcfce7", "#16a34a"),
            ("#fee2e2", "#dc2626"),
            ("#fafafa", "#d4d4d4"),
            ("#ffedd5", "#ea580c"),
        ],
    };
    pub(super) const DARK: Self = Self {
        background: Some("#0f172a"),
        text: "#e5e7eb",
        muted: "#94a3b8",
        child: "#64748b",
        dependency: "#a78bfa",
        states: [
            ("#1e293b", "#64748b"),
            ("#172554", "#60a5fa"),
            ("#052e16", "#4ade80"),
            ("#450a0a", "#f87171"),
            ("#111827", "#374151"),
            ("#431407", "#fb923c"),
        ],
    };
    /// The light colours on the page of a console.
    pub(super) const CONSOLE_LIGHT: Self = Self { background: None, ..Self::LIGHT };
    /// The dark colours on the page of a console.
    pub(super) const CONSOLE_DARK: Self = Self { background: None, ..Self::DARK };

    /// Returns the fill and the border of a task.
    pub(super) fn of_state(&self, state: TaskState) -> (&'static str, &'static str) {
        let [queued, running, computed, failed, skipped, failed_optional] = self.states;
        match state {
            TaskState::Unspecified | TaskState::Queued => queued,
            TaskState::Running => running,
            TaskState::Computed => computed,
            TaskState::Failed => failed,
            TaskState::Skipped => skipped,
            TaskState::FailedOptional => failed_optional,
        }
    }
}
