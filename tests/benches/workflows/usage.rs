//! What a process has used so far. Zero on systems without `/proc`.

/// The usage of a process.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// The CPU time of all threads, in seconds. Linux counts hundredths.
    pub(crate) cpu: f64,
    /// The bytes written to the disk.
    pub(crate) written: f64,
    /// The system calls that write, to the network as well.
    pub(crate) writes: f64,
}

impl Usage {
    /// Reads the usage of a process: its id, or `self`.
    pub(crate) fn of(process: &str) -> Self {
        let counter = |name| counter(process, name).unwrap_or(0.0);
        Self { cpu: cpu(process).unwrap_or(0.0), written: counter("write_bytes: "), writes: counter("syscw: ") }
    }

    pub(crate) fn since(self, start: Self) -> Self {
        Self { cpu: self.cpu - start.cpu, written: self.written - start.written, writes: self.writes - start.writes }
    }
}

fn cpu(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap_or(0.0));
    Some(ticks.sum::<f64>() / 100.0)
}

fn counter(process: &str, name: &str) -> Option<f64> {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).ok()?;
    io.lines().find_map(|line| line.strip_prefix(name))?.parse().ok()
}
