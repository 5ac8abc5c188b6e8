//! Options of an emulator.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use crate::emulator::Emulator;
use crate::error::StartError;
use crate::faults::{Fault, Faults};
use crate::generate::Catalogue;
use crate::permissions::Permissions;
use crate::recording;
use crate::request_counts::RequestCounts;
use crate::server::{self, Compression, Gate, LogWriter, RateLimit};
use crate::services::{PageSizes, Service};
#[cfg(feature = "disk")]
use crate::store::Disk;
use crate::store::{Dataset, DiskError, Store};
use crate::workflows::{self, Moment, Timing, Workflows};

/// The number of datapoints in a page of a request without a limit. The real default is not known; a recorded page has
/// 1459 datapoints.
pub const DEFAULT_PAGE_SIZE: usize = 5_000;
/// The largest number of datapoints in a page. The real maximum is not known.
pub const DEFAULT_MAXIMUM_PAGE_SIZE: usize = 10_000;
/// The gzip level of responses: the fastest, because compression dominates the cost of a response.
pub const DEFAULT_GZIP_LEVEL: u32 = 1;

/// The options of an emulator. [`start`](Self::start) runs it.
#[derive(Debug)]
#[must_use]
pub struct Builder {
    host: IpAddr,
    port: u16,
    unix: Option<PathBuf>,
    log: Option<LogWriter>,
    recordings: Vec<PathBuf>,
    catalogue: Option<Catalogue>,
    writable: bool,
    latency: Duration,
    page_sizes: PageSizes,
    compression: Compression,
    tokens: Vec<(String, Permissions)>,
    rate_limit: Option<u32>,
    maximum_datasets: Option<usize>,
    faults: Vec<Fault>,
    identity: Option<u128>,
    data: Option<PathBuf>,
    threads: usize,
    timing: Timing,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            unix: None,
            log: None,
            recordings: Vec::new(),
            catalogue: None,
            writable: false,
            latency: Duration::ZERO,
            page_sizes: PageSizes { default: DEFAULT_PAGE_SIZE, maximum: DEFAULT_MAXIMUM_PAGE_SIZE },
            compression: Compression::Gzip(DEFAULT_GZIP_LEVEL),
            tokens: Vec::new(),
            rate_limit: None,
            maximum_datasets: None,
            faults: Vec::new(),
            identity: None,
            data: None,
            threads: 2,
            timing: Timing::default(),
        }
    }

    /// Sets the address to listen on (default 127.0.0.1). `0.0.0.0` is every IPv4 address of this machine: other
    /// machines can then connect, without encryption.
    pub fn host(self, host: IpAddr) -> Self {
        Self { host, ..self }
    }

    /// Calls `write` with one line for each request, without a line feed: the request, the outcome and the duration.
    pub fn log(self, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { log: Some(LogWriter::new(write)), ..self }
    }

    /// Sets the port to listen on. The system chooses a free port for 0, the default.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Listens on a unix socket as well. Replaces the stale socket of a killed emulator, but never one on which a process
    /// listens.
    pub fn unix(self, path: impl Into<PathBuf>) -> Self {
        Self { unix: Some(path.into()), ..self }
    }

    /// Loads the datasets, collections and datapoints of a file of recorded responses. Can be called several times;
    /// files about the same dataset add up.
    ///
    /// A recorded datapoint does not name its collection. It goes to the collection `<platform>_<product_type>`, which is
    /// how recorded datasets name their collections, or to `default` if it lacks these fields. Recorded collections keep
    /// their ids.
    pub fn recording(mut self, file: impl Into<PathBuf>) -> Self {
        self.recordings.push(file.into());
        self
    }

    /// Adds a generated catalogue.
    pub fn catalogue(self, catalogue: Catalogue) -> Self {
        Self { catalogue: Some(catalogue), ..self }
    }

    /// Lets callers change all datasets. By default, the permissions of each dataset apply: open data is read-only.
    pub fn writable(self, writable: bool) -> Self {
        Self { writable, ..self }
    }

    /// Delays each request by this duration.
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Sets the number of datapoints in a page of a request without a limit (default [`DEFAULT_PAGE_SIZE`]). Raises the
    /// maximum page size to at least this number.
    pub fn page_size(mut self, datapoints: usize) -> Self {
        self.page_sizes.default = datapoints;
        self.page_sizes.maximum = self.page_sizes.maximum.max(datapoints);
        self
    }

    /// Sets the largest number of datapoints in a page (default [`DEFAULT_MAXIMUM_PAGE_SIZE`]). Larger limits are
    /// reduced to it.
    pub fn maximum_page_size(mut self, datapoints: usize) -> Self {
        self.page_sizes.maximum = datapoints;
        self
    }

    /// Sets the gzip level of responses, 0 to 9, for clients that accept gzip (default [`DEFAULT_GZIP_LEVEL`]).
    pub fn gzip(self, level: u32) -> Self {
        Self { compression: Compression::Gzip(level), ..self }
    }

    /// Sends uncompressed responses. Compressed requests are still accepted.
    pub fn no_gzip(self) -> Self {
        Self { compression: Compression::Off, ..self }
    }

    /// Adds a bearer token with its permissions. Once there is a token, every request needs one, except under `/public`.
    /// Without tokens, every caller may do everything.
    pub fn token(mut self, token: impl Into<String>, permissions: Permissions) -> Self {
        self.tokens.push((token.into(), permissions));
        self
    }

    /// Limits requests per second. Requests beyond the limit get HTTP 429 with `Retry-After`. After a pause, the requests
    /// of one second may arrive at once.
    pub fn rate_limit(self, requests_per_second: u32) -> Self {
        Self { rate_limit: Some(requests_per_second), ..self }
    }

    /// Limits the number of datasets that callers own, as a subscription does (default: no limit).
    pub fn maximum_datasets(self, datasets: usize) -> Self {
        Self { maximum_datasets: Some(datasets), ..self }
    }

    /// Sets the lease of a task (default 15 seconds). A runner that does not extend it in time loses the task. Raises the
    /// maximum lease to at least this duration.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.timing.lease = lease;
        self.timing.maximum_lease = self.timing.maximum_lease.max(lease);
        self
    }

    /// Sets the longest lease that an extension grants (default 5 minutes). Longer requests are reduced to it.
    ///
    /// The official Python runner counts whole seconds: below 2 seconds, it extends leases without a pause.
    pub fn maximum_lease(mut self, lease: Duration) -> Self {
        self.timing.maximum_lease = lease;
        self
    }

    /// Sets the shortest pause that is suggested to a runner without work (default 5 seconds). The longest is twice as long.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.timing.idle = idle;
        self
    }

    /// Injects a fault from the start; see [`Emulator::inject`].
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Derives the ids of created datasets and collections from this number and their names, and the random part of the ids
    /// of jobs and tasks, so that emulators with the same identity create the same ids (default: random).
    pub fn identity(self, identity: u128) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// Stores the data in this folder. A change is on disk before its response is sent. The folder is created if it does
    /// not exist; only one emulator at a time can use it.
    ///
    /// Recordings and a catalogue are copied into it once; later changes to them persist. Memory holds all data as well.
    /// Exported logs and spans are not stored.
    #[cfg(feature = "disk")]
    pub fn data(self, folder: impl Into<PathBuf>) -> Self {
        Self { data: Some(folder.into()), ..self }
    }

    /// Sets the number of server threads (default 2).
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Loads the data and starts the server on its own threads; the caller needs no async runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] if an option is not valid, the data cannot be loaded or the port is in use.
    pub fn start(self) -> Result<Emulator, StartError> {
        self.check()?;
        let identity = self.identity.unwrap_or_else(|| fastrand::u128(..));
        // Ids of jobs and tasks must not repeat when an emulator starts again with the same data.
        let seed = self.identity.map_or_else(|| fastrand::u64(..), |identity| identity as u64);
        let store = self.store(identity)?;
        let workflows = self.workflows(&store, seed)?;
        let store = Arc::new(RwLock::new(store));
        let service = Service::new(Arc::clone(&store), self.page_sizes, Arc::clone(&workflows));

        let requested = SocketAddr::from((self.host, self.port));
        let listen = |source| StartError::Listen { address: requested, source };
        let listener = TcpListener::bind(requested).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.threads)
            .thread_name("tilebox-emulator")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;

        let (requests, faults) = (Arc::new(RequestCounts::default()), Arc::new(Faults::new(self.faults)));
        let started = Instant::now();
        runtime.spawn(workflows::run_automations(Arc::downgrade(&workflows), move || Moment::now(started)));
        let gate = Gate {
            service: server::protocol_layer(service, self.compression, started),
            workflows,
            requests: Arc::clone(&requests),
            faults: Arc::clone(&faults),
            latency: self.latency,
            tokens: self.tokens,
            rate_limit: self.rate_limit.map(RateLimit::new),
            log: self.log,
        };
        let entered = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).map_err(listen)?;
        let socket = self.unix.map(server::Socket::bind).transpose()?;
        drop(entered);
        let gate = Arc::new(gate);
        let socket = socket.map(|(socket, listening)| {
            runtime.spawn(server::serve(listening, Arc::clone(&gate)));
            socket
        });
        runtime.spawn(server::serve(listener, gate));
        Ok(Emulator::new(address, socket, store, requests, faults, runtime))
    }

    /// Loads the data without starting a server, for simulations. Ids are the same in every run.
    ///
    /// # Errors
    ///
    /// [`StartError`] if an option is not valid or the data cannot be loaded.
    pub fn service(self) -> Result<Service, StartError> {
        self.check()?;
        let identity = self.identity.unwrap_or_default();
        let store = self.store(identity)?;
        let workflows = self.workflows(&store, identity as u64)?;
        Ok(Service::new(Arc::new(RwLock::new(store)), self.page_sizes, workflows))
    }

    fn workflows(&self, store: &Store, seed: u64) -> Result<Arc<Workflows>, StartError> {
        let options = workflows::Options { identity: store.identity(), seed, timing: self.timing };
        let workflows = Workflows::new(options, store.disk());
        workflows.map(Arc::new).map_err(|error| self.data_error(error))
    }

    fn store(&self, identity: u128) -> Result<Store, StartError> {
        let mut store = match &self.data {
            #[cfg(feature = "disk")]
            Some(folder) => {
                let opened = Disk::open(folder).and_then(|disk| Store::open(Arc::new(disk), identity));
                opened.map_err(|error| self.data_error(error))?
            }
            _ => Store::new(identity),
        };
        // Datasets that are in the folder may have changed, so they are not loaded again.
        let stored: Vec<_> = store.datasets().iter().map(Dataset::id).collect();
        let generated = self.catalogue.as_ref().map(Catalogue::generate);
        let recorded = recording::load(&self.recordings)?;
        store.add_recorded_groups(recorded.groups);
        for dataset in recorded.datasets.into_iter().chain(generated) {
            if stored.contains(&dataset.id()) {
                continue;
            }
            if store.dataset(dataset.id()).is_some() || store.dataset_by_slug(dataset.slug()).is_some() {
                return Err(StartError::DuplicateDataset { slug: dataset.slug().to_owned() });
            }
            store.add_dataset(dataset).map_err(|error| self.data_error(error))?;
        }
        if self.writable {
            store.permit_all();
        }
        if let Some(datasets) = self.maximum_datasets {
            store.set_maximum_owned(datasets);
        }
        Ok(store)
    }

    fn data_error(&self, error: DiskError) -> StartError {
        let folder = self.data.clone().unwrap_or_default();
        StartError::Data { folder, kind: error.kind(), source: error.into_source() }
    }

    fn check(&self) -> Result<(), StartError> {
        let reject = |name, reason| Err(StartError::Option { name, reason });
        match self {
            Self { page_sizes: PageSizes { default: 0, .. }, .. } => reject("page size", "expects at least 1, got 0"),
            Self { page_sizes: PageSizes { default, maximum }, .. } if maximum < default => {
                reject("maximum page size", "expects at least the page size")
            }
            Self { compression: Compression::Gzip(10..), .. } => reject("gzip", "expects a level from 0 to 9"),
            Self { rate_limit: Some(0), .. } => reject("rate limit", "expects at least 1, got 0"),
            Self { threads: 0, .. } => reject("threads", "expects at least 1, got 0"),
            Self { timing: Timing { lease, .. }, .. } if !is_reasonable(*lease) => reject("lease", REASONABLE),
            Self { timing: Timing { maximum_lease, .. }, .. } if !is_reasonable(*maximum_lease) => {
                reject("maximum lease", REASONABLE)
            }
            Self { timing: Timing { lease, maximum_lease, .. }, .. } if maximum_lease < lease => {
                reject("maximum lease", "expects at least the lease")
            }
            Self { timing: Timing { idle, .. }, .. } if !is_reasonable(*idle) => reject("idle", REASONABLE),
            _ => Ok(()),
        }
    }
}

/// The reason for which a lease or a pause is refused.
const REASONABLE: &str = "expects 1 ms to 24 hours";

fn is_reasonable(duration: Duration) -> bool {
    (workflows::SHORTEST..=workflows::LONGEST).contains(&duration)
}
