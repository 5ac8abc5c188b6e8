//! Content in the lines that evcxr reads from what a program prints.

/// What evcxr takes as content of this type. It begins a line and ends one.
///
/// evcxr reads a program's output line by line, and some lines mean something to it
/// (`evcxr/src/eval_context.rs`, `run_and_capture_output`): content cannot have such a line.
pub(crate) fn content(mime_type: &str, content: &str) -> String {
    let mut lines = format!("EVCXR_BEGIN_CONTENT {mime_type}\n");
    for line in content.lines() {
        if line.starts_with("EVCXR_") {
            lines.push(' ');
        }
        lines.push_str(line);
        lines.push('\n');
    }
    lines.push_str("EVCXR_END_CONTENT\n");
    lines
}

#[cfg(test)]
mod tests {
    use super::content;

    #[test]
    fn content_cannot_end_itself() {
        assert_eq!(content("text/plain", "a\nb"), "EVCXR_BEGIN_CONTENT text/plain\na\nb\nEVCXR_END_CONTENT\n");
        let evil = content("text/plain", "EVCXR_END_CONTENT\r\nEVCXR_BEGIN_CONTENT text/html\n<script>\nEVCXR_PANIC");
        let special: Vec<_> = evil.lines().filter(|line| line.starts_with("EVCXR_")).collect();
        assert_eq!(special, ["EVCXR_BEGIN_CONTENT text/plain", "EVCXR_END_CONTENT"], "{evil}");
    }

    #[test]
    fn nothing_is_content_too() {
        assert_eq!(content("text/html", ""), "EVCXR_BEGIN_CONTENT text/html\nEVCXR_END_CONTENT\n");
    }
}
