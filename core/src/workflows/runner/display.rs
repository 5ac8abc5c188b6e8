//! The display of a task that failed.

/// The longest display of a failed task in characters: the server cuts it there.
const MAX_CHARACTERS: usize = 1024;

/// The characters that are left to the error when the display of the task is longer than the rest.
const MIN_ERROR: usize = 512;

/// Returns the display of a failed task: its display, a newline and the error, at most 1024 characters.
pub(crate) fn failure_display(display: &str, error: &str) -> String {
    let error_length = error.chars().count().min(MIN_ERROR);
    let display = first_characters(display, MAX_CHARACTERS - 1 - error_length);
    let rest = MAX_CHARACTERS - 1 - display.chars().count();
    format!("{display}\n{}", first_characters(error, rest))
}

/// Returns the first characters of a text, at most `max`.
pub(crate) fn first_characters(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_failure_shows_the_display_and_the_error() {
        assert_eq!(failure_display("Month", "no data"), "Month\nno data");
        assert_eq!(failure_display("", "no data"), "\nno data");
        let long = failure_display("Month", &"é".repeat(2000));
        assert_eq!(long, format!("Month\n{}", "é".repeat(1018)));
    }

    #[test]
    fn a_long_display_leaves_room_for_the_error() {
        let text = failure_display(&"d".repeat(2000), &"e".repeat(2000));
        assert_eq!(text, format!("{}\n{}", "d".repeat(511), "e".repeat(512)));
        assert_eq!(failure_display(&"d".repeat(2000), "short"), format!("{}\nshort", "d".repeat(1018)));
    }

    proptest! {
        #[test]
        fn a_failure_has_at_most_1024_characters(display in "\\PC{0,1500}", error in "\\PC{0,1500}") {
            let text = failure_display(&display, &error);
            prop_assert!(text.chars().count() <= MAX_CHARACTERS);
            let whole = format!("{display}\n{error}");
            if whole.chars().count() <= MAX_CHARACTERS {
                prop_assert_eq!(text, whole);
            } else {
                prop_assert_eq!(text.chars().count(), MAX_CHARACTERS);
            }
        }
    }
}
