//! A local Tilebox server on the command line.

use std::error::Error;
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::DateTime;
use clap::Parser;
use tilebox_emulator::{
    Builder, Catalogue, DEFAULT_GZIP_LEVEL, DEFAULT_PAGE_SIZE, Emulator, Fault, Permissions, parse_duration,
};

/// The size of the catalogue if the command line names no other source.
const DEFAULT_DATAPOINTS: usize = 100_000;

/// A local Tilebox server for tests, demonstrations and benchmarks.
///
/// It serves Connect and gRPC on one local port. Its data are recorded responses of the real API, a generated catalogue
/// of Sentinel-2 granules, reproducible by its seed, and datasets that clients create. Clients can submit jobs to it, and
/// runners execute them.
///
/// Point a client to the printed address:
///
///     tilebox-emulator --port 8080 --datapoints 1000000 --latency 100ms
///     TILEBOX_API_URL=http://127.0.0.1:8080 TILEBOX_API_KEY=any python my_script.py
///
/// The slugs of created datasets begin with "local.".
#[derive(Parser, Debug)]
#[command(name = "tilebox-emulator", version, verbatim_doc_comment)]
struct Options {
    /// IP address to listen on; 0.0.0.0 or :: for all addresses of this machine. With any address but 127.0.0.1, other
    /// machines can connect, without encryption.
    #[arg(long, default_value = "127.0.0.1", value_parser = host, value_name = "ADDRESS")]
    host: IpAddr,

    /// Port to listen on; 0 lets the system choose a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Path of an additional unix socket to listen on. gRPC clients send the path as the host name, which must not
    /// contain a slash, so run them in the folder of the socket and name the file alone.
    #[arg(long, value_name = "PATH")]
    unix: Option<PathBuf>,

    /// File of recorded responses to load; can be repeated.
    ///
    /// The fields of a datapoint name its collection: <platform>_<product_type>.
    #[arg(long, value_name = "FILE")]
    recording: Vec<PathBuf>,

    /// Number of datapoints in the generated catalogue; each takes about 900 bytes of memory [default: 100000 without
    /// --recording and --data].
    #[arg(long, value_name = "N")]
    datapoints: Option<usize>,

    /// Seed of the generated catalogue.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,

    /// Delay of each request: 250us, 100ms, 2s, 5m.
    #[arg(long, default_value = "0ms", value_parser = parse_duration, value_name = "TIME")]
    latency: Duration,

    /// Datapoints per page of a request without a limit.
    #[arg(long, default_value_t = DEFAULT_PAGE_SIZE, value_name = "N")]
    page_size: usize,

    /// Maximum datapoints per page [default: 10000, or the page size if larger].
    #[arg(long, value_name = "N")]
    maximum_page_size: Option<usize>,

    /// Gzip level of responses, 0 to 9, for clients that accept gzip.
    #[arg(long, default_value_t = DEFAULT_GZIP_LEVEL, value_name = "LEVEL")]
    gzip: u32,

    /// Send uncompressed responses.
    #[arg(long, conflicts_with = "gzip")]
    no_gzip: bool,

    /// Bearer token that requests need, except under /public; can be repeated. PERMISSIONS are read, write and edit,
    /// joined by commas [default: all].
    #[arg(long, value_name = "TOKEN[=PERMISSIONS]", value_parser = token)]
    token: Vec<(String, Permissions)>,

    /// Maximum requests per second; others get HTTP 429.
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,

    /// Fault to inject; can be repeated. A kind and options, joined by commas: rpc:CODE, http:STATUS, html:STATUS, delay:TIME,
    /// drop, truncate or silent; on=METHOD, after=N, times=N or times=always, retry-after=SECONDS.
    ///
    /// Example: http:503,on=Query,after=2,times=3
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,

    /// Folder in which data is stored, so that it survives a restart: datasets, jobs, tasks, clusters and so on. Recordings
    /// and the catalogue are copied into it once.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,

    /// Lease of a task: 250ms, 15s. A runner that does not extend it in time loses the task.
    #[arg(long, default_value = "15s", value_parser = parse_duration, value_name = "TIME")]
    lease: Duration,

    /// Longest lease that an extension grants [default: 5m, or the lease if longer]. The official Python runner counts whole
    /// seconds: below 2s, it extends leases without a pause.
    #[arg(long, value_parser = parse_duration, value_name = "TIME")]
    max_lease: Option<Duration>,

    /// Shortest pause that is suggested to a runner without work; the longest is twice as long.
    #[arg(long, default_value = "5s", value_parser = parse_duration, value_name = "TIME")]
    idle: Duration,

    /// Write a line to standard error for each request.
    #[arg(long)]
    log: bool,

    /// Let callers change all datasets.
    #[arg(long)]
    writable: bool,

    /// Number of server threads.
    #[arg(long, default_value_t = 2, value_name = "N")]
    threads: usize,
}

impl Options {
    fn builder(self) -> Builder {
        let mut builder = Emulator::builder()
            .host(self.host)
            .port(self.port)
            .latency(self.latency)
            .page_size(self.page_size)
            .writable(self.writable)
            .threads(self.threads)
            .lease(self.lease)
            .idle(self.idle);
        if let Some(lease) = self.max_lease {
            builder = builder.maximum_lease(lease);
        }
        builder = if self.no_gzip { builder.no_gzip() } else { builder.gzip(self.gzip) };
        if let Some(maximum) = self.maximum_page_size {
            builder = builder.maximum_page_size(maximum);
        }
        for (token, permissions) in self.token {
            builder = builder.token(token, permissions);
        }
        if let Some(requests) = self.rate_limit {
            builder = builder.rate_limit(requests);
        }
        if self.log {
            // A closed pipe is not an error.
            builder = builder.log(|line| {
                let _ = writeln!(std::io::stderr(), "{line}");
            });
        }
        if let Some(path) = self.unix {
            builder = builder.unix(path);
        }
        builder = self.fault.into_iter().fold(builder, Builder::fault);
        let other_source = !self.recording.is_empty() || self.data.is_some();
        let datapoints = self.datapoints.or_else(|| (!other_source).then_some(DEFAULT_DATAPOINTS));
        if let Some(folder) = self.data {
            builder = builder.data(folder);
        }
        if let Some(datapoints) = datapoints {
            builder = builder.catalogue(Catalogue::new(datapoints).seed(self.seed));
        }
        self.recording.into_iter().fold(builder, Builder::recording)
    }
}

fn main() -> ExitCode {
    match Options::parse().builder().start() {
        Ok(emulator) => {
            print_summary(&emulator);
            loop {
                std::thread::park();
            }
        }
        Err(error) => {
            eprint!("error: {error}");
            let mut cause = error.source();
            while let Some(source) = cause {
                eprint!(": {source}");
                cause = source.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

/// Prints the summary. A parent process may close the pipe after the first line, which is not an error.
fn print_summary(emulator: &Emulator) {
    let _ = std::io::stdout().write_all(summary(emulator).as_bytes());
}

fn summary(emulator: &Emulator) -> String {
    let mut summary = format!("listening on {}\n", emulator.url());
    if emulator.address().ip().is_unspecified() {
        summary += &format!("listening on {}, all addresses of this machine\n", emulator.address());
    }
    if let Some(url) = emulator.unix_url() {
        summary += &format!("listening on {url}\n");
    }
    for dataset in emulator.datasets() {
        summary += &format!("\n{}  {}\n", dataset.slug, dataset.name);
        for collection in dataset.collections {
            let availability = collection.availability.and_then(|interval| {
                let (start, end) = (interval.start_time?, interval.end_time?);
                let day = |seconds| DateTime::from_timestamp(seconds, 0).map(|time| time.date_naive());
                Some(format!("{} to {}", day(start.seconds)?, day(end.seconds)?))
            });
            let availability = availability.unwrap_or_else(|| "empty".to_owned());
            summary += &format!("  {:<16} {:>10} datapoints  {availability}\n", collection.name, collection.count);
        }
    }
    summary
}

fn token(text: &str) -> Result<(String, Permissions), String> {
    let (token, permissions) = match text.split_once('=') {
        Some((token, permissions)) => (token, permissions.parse()?),
        None => (text, Permissions::ALL),
    };
    if token.is_empty() {
        return Err("expects a token, got an empty one".to_owned());
    }
    Ok((token.to_owned(), permissions))
}

fn host(text: &str) -> Result<IpAddr, String> {
    let text = if text == "localhost" { "127.0.0.1" } else { text };
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    text.parse().map_err(|_| format!("expects an IP address of this machine, such as 0.0.0.0 or ::1; got {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
        assert!(Options::try_parse_from(["tilebox-emulator", "--latency", "100ms", "--no-gzip"]).is_ok());
        let times = ["tilebox-emulator", "--lease", "250ms", "--max-lease", "5m", "--idle", "1s"];
        let options = Options::try_parse_from(times).expect("options");
        assert_eq!(options.lease, Duration::from_millis(250));
        assert_eq!((options.max_lease, options.idle), (Some(Duration::from_secs(300)), Duration::from_secs(1)));
    }

    #[test]
    fn a_host_is_an_ip_address() {
        for (text, address) in [("localhost", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("[::1]", "::1"), ("::", "::")] {
            assert_eq!(host(text), Ok(address.parse().expect("an address")), "{text}");
        }
        for invalid in ["", "example.org", "127.0.0.1:80", "[::1", "http://127.0.0.1"] {
            assert!(host(invalid).is_err_and(|error| error.contains("such as 0.0.0.0")), "{invalid}");
        }
    }
}
