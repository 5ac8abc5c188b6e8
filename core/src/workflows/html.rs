//! Jobs and their tasks as HTML, for a notebook or a web page. Text of the server is escaped.

use std::fmt::{self, Write as _};

use super::elapsed::Elapsed;
use super::task_tree::MAX_PRINTED;
use super::{JobInfo, TaskTree};
use crate::notebook::{self, Escaped, STYLE};

/// The maximum depth to which a task is indented.
const MAX_INDENT: usize = 40;

fn page(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut html = format!("<div class=\"tilebox\">{STYLE}\n");
    // Writing to a string cannot fail.
    let _ = write(&mut html);
    html.push_str("</div>\n");
    html
}

impl JobInfo {
    /// Returns an HTML table of its properties with its style.
    #[must_use]
    pub fn to_html(&self) -> String {
        page(|html| {
            writeln!(html, "<p><b>{}</b> {}</p>\n<table>", Escaped(&self.name), self.state)?;
            for (label, value) in self.lines() {
                writeln!(html, "<tr><th>{label}</th><td>{}</td></tr>", Escaped(&value))?;
            }
            html.write_str("</table>\n")
        })
    }

    /// Shows it as a table below a cell of a notebook. evcxr calls this method.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(self, &self.to_html());
    }
}

impl TaskTree {
    /// Returns an HTML table of the first 200 tasks with its style. Subtasks are indented.
    #[must_use]
    pub fn to_html(&self) -> String {
        page(|html| {
            html.push_str("<table>\n<thead><tr><th>task</th><th>state</th><th>duration</th><th>retries</th>");
            html.push_str("<th>cluster</th><th>id</th></tr></thead>\n<tbody>\n");
            for (depth, task) in self.with_depths().take(MAX_PRINTED) {
                let duration = task.duration().map(|duration| Elapsed(duration).to_string()).unwrap_or_default();
                let retries = match task.retry_count {
                    0 => String::new(),
                    count => format!("{count} of {}", task.max_retries),
                };
                let indent = format!("padding-left: {:.1}em", 0.7 + 1.5 * depth.min(MAX_INDENT) as f64);
                write!(html, "<tr><td style=\"{indent}\">{}</td><td>{}</td>", Escaped(&task.display), task.state)?;
                write!(html, "<td class=\"number\">{duration}</td><td>{retries}</td>")?;
                writeln!(html, "<td>{}</td><td>{}</td></tr>", Escaped(&task.cluster), task.id)?;
            }
            let shown =
                if self.len() > MAX_PRINTED { format!(", the first {MAX_PRINTED} shown") } else { String::new() };
            writeln!(html, "</tbody>\n</table>\n<p class=\"shape\">{}{shown}</p>", self.summary())
        })
    }

    /// Shows it as a table below a cell of a notebook. evcxr calls this method.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(self, &self.to_html());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::job::tests::progress_example;
    use crate::workflows::task_tree::tests::task;

    #[test]
    fn a_job_is_a_table_of_its_properties() {
        let job = crate::protocol::wire::workflows::v1::Job { name: "<b>&".to_owned(), ..progress_example() };
        let html = JobInfo::from_wire(job).expect("a job").to_html();
        assert!(html.contains("<p><b>&lt;b&gt;&amp;</b> completed</p>"), "{html}");
        assert!(
            html.contains("<tr><th>tasks</th><td>6: 6 computed</td></tr>\n<tr><th>progress</th><td>5/5</td></tr>"),
            "{html}"
        );
    }

    #[test]
    fn tasks_are_rows_indented_below_their_parent() {
        let html = TaskTree::new(vec![task(1, None, "A"), task(2, Some(1), "<script>")]).to_html();
        assert!(html.contains("<td style=\"padding-left: 0.7em\">A</td><td>computed</td>"), "{html}");
        assert!(html.contains("<td style=\"padding-left: 2.2em\">&lt;script&gt;</td>"), "{html}");
        assert!(html.contains("<p class=\"shape\">2 tasks: 2 computed</p>"), "{html}");
        let many = TaskTree::new((1..=201).map(|number| task(number, None, "T")).collect()).to_html();
        assert!(
            many.contains("201 tasks: 201 computed, the first 200 shown") && many.matches("<tr><td").count() == 200
        );
    }
}
