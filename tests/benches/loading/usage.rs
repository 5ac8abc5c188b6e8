//! The time and memory of a load.

use std::process::{Command, Stdio};

use crate::server::Setting;

/// The usage of one load.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// The wall time, in seconds.
    pub(crate) wall: f64,
    /// The CPU time of all threads, in seconds.
    pub(crate) cpu: f64,
    /// The peak memory of the process, in MB; 0 on systems that do not report it.
    pub(crate) peak: f64,
    /// The number of received bytes, compressed.
    pub(crate) bytes: u64,
    pub(crate) requests: u64,
    pub(crate) datapoints: u64,
}

impl Usage {
    /// Parses the output of the process that loads.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.stderr(Stdio::inherit()).output().expect("a process");
        assert!(output.status.success(), "the load failed");
        let text = String::from_utf8(output.stdout).expect("text");
        let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        let [wall, cpu, peak, bytes, requests, datapoints] = numbers[..] else { panic!("unexpected output {text:?}") };
        Self { wall, cpu, peak, bytes: bytes as u64, requests: requests as u64, datapoints: datapoints as u64 }
    }

    /// Prints the usage of this process and the given numbers, in the form that [`of`](Self::of) parses.
    pub(crate) fn print_own(wall: f64, bytes: u64, requests: u64, datapoints: u64) {
        println!("{wall} {} {} {bytes} {requests} {datapoints}", cpu().unwrap_or(0.0), peak().unwrap_or(0.0));
    }

    /// Returns the usage with the median wall time.
    pub(crate) fn median(runs: impl Iterator<Item = Self>) -> Self {
        let mut runs: Vec<Self> = runs.collect();
        runs.sort_by(|left, right| left.wall.total_cmp(&right.wall));
        runs[runs.len() / 2]
    }

    pub(crate) fn print(&self, setting: &Setting, way: &str, bound: &Self) {
        println!(
            "{:>4} ms  {:>10}  {:>11}  {way:<11}  {:>6.2}  {:>6.2}  {:>7.0}  {:>6.0}  {:>8}  {:>8.2}",
            setting.latency,
            setting.datapoints,
            setting.collections,
            self.wall,
            self.cpu,
            self.peak,
            self.bytes as f64 / 1e6,
            self.requests,
            self.wall / bound.wall,
        );
    }
}

/// Returns the peak memory of this process, in MB.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

/// Returns the CPU time of all threads of this process, in seconds. Linux counts hundredths.
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let behind_name = stat.rsplit_once(')')?.1;
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap_or(0.0));
    Some(ticks.sum::<f64>() / 100.0)
}
