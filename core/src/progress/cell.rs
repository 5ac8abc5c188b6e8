//! Progress bars in the cell of a notebook (feature `progress`).
//!
//! While a cell runs, evcxr forwards whole lines of text only: it reads output line by line
//! (`ChildProcess::recv_line`), terminates each line itself (`Server::pass_output_line`) and keeps HTML until the cell has
//! ended (`Server::handle_execution_requests`, all in evcxr 0.22). Front ends do not change a line after its end.
//!
//! So a moving bar is a line that is printed again, and the style sheet in every HTML of this crate hides the lines that
//! it replaces. Their colours, which all front ends keep, distinguish them: see `notebook/style.css`. Without the style
//! sheet, as in a viewer that does not trust the notebook, a few more lines are visible.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::bars::summary;
use super::{JobListener, JobProgress, LoadListener, LoadProgress, LoadState, job_bars};
use crate::environment;
use crate::error::plain;
use crate::notebook::{self, STYLE};

/// The length of a bar, in characters.
const LENGTH: usize = 20;
/// The number of steps of a bar whose lines replace each other.
const REPLACED: u32 = 25;
/// The number of steps of a bar whose lines stay.
const STAYING: u32 = 4;

/// The colours of the first of several moving lines, of the others, and of a final line. The style sheet distinguishes
/// them; they look the same.
const FIRST: &str = "\x1b[38;2;38;120;178m";
const OTHER: &str = "\x1b[38;2;38;120;179m";
const ENDED: &str = "\x1b[38;2;38;120;180m";
const PLAIN: &str = "\x1b[0m";

/// Draws a bar for each load.
#[derive(Clone, Debug)]
pub(super) struct CellBars {
    lines: Arc<Mutex<Lines>>,
}

impl CellBars {
    /// Returns the bars if this program runs in evcxr.
    pub(super) fn of_environment() -> Option<Self> {
        // evcxr sets it for the process that runs cells, which is the program of the kernel or of the REPL.
        environment::variable("EVCXR_IS_RUNTIME")?;
        let program = std::env::current_exe().ok()?;
        let is_kernel = program.file_stem().is_some_and(|name| name == "evcxr_jupyter");
        // Lines replace each other by colour, so without colours they stay: https://no-color.org
        let replaces = is_kernel && environment::variable("NO_COLOR").is_none();
        Some(Self { lines: Arc::new(Mutex::new(Lines::new(replaces))) })
    }

    pub(super) fn start(&self) -> LoadListener {
        let lines = Arc::clone(&self.lines);
        let mut index = None;
        Box::new(move |load| {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            print(&lines.update(&mut index, load));
        })
    }

    pub(super) fn start_job(&self) -> JobListener {
        let lines = Arc::clone(&self.lines);
        let mut index = None;
        Box::new(move |job| {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            print(&lines.update_job(&mut index, job));
        })
    }
}

fn print(text: &str) {
    if !text.is_empty() {
        notebook::print(text);
    }
}

/// The printed lines of all loads.
#[derive(Debug)]
struct Lines {
    /// Whether a line replaces earlier ones.
    replaces: bool,
    /// Whether the style sheet was printed.
    has_style: bool,
    bars: Vec<Bar>,
    /// The number of steps since the last printing.
    steps: usize,
}

/// The printed line of one load.
#[derive(Debug)]
struct Bar {
    step: (u32, u32),
    text: String,
    has_ended: bool,
}

impl Lines {
    fn new(replaces: bool) -> Self {
        Self { replaces, has_style: false, bars: Vec::new(), steps: 0 }
    }

    /// Returns the lines to print for this progress. `index` is the index of the bar, set on the first call.
    fn update(&mut self, index: &mut Option<usize>, load: &LoadProgress) -> String {
        // A load of one page completes at once and has no bar.
        if load.pages < 2 {
            return String::new();
        }
        let step = step(load, self.steps_of_a_bar());
        self.add(index, Bar { step, text: line(load), has_ended: load.state != LoadState::Running })
    }

    /// Returns the lines to print for the progress of a job.
    fn update_job(&mut self, index: &mut Option<usize>, job: &JobProgress) -> String {
        // The bar of a job may go back when tasks submit subtasks, and is printed again then, too.
        let step = ((job.fraction() * f64::from(self.steps_of_a_bar())) as u32, 0);
        let text = bar(&plain(&job.name), job.fraction(), &job_bars::summary(job));
        self.add(index, Bar { step, text, has_ended: job.state != LoadState::Running })
    }

    fn steps_of_a_bar(&self) -> u32 {
        if self.replaces { REPLACED } else { STAYING }
    }

    /// Returns the lines to print for a bar that may have changed.
    fn add(&mut self, index: &mut Option<usize>, bar: Bar) -> String {
        let (step, has_ended) = (bar.step, bar.has_ended);
        let at = *index.get_or_insert(self.bars.len());
        let is_new_or_ended = match self.bars.get_mut(at) {
            Some(before) if before.step == step && before.has_ended == has_ended => return String::new(),
            Some(before) => {
                *before = bar;
                has_ended
            }
            None => {
                self.bars.push(bar);
                true
            }
        };
        if !self.replaces {
            return self.bars.get(at).map_or_else(String::new, |bar| bar.text.clone() + "\n");
        }
        // Each printing repeats all moving bars, so not every step of every bar is printed.
        self.steps += 1;
        if is_new_or_ended || self.steps >= self.bars.iter().filter(|bar| !bar.has_ended).count() {
            self.steps = 0;
            return self.replace(at);
        }
        String::new()
    }

    /// Returns the bar at this index if it has ended, and all moving bars.
    fn replace(&mut self, at: usize) -> String {
        let mut text = String::new();
        if !self.has_style {
            self.has_style = true;
            text = notebook::content("text/html", STYLE);
        }
        let mut add = |colour: &str, line: &str| {
            // The colour ends with the line, so that it does not affect other output.
            let _ = writeln!(text, "{colour}{line}{PLAIN}");
        };
        if let Some(ended) = self.bars.get(at).filter(|bar| bar.has_ended) {
            add(ENDED, &ended.text);
        }
        let moving = self.bars.iter().filter(|bar| !bar.has_ended);
        moving
            .zip([FIRST].into_iter().chain(std::iter::repeat(OTHER)))
            .for_each(|(bar, colour)| add(colour, &bar.text));
        text
    }
}

/// Returns the step of a load out of `steps`; for an unknown fraction, the binary logarithm of the number of pages.
fn step(load: &LoadProgress, steps: u32) -> (u32, u32) {
    let pages = if load.fraction > 0.0 { 0 } else { load.pages.checked_ilog2().unwrap_or(0) };
    ((load.fraction * f64::from(steps)) as u32, pages)
}

fn line(load: &LoadProgress) -> String {
    bar(&load.name, load.fraction, &summary(load))
}

fn bar(name: &str, fraction: f64, summary: &str) -> String {
    let percent = (fraction * 100.0) as u32;
    let filled = ((fraction * LENGTH as f64) as usize).min(LENGTH);
    let bar = "█".repeat(filled) + &"·".repeat(LENGTH - filled);
    format!("{name}: {percent:>3}% |{bar}| {summary}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{JobTracker, TaskCounts};
    use crate::time::Instant;
    use std::time::Duration;

    fn load(name: &str, pages: u64, fraction: f64, state: LoadState) -> LoadProgress {
        let elapsed = Duration::from_millis(100 * pages);
        let (datapoints, bytes) = (1_000 * pages, 500_000 * pages);
        LoadProgress { pages, datapoints, bytes, fraction, elapsed, state, ..LoadProgress::new(name) }
    }

    /// Returns the printed lines without the style sheet.
    fn printed(text: &str) -> Vec<&str> {
        text.split_once("EVCXR_END_CONTENT\n").map_or(text, |(_, lines)| lines).lines().collect()
    }

    /// Returns the visible lines: the style sheet hides a moving line if a first or a final line follows.
    fn seen(lines: &[String]) -> Vec<&str> {
        let hides = |line: &String| line.starts_with(FIRST) || line.starts_with(ENDED);
        let is_seen = |at: usize| lines[at].starts_with(ENDED) || !lines[at + 1..].iter().any(hides);
        (0..lines.len()).filter(|at| is_seen(*at)).map(|at| lines[at].as_str()).collect()
    }

    #[test]
    fn a_load_of_one_page_prints_nothing() {
        let mut lines = Lines::new(true);
        assert_eq!(lines.update(&mut None, &load("small", 1, 0.5, LoadState::Running)), "");
        assert_eq!(lines.update(&mut None, &load("small", 1, 1.0, LoadState::Complete)), "");
    }

    #[test]
    fn a_job_prints_a_line_for_each_step_and_its_end() {
        let (mut lines, mut index) = (Lines::new(false), None);
        let mut tracker = JobTracker::new("clouds", Instant::ORIGIN);
        let mut print = |queued, computed, state| {
            let tasks = TaskCounts { queued, computed, ..TaskCounts::default() };
            lines.update_job(&mut index, tracker.update(Instant::ORIGIN, state, tasks, &[]))
        };
        let first = print(1, 1, LoadState::Running);
        assert_eq!(first, "clouds:  50% |██████████··········| 1/2 tasks, 0s\n");
        assert_eq!(print(1, 1, LoadState::Running), "");
        assert_eq!(print(3, 1, LoadState::Running), "clouds:  25% |█████···············| 1/4 tasks, 0s\n");
        assert!(print(0, 4, LoadState::Complete).starts_with("clouds: 100% |"));
    }

    #[test]
    fn the_style_sheet_precedes_the_first_line() {
        let (mut lines, mut index) = (Lines::new(true), None);
        let first = lines.update(&mut index, &load("S2A", 2, 0.5, LoadState::Running));
        assert!(first.starts_with("EVCXR_BEGIN_CONTENT text/html\n<style>"), "{first}");
        let expected = "S2A:  50% |██████████··········| 2000 datapoints, 5.0 MB/s";
        assert_eq!(printed(&first), [format!("{FIRST}{expected}{PLAIN}")]);
        let second = lines.update(&mut index, &load("S2A", 3, 0.75, LoadState::Running));
        assert!(second.starts_with(FIRST), "{second}");
        for colour in [FIRST, OTHER, ENDED] {
            let rgb = colour.trim_start_matches("\x1b[38;2;").trim_end_matches('m').replace(';', ",");
            assert!(STYLE.contains(&format!("rgb({rgb})")), "{rgb}");
        }
    }

    #[test]
    fn concurrent_loads_move_together_and_stay_at_the_end() {
        let mut lines = Lines::new(true);
        let (mut one, mut other) = (None, None);
        let mut all: Vec<String> = Vec::new();
        let mut update = |index: &mut Option<usize>, load: LoadProgress| {
            let text = lines.update(index, &load);
            all.extend(printed(&text).into_iter().map(ToOwned::to_owned));
        };
        update(&mut one, load("S2A", 2, 0.2, LoadState::Running));
        update(&mut other, load("S2B", 2, 0.4, LoadState::Running));
        update(&mut one, load("S2A", 3, 0.5, LoadState::Running));
        update(&mut one, load("S2A", 3, 0.6, LoadState::Running));
        update(&mut other, load("S2B", 3, 1.0, LoadState::Complete));
        update(&mut one, load("S2A", 4, 0.8, LoadState::Running));
        let now = seen(&all);
        assert_eq!(now.len(), 2, "{now:?}");
        assert!(now[0].contains("S2B: 100%") && now[1].contains("S2A:  80%"), "{now:?}");
        let text = lines.update(&mut one, &load("S2A", 4, 0.8, LoadState::Stopped));
        all.extend(printed(&text).into_iter().map(ToOwned::to_owned));
        let ended = seen(&all);
        assert!(ended.len() == 2 && ended.iter().all(|line| line.starts_with(ENDED)), "{ended:?}");
        assert!(ended[1].contains("S2A:  80%"), "{ended:?}");
    }

    #[test]
    fn many_pages_print_few_lines() {
        for (replaces, most) in [(true, 27), (false, 6)] {
            let (mut lines, mut index) = (Lines::new(replaces), None);
            let pages = (2..=10_000).map(|page| load("S2A", page, page as f64 / 10_001.0, LoadState::Running));
            let all: String = pages.map(|load| lines.update(&mut index, &load)).collect();
            let count = printed(&all).len();
            assert!((most - 3..=most).contains(&count), "{count} lines");
            assert_eq!(all.contains('\x1b'), replaces);
        }
    }

    #[test]
    fn many_concurrent_loads_print_few_lines_each() {
        let mut lines = Lines::new(true);
        let mut indexes = [None; 10];
        let mut all = String::new();
        for page in 2..=1_000_u32 {
            for index in &mut indexes {
                let fraction = f64::from(page) / 1_001.0;
                all += &lines.update(index, &load("x", page.into(), fraction, LoadState::Running));
            }
        }
        let count = printed(&all).len();
        assert!((200..=350).contains(&count), "{count} lines");
    }

    #[test]
    fn a_load_without_a_known_end_shows_its_pages() {
        let (mut lines, mut index) = (Lines::new(false), None);
        let all: String =
            (2..=64).map(|page| lines.update(&mut index, &load("x", page, 0.0, LoadState::Running))).collect();
        assert_eq!(all.lines().count(), 6, "{all}");
        assert!(all.contains("64000 datapoints"), "{all}");
    }
}
