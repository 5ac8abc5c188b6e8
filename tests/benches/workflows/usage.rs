//! What a process has used so far. Zero on systems without `/proc`.

/// The usage of a process.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// The CPU time of all threads, in seconds.
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

/// Returns the resident memory of this process, in megabytes.
pub(crate) fn resident() -> f64 {
    let read = || {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    read().map_or(0.0, |kilobytes| kilobytes / 1e3)
}

/// Returns the CPU time of all threads that run. Linux counts nanoseconds for each.
fn cpu(process: &str) -> Option<f64> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let nanoseconds = threads.filter_map(|thread| {
        let schedule = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        schedule.split_whitespace().next()?.parse::<f64>().ok()
    });
    Some(nanoseconds.sum::<f64>() / 1e9)
}

fn counter(process: &str, name: &str) -> Option<f64> {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).ok()?;
    io.lines().find_map(|line| line.strip_prefix(name))?.parse().ok()
}
