//! Progress bars in the terminal, or in the cell of a notebook (feature `progress`).

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cell::CellBars;
use super::job_bars::seconds;
use super::{JobListener, JobObserver, LoadListener, LoadProgress, LoadState, ProgressObserver};

/// The number of steps of a bar. A step is smaller than a character of any terminal.
pub(super) const STEPS: u64 = 10_000;

/// The width of the name of a load, in characters.
pub(super) const NAME_WIDTH: usize = 26;

/// Draws a bar for each load; the bars of concurrent loads stand together.
///
/// A load of one page has no bar. A job that a client waits for has a bar of its tasks, and one for each label of its
/// progress. Clones share their output. Bars appear on standard error if it is a terminal: one line
/// of at most 80 columns for each load, without colours. In a notebook of evcxr, bars appear in the running cell; with
/// `NO_COLOR` as plain lines.
#[derive(Clone, Debug)]
pub struct ProgressBars {
    bars: MultiProgress,
    /// The bars of a notebook, which replace those of the terminal.
    cell: Option<CellBars>,
}

impl Default for ProgressBars {
    fn default() -> Self {
        Self::new()
    }
}

impl ProgressBars {
    /// Creates bars on standard error, or in the cell of a notebook if this is one.
    #[must_use]
    pub fn new() -> Self {
        Self { cell: CellBars::of_environment(), ..Self::with_target(ProgressDrawTarget::stderr()) }
    }

    /// Creates bars with another target, such as memory for a test.
    #[must_use]
    pub fn with_target(target: ProgressDrawTarget) -> Self {
        Self { bars: MultiProgress::with_draw_target(target), cell: None }
    }

    /// Returns the bars of a notebook, if this is one.
    pub(super) fn cell(&self) -> Option<&CellBars> {
        self.cell.as_ref()
    }

    /// Returns the bars of the terminal.
    pub(super) fn multi(&self) -> &MultiProgress {
        &self.bars
    }

    fn add_bar(&self, load: &LoadProgress) -> ProgressBar {
        // Changes after `add` draw, and a bar without a place would draw anywhere, so the state is set before.
        let bar = ProgressBar::hidden().with_style(style());
        let bar = bar.with_prefix(short(&load.name)).with_message(message(load));
        bar.set_length(STEPS);
        bar.set_position(position(load));
        self.bars.add(bar)
    }
}

/// Truncates a name to its width. The end is kept, because the names of loads of one dataset differ there.
pub(super) fn short(name: &str) -> String {
    let excess = name.chars().count().saturating_sub(NAME_WIDTH);
    match excess {
        0 => name.to_owned(),
        excess => std::iter::once('…').chain(name.chars().skip(excess + 1)).collect(),
    }
}

/// Returns the number of datapoints and the speed, in at most 29 characters for likely loads.
pub(super) fn summary(load: &LoadProgress) -> String {
    let datapoints = match load.datapoints {
        few @ 0..1_000_000 => few.to_string(),
        many => format!("{:.1} M", many as f64 / 1e6),
    };
    format!("{datapoints} datapoints, {:.1} MB/s", load.bytes_per_second() / 1e6)
}

/// Returns the summary and the elapsed time, with the remaining time while it runs: `…, 12s<30s`.
fn message(load: &LoadProgress) -> String {
    let mut text = format!("{}, {}", summary(load), seconds(load.elapsed));
    if let Some(remaining) = load.remaining.filter(|_| load.state == LoadState::Running) {
        text.push('<');
        text.push_str(&seconds(remaining));
    }
    text
}

fn position(load: &LoadProgress) -> u64 {
    (load.fraction * STEPS as f64) as u64
}

impl ProgressObserver for ProgressBars {
    fn start(&self, _name: &str) -> LoadListener {
        if let Some(cell) = &self.cell {
            return cell.start();
        }
        let bars = self.clone();
        let mut bar = None;
        Box::new(move |load| {
            if load.pages < 2 {
                return;
            }
            let bar: &ProgressBar = bar.get_or_insert_with(|| bars.add_bar(load));
            bar.set_message(message(load));
            bar.set_position(position(load));
            match load.state {
                LoadState::Running => {}
                LoadState::Complete => bar.finish(),
                LoadState::Stopped => bar.abandon(),
            }
        })
    }

    fn job_listener(&self, name: &str) -> Option<JobListener> {
        Some(self.start_job(name))
    }
}

fn style() -> ProgressStyle {
    // The width of names is fixed, so that bars are aligned. A bar fills the rest of the line.
    let template = format!("{{prefix:{NAME_WIDTH}!}} {{percent:>3}}% |{{wide_bar}}| {{msg}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▉▊▋▌▍▎▏ ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Tracker;
    use crate::progress::tracker::PageSummary;
    use crate::schema::{IntoTemporalExtent as _, Timestamp};
    use crate::time::Instant;
    use indicatif::InMemoryTerm;
    use std::time::Duration;

    const BETWEEN_PAGES: Duration = Duration::from_millis(50);

    fn bars() -> (ProgressBars, InMemoryTerm) {
        bars_of_width(140)
    }

    fn bars_of_width(columns: u16) -> (ProgressBars, InMemoryTerm) {
        let terminal = InMemoryTerm::new(10, columns);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        (ProgressBars::with_target(target), terminal)
    }

    fn load(bars: &ProgressBars, name: &str, pages: u32) {
        let extent = ("2025-01-01", "2025-01-11").into_temporal_extent().expect("an extent");
        let mut tracker = Tracker::new(name, extent, Instant::ORIGIN);
        let mut listener = bars.start(name);
        for page in 1..=pages {
            let now = Instant::ORIGIN + BETWEEN_PAGES * page;
            let day = |day: u32| Timestamp::parse(&format!("2025-01-{day:02}")).expect("a day");
            let times = Some((day(page), day(page + 1)));
            listener(
                tracker.add_page(now, &PageSummary { datapoints: 1000, bytes: 500_000, times, responded_at: None }),
            );
        }
        listener(tracker.finish(Instant::ORIGIN + Duration::from_secs(1), LoadState::Complete));
    }

    #[test]
    fn a_load_of_one_page_draws_no_bar() {
        let (bars, terminal) = bars();
        load(&bars, "small", 1);
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn bars_of_several_loads_stand_together_and_end_at_100() {
        let (bars, terminal) = bars();
        load(&bars, "Sentinel-2 MSI S2A", 3);
        load(&bars, "Sentinel-2 MSI S2B", 4);
        let contents = terminal.contents();
        let lines: Vec<_> = contents.lines().collect();
        assert_eq!(lines.len(), 2, "{contents}");
        assert!(lines[0].starts_with("Sentinel-2 MSI S2A         100% |█"), "{contents}");
        assert!(lines[0].contains("3000 datapoints, 1.5 MB/s"), "{contents}");
        assert!(lines[1].contains("4000 datapoints, 2.0 MB/s"), "{contents}");
    }

    #[test]
    fn a_bar_fits_one_line_of_80_columns() {
        let (bars, terminal) = bars_of_width(80);
        let names = ["S", "Sentinel-2 MSI S2A_S2MSI1C", "Ingesting into a dataset with quite a long name S2A_S2MSI1C"];
        for name in names {
            let mut listener = bars.start(name);
            let mut load = LoadProgress::new(name);
            (load.pages, load.datapoints, load.bytes, load.fraction) = (2, 999_999, 99_990_000_000, 0.5);
            (load.elapsed, load.remaining) = (Duration::from_secs(100), Some(Duration::from_secs(7200)));
            listener(&load);
            assert!(terminal.contents().lines().last().is_some_and(|line| line.ends_with(", 100s<2h")));
            load.state = LoadState::Stopped;
            listener(&load);
        }
        let contents = terminal.contents();
        let lines: Vec<_> = contents.lines().collect();
        assert_eq!(lines.len(), names.len(), "{contents}");
        assert!(lines[2].starts_with("…e a long name S2A_S2MSI1C "), "{contents}");
        assert!(lines.iter().all(|line| line.contains(" 50% |█") && line.chars().count() <= 80), "{contents}");
    }
}
