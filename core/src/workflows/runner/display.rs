//! The display of a task that failed.

/// The maximum characters of the display of a failed task (Workflows API, `TaskFailedRequest`).
const MAX_DISPLAY: usize = 1024;

/// Returns the display of a failed task: its display, a newline and the error, cut to 1024 characters. The display keeps at most
/// half of them, so that the error is never cut away.
pub(super) fn failure_display(display: &str, error: &str) -> String {
    let half = MAX_DISPLAY / 2;
    let kept = match display.chars().count() {
        length if length > half && length + error.chars().count() >= MAX_DISPLAY => half,
        length => length,
    };
    let text = display.chars().take(kept).chain(std::iter::once('\n')).chain(error.chars());
    text.take(MAX_DISPLAY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_error_follows_the_display_in_a_new_line() {
        assert_eq!(failure_display("Sum(4)", "too many groups"), "Sum(4)\ntoo many groups");
        assert_eq!(failure_display("", "x"), "\nx");
    }

    proptest! {
        #[test]
        fn a_display_has_at_most_1024_characters(display in "[aé\n]{0,2000}", error in "[bü]{0,2000}") {
            let text = failure_display(&display, &error);
            prop_assert!(text.chars().count() <= 1024);
            let visible = error.chars().take(511).collect::<String>();
            prop_assert!(text.contains(&visible));
        }
    }
}
