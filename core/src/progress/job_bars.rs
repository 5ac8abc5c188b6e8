//! Progress bars of jobs (feature `progress`).

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::bars::{NAME_WIDTH, STEPS, short};
use super::{JobListener, JobObserver, JobProgress, LoadState, ProgressBars, ProgressIndicator};
use crate::error::plain;

/// The maximum number of labels that have a bar.
const MAX_LABELS: usize = 8;

/// Draws a bar for the tasks of a job, and one for each label of its progress.
impl JobObserver for ProgressBars {
    fn start_job(&self, name: &str) -> JobListener {
        if let Some(cell) = self.cell() {
            return cell.start_job();
        }
        let mut bars =
            JobBars { bars: self.multi().clone(), name: short(&plain(name)), tasks: None, labels: Vec::new() };
        Box::new(move |job| bars.update(job))
    }
}

/// The bars of one job.
struct JobBars {
    bars: MultiProgress,
    name: String,
    tasks: Option<ProgressBar>,
    /// The bars of labels, in the order of their appearance.
    labels: Vec<(String, ProgressBar)>,
}

impl JobBars {
    fn update(&mut self, job: &JobProgress) {
        let has_ended = job.state != LoadState::Running;
        let tasks = self.tasks.get_or_insert_with(|| self.bars.add(new_bar(&self.name, &summary(job), job.fraction())));
        set(tasks, &summary(job), job.fraction());
        for indicator in &job.indicators {
            let fraction = indicator.fraction().unwrap_or(0.0);
            let text = amounts(indicator);
            if let Some((_, bar)) = self.labels.iter().find(|(label, _)| *label == indicator.label) {
                set(bar, &text, fraction);
            } else if self.labels.len() < MAX_LABELS {
                let last = self.labels.last().map_or(&*tasks, |(_, bar)| bar);
                let label = if indicator.label.is_empty() { "progress" } else { &indicator.label };
                let bar = new_bar(&short(&format!("  {}", plain(label))), &text, fraction);
                let bar = self.bars.insert_after(last, bar);
                set(&bar, &text, fraction);
                self.labels.push((indicator.label.clone(), bar));
            }
        }
        if has_ended {
            self.labels.iter().for_each(|(_, bar)| bar.abandon());
            tasks.abandon();
        }
    }
}

fn new_bar(name: &str, text: &str, fraction: f64) -> ProgressBar {
    // Changes after `add` draw, and a bar without a place would draw anywhere, so the state is set before.
    let bar = ProgressBar::hidden().with_style(style()).with_prefix(name.to_owned()).with_message(text.to_owned());
    bar.set_length(STEPS);
    bar.set_position(position(fraction));
    bar
}

fn set(bar: &ProgressBar, text: &str, fraction: f64) {
    bar.set_message(text.to_owned());
    bar.set_position(position(fraction));
}

fn position(fraction: f64) -> u64 {
    (fraction * STEPS as f64) as u64
}

/// Returns ended and all tasks, the running and the failed ones, and the times: `34/120 tasks, 4 running, 12s<30s`.
pub(super) fn summary(job: &JobProgress) -> String {
    let counts = &job.tasks;
    let mut text = format!("{}/{} tasks", counts.ended(), counts.total());
    for (count, name) in
        [(counts.running, "running"), (counts.failed, "failed"), (counts.failed_optional, "failed optional")]
    {
        if count > 0 {
            text.push_str(&format!(", {count} {name}"));
        }
    }
    text.push_str(&format!(", {}", seconds(job.elapsed)));
    if let Some(remaining) = job.remaining {
        text.push_str(&format!("<{}", seconds(remaining)));
    }
    text
}

/// Returns the finished and the announced amount: `5/12`.
pub(super) fn amounts(indicator: &ProgressIndicator) -> String {
    format!("{}/{}", indicator.done, indicator.total)
}

/// Formats a duration in its largest unit: `12s`, `3m`, `2h`.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7200 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3600),
    }
}

fn style() -> ProgressStyle {
    let template = format!("{{prefix:{NAME_WIDTH}!}} {{percent:>3}}% |{{wide_bar}}| {{msg}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▉▊▋▌▍▎▏ ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{JobTracker, TaskCounts};
    use crate::time::Instant;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    fn bars(columns: u16) -> (ProgressBars, InMemoryTerm) {
        let terminal = InMemoryTerm::new(10, columns);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        (ProgressBars::with_target(target), terminal)
    }

    fn indicator(label: &str, done: u64, total: u64) -> ProgressIndicator {
        ProgressIndicator { label: label.to_owned(), total, done }
    }

    #[test]
    fn a_job_has_a_bar_of_tasks_and_one_for_each_label() {
        let (bars, terminal) = bars(80);
        let mut listener = bars.start_job("clouds");
        let mut tracker = JobTracker::new("clouds", Instant::ORIGIN);
        let counts = |queued, running, computed| TaskCounts { queued, running, computed, ..TaskCounts::default() };
        let at = |seconds| Instant::ORIGIN + Duration::from_secs(seconds);
        listener(tracker.update(at(0), LoadState::Running, counts(80, 10, 10), &[indicator("months", 1, 12)]));
        let indicators = [indicator("months", 3, 12), indicator("", 2, 0)];
        listener(tracker.update(at(10), LoadState::Running, counts(46, 4, 50), &indicators));
        let contents = terminal.contents();
        let lines: Vec<_> = contents.lines().collect();
        assert_eq!(lines.len(), 3, "{contents}");
        assert!(lines[0].starts_with("clouds                      50% |█"), "{contents}");
        assert!(lines[0].ends_with("| 50/100 tasks, 4 running, 10s<12s"), "{contents}");
        assert!(
            lines[1].starts_with("  months                    25% |█") && lines[1].ends_with("| 3/12"),
            "{contents}"
        );
        assert!(lines[2].starts_with("  progress                   0% |") && lines[2].ends_with("| 2/0"), "{contents}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{contents}");
        listener(tracker.update(at(20), LoadState::Complete, counts(0, 0, 100), &indicators));
        assert!(terminal.contents().contains("100% |█"), "{}", terminal.contents());
    }

    #[test]
    fn a_failed_job_keeps_its_bar_and_counts() {
        let (bars, terminal) = bars(80);
        let mut listener = bars.start_job("a\nb\x1b[31m");
        let mut tracker = JobTracker::new("", Instant::ORIGIN);
        let counts = TaskCounts { queued: 2, failed: 1, computed: 1, ..TaskCounts::default() };
        listener(tracker.update(Instant::ORIGIN, LoadState::Stopped, counts, &[]));
        let contents = terminal.contents();
        assert!(contents.starts_with("a b[31m ") && contents.ends_with("| 2/4 tasks, 1 failed, 0s"), "{contents}");
    }

    #[test]
    fn many_labels_have_a_limited_number_of_bars() {
        let (bars, terminal) = bars(80);
        let indicators: Vec<_> = (0..1000).map(|number| indicator(&number.to_string(), 1, 2)).collect();
        let mut tracker = JobTracker::new("", Instant::ORIGIN);
        bars.start_job("job")(tracker.update(Instant::ORIGIN, LoadState::Stopped, TaskCounts::default(), &indicators));
        assert_eq!(terminal.contents().lines().count(), 1 + MAX_LABELS);
    }
}
