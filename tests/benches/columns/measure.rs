//! Medians and their table.

use std::time::{Duration, Instant};

/// The duration of each measurement.
const BUDGET: Duration = Duration::from_millis(1500);
/// The minimum and maximum number of runs.
const RUNS: std::ops::Range<usize> = 5..2000;

/// The times of all decoders for one page. The first one is the reference.
pub(crate) struct Table {
    title: String,
    datapoints: usize,
    bytes: usize,
    rows: Vec<(String, f64)>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(name: &str, datapoints: usize, bytes: usize) -> Self {
        let mean = bytes / datapoints.max(1);
        let title = format!("{name}: {datapoints} datapoints of {mean} bytes, {bytes} bytes");
        Self { title, datapoints, bytes, rows: Vec::new(), notes: Vec::new() }
    }

    /// Measures one decoder.
    pub(crate) fn add(&mut self, name: &str, mut run: impl FnMut()) {
        let begin = Instant::now();
        let mut seconds = Vec::new();
        while seconds.len() < RUNS.start || (begin.elapsed() < BUDGET && seconds.len() < RUNS.end) {
            let start = Instant::now();
            run();
            seconds.push(start.elapsed().as_secs_f64());
        }
        // The first runs warm up the caches.
        seconds.drain(..seconds.len() / 10);
        seconds.sort_by(f64::total_cmp);
        self.add_measured(name, seconds[seconds.len() / 2]);
    }

    pub(crate) fn add_measured(&mut self, name: &str, seconds: f64) {
        self.rows.push((name.to_owned(), seconds));
    }

    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    pub(crate) fn print(&self) {
        println!("\n{}", self.title);
        println!("{:<30} {:>11} {:>14} {:>9} {:>9}", "", "µs", "datapoints/s", "MB/s", "times");
        let first = self.rows.first().map_or(f64::NAN, |(_, seconds)| *seconds);
        for (name, seconds) in &self.rows {
            let (rate, megabytes) = (self.datapoints as f64 / seconds, self.bytes as f64 / seconds / 1e6);
            let (micros, times) = (seconds * 1e6, seconds / first);
            println!("{name:<30} {micros:>11.1} {rate:>14.0} {megabytes:>9.0} {times:>9.2}");
        }
        for note in &self.notes {
            println!("{note}");
        }
    }
}
