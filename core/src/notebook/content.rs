//! Content for evcxr, in lines of standard output.

/// Returns whole lines that evcxr reads as content of this type.
///
/// evcxr reads standard output line by line and interprets some lines (`evcxr/src/eval_context.rs`,
/// `run_and_capture_output`). A space before such lines keeps them from being interpreted.
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
    fn content_may_be_empty() {
        assert_eq!(content("text/html", ""), "EVCXR_BEGIN_CONTENT text/html\nEVCXR_END_CONTENT\n");
    }
}
