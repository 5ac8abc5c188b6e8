//! Progress bars in the cell of a notebook (feature `progress`).
//!
//! While a cell runs, evcxr passes on whole lines of text and nothing else: it reads what a program prints line by line
//! (`ChildProcess::recv_line`), ends each line anew (`Server::pass_output_line`) and keeps HTML until the cell has ended
//! (`Server::handle_execution_requests`, all in evcxr 0.22). Front ends let no later text change a line that has ended.
//!
//! So a bar that moves is a line that is printed again, and the style sheet that comes with every HTML of this crate hides
//! the lines it replaces. They are told apart by their colours, which all front ends keep: see `notebook/style.css`.
//! Without the style sheet, as where a notebook is shown by something that does not trust it, there are a few lines more.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::bars::figures;
use super::{LoadListener, LoadProgress, LoadState};
use crate::environment;
use crate::notebook::{self, STYLE};

/// How long a bar is, in characters.
const LENGTH: usize = 20;
/// In how many steps a bar moves where lines replace each other, and where each of them stays.
const REPLACED: u32 = 25;
const STAYING: u32 = 4;

/// Colours of the first line of those that move together, of the others, and of a line that stays, as the style sheet
/// knows them: to a person they are the same.
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
    /// When this program runs in evcxr.
    pub(super) fn of_environment() -> Option<Self> {
        // evcxr's own, for the process that runs the code of cells, which is the program of the kernel or of the REPL.
        environment::variable("EVCXR_IS_RUNTIME")?;
        let program = std::env::current_exe().ok()?;
        let is_kernel = program.file_stem().is_some_and(|name| name == "evcxr_jupyter");
        // The colours replace lines, so without them nothing is replaced: https://no-color.org
        let replaces = is_kernel && environment::variable("NO_COLOR").is_none();
        Some(Self { lines: Arc::new(Mutex::new(Lines::new(replaces))) })
    }

    pub(super) fn start(&self) -> LoadListener {
        let lines = Arc::clone(&self.lines);
        let mut index = None;
        Box::new(move |load| {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            let text = lines.update(&mut index, load);
            if !text.is_empty() {
                notebook::print(&text);
            }
        })
    }
}

/// What was printed of all loads.
#[derive(Debug)]
struct Lines {
    /// Whether a line replaces the ones before it.
    replaces: bool,
    /// Whether the style sheet was printed.
    has_style: bool,
    bars: Vec<Bar>,
    /// How many steps bars made since they were printed.
    steps: usize,
}

/// What was printed of one load.
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

    /// What to print now that this is known of a load, whose index among the bars it has from the first time on.
    fn update(&mut self, index: &mut Option<usize>, load: &LoadProgress) -> String {
        // What fits into one page is there at once.
        if load.pages < 2 {
            return String::new();
        }
        let step = step(load, if self.replaces { REPLACED } else { STAYING });
        let has_ended = load.state != LoadState::Running;
        let bar = Bar { step, text: line(load), has_ended };
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
        // All that move are printed again, so not for each step of each.
        self.steps += 1;
        if is_new_or_ended || self.steps >= self.bars.iter().filter(|bar| !bar.has_ended).count() {
            self.steps = 0;
            return self.replace(at);
        }
        String::new()
    }

    /// The bar at this index if it has ended, which then stays, and all that move.
    fn replace(&mut self, at: usize) -> String {
        let mut text = String::new();
        if !self.has_style {
            self.has_style = true;
            text = notebook::content("text/html", STYLE);
        }
        let mut add = |colour: &str, line: &str| {
            // Plain at the end, so that the colour does not go on in what others print.
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

/// How far a load is, in so many steps; without an end to count to, by the number of its pages, each step twice as far.
fn step(load: &LoadProgress, steps: u32) -> (u32, u32) {
    let pages = if load.fraction > 0.0 { 0 } else { load.pages.checked_ilog2().unwrap_or(0) };
    ((load.fraction * f64::from(steps)) as u32, pages)
}

fn line(load: &LoadProgress) -> String {
    let percent = (load.fraction * 100.0) as u32;
    let filled = ((load.fraction * LENGTH as f64) as usize).min(LENGTH);
    let bar = "█".repeat(filled) + &"·".repeat(LENGTH - filled);
    format!("{}: {percent:>3}% |{bar}| {}", load.name, figures(load))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn load(name: &str, pages: u64, fraction: f64, state: LoadState) -> LoadProgress {
        let elapsed = Duration::from_millis(100 * pages);
        let (datapoints, bytes) = (1_000 * pages, 500_000 * pages);
        LoadProgress { pages, datapoints, bytes, fraction, elapsed, state, ..LoadProgress::new(name) }
    }

    /// What is printed without the style sheet.
    fn printed(text: &str) -> Vec<&str> {
        text.split_once("EVCXR_END_CONTENT\n").map_or(text, |(_, lines)| lines).lines().collect()
    }

    /// What is left to see: as the style sheet says, a line that moves is hidden by a first or an ended one behind it.
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
    fn the_first_line_brings_the_style_that_hides_it_later() {
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
    fn loads_at_once_move_together_and_stay_when_they_end() {
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
    fn however_many_pages_there_are_the_lines_are_few() {
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
    fn many_loads_at_once_print_few_lines_each() {
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
    fn a_load_without_a_known_end_shows_that_it_goes_on() {
        let (mut lines, mut index) = (Lines::new(false), None);
        let all: String =
            (2..=64).map(|page| lines.update(&mut index, &load("x", page, 0.0, LoadState::Running))).collect();
        assert_eq!(all.lines().count(), 6, "{all}");
        assert!(all.contains("64000 datapoints"), "{all}");
    }
}
