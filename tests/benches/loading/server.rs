//! The local server in its own process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use tilebox_emulator::{Catalogue, Emulator};

use crate::load::PAGE_SIZE;
use crate::this_program;

/// The datapoints of the server and its latency.
pub(crate) struct Setting {
    /// The latency of each response, in milliseconds.
    pub(crate) latency: u64,
    pub(crate) datapoints: usize,
    pub(crate) collections: usize,
}

impl Setting {
    pub(crate) fn from_arguments(arguments: impl Iterator<Item = String>) -> Self {
        let numbers: Vec<u64> = arguments.map(|number| number.parse().expect("a number")).collect();
        Self { latency: numbers[0], datapoints: numbers[1] as usize, collections: numbers[2] as usize }
    }
}

/// Serves, prints the address, and ends with standard input.
pub(crate) fn serve(setting: &Setting) {
    let emulator = Emulator::builder()
        .catalogue(Catalogue::new(setting.datapoints).parts(setting.collections))
        .latency(Duration::from_millis(setting.latency))
        .page_size(PAGE_SIZE)
        .start()
        .expect("a local server");
    println!("{}", emulator.url());
    let _ = std::io::stdin().read(&mut [0]);
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    pub(crate) fn start(setting: &Setting) -> Self {
        let mut process = this_program()
            .arg("serve")
            .args(
                [setting.latency, setting.datapoints as u64, setting.collections as u64]
                    .map(|number| number.to_string()),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process for the server");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut url).expect("its address");
        Self { process, url: url.trim().to_owned() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
