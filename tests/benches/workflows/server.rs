//! The local server in its own process.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tilebox_emulator::Emulator;

use crate::this_program;
use crate::usage::Usage;

/// Where the server keeps its state.
pub(crate) enum Storage {
    Memory,
    /// In a new folder within this one.
    Data(PathBuf),
}

impl Storage {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Data(_) => "data",
        }
    }

    /// Returns the rate of tasks as a share of the rate of the no-op that is the goal.
    pub(crate) fn goal(&self) -> f64 {
        match self {
            Self::Memory => 0.8,
            Self::Data(_) => 0.5,
        }
    }
}

/// Serves, with a latency in milliseconds, and with a data folder or without. Prints the address, and ends with standard
/// input.
pub(crate) fn serve(mut arguments: impl Iterator<Item = String>) {
    let latency = arguments.next().expect("a latency").parse().expect("a number");
    let mut builder = Emulator::builder().latency(Duration::from_millis(latency));
    if let Some(folder) = arguments.next() {
        builder = builder.data(folder);
    }
    let emulator = builder.start().expect("a local server");
    println!("{}", emulator.address());
    let _ = std::io::stdin().read(&mut [0]);
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    folder: Option<PathBuf>,
}

impl Server {
    /// Starts a server with a latency in whole milliseconds.
    pub(crate) fn start(storage: &Storage, latency: Duration) -> Self {
        let folder = match storage {
            Storage::Memory => None,
            Storage::Data(parent) => Some(parent.join(format!("workflows-{}", std::process::id()))),
        };
        let mut command = this_program();
        command
            .args(["serve", &latency.as_millis().to_string()])
            .args(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().expect("a process for the server");
        let mut address = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut address).expect("its address");
        Self { process, address: address.trim().parse().expect("an address"), folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage::of(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Returns the median time in which the disk of a folder stores a block, in seconds.
pub(crate) fn sync_time(folder: &Path) -> f64 {
    let path = folder.join(format!("sync-{}", std::process::id()));
    let mut file = File::create(&path).expect("a file");
    let store = |_| {
        let start = Instant::now();
        file.write_all(&[1; 4096]).expect("a block is written");
        file.sync_data().expect("a block is stored");
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..101).map(store).collect();
    let _ = fs::remove_file(path);
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}
