//! Options of an emulator.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use crate::emulator::Emulator;
use crate::error::StartError;
use crate::faults::{Fault, Faults};
use crate::generate::Catalogue;
use crate::permissions::Permissions;
use crate::recording;
use crate::requests::Requests;
use crate::server::{self, Compression, Gate, LogWriter, RateLimit};
use crate::services::{PageSizes, Service};
#[cfg(feature = "disk")]
use crate::store::Disk;
use crate::store::{Dataset, DiskError, Store};

/// The real default is not known, except that 1459 datapoints came in one page.
pub const DEFAULT_PAGE_SIZE: usize = 5_000;
/// The real maximum is not known.
pub const DEFAULT_MAXIMUM_PAGE_SIZE: usize = 10_000;
/// The fastest level. Compressing is by far the most expensive part of an answer.
pub const DEFAULT_GZIP_LEVEL: u32 = 1;

/// What an emulator holds and how it behaves. Ends in [`start`](Self::start).
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
        }
    }

    /// Listens on this address instead of 127.0.0.1, such as `0.0.0.0` for every IPv4 address of this machine. Other
    /// machines can reach it then, without encryption.
    pub fn host(self, host: IpAddr) -> Self {
        Self { host, ..self }
    }

    /// Writes one line for each request, without its end: what was asked, the response, and how long it took.
    pub fn log(self, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { log: Some(LogWriter::new(write)), ..self }
    }

    /// Listens on this port. 0, the default, lets the system choose a free one.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Listens on a unix socket with this path too. A socket that an emulator left behind when it was killed is replaced,
    /// one that another process listens on is not.
    pub fn unix(self, path: impl Into<PathBuf>) -> Self {
        Self { unix: Some(path.into()), ..self }
    }

    /// Holds the dataset, the collections and the datapoints found in a file of recorded answers. May be given several
    /// times; files about the same dataset add up.
    ///
    /// A datapoint does not tell its collection, so it goes to the collection named `<platform>_<product_type>` after
    /// its fields, which is how the recorded datasets name theirs, and without these fields to one named `default`. A
    /// recorded collection keeps its id.
    pub fn recording(mut self, file: impl Into<PathBuf>) -> Self {
        self.recordings.push(file.into());
        self
    }

    /// Holds a generated catalogue.
    pub fn catalogue(self, catalogue: Catalogue) -> Self {
        Self { catalogue: Some(catalogue), ..self }
    }

    /// Lets callers change the datasets. Otherwise they may do what the dataset's own permissions say, which for open
    /// data is to read.
    pub fn writable(self, writable: bool) -> Self {
        Self { writable, ..self }
    }

    /// Lets each request wait this long before it is served.
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// How many datapoints a page has when the request names no limit: [`DEFAULT_PAGE_SIZE`] if nothing is said. Lifts
    /// the maximum where it is less.
    pub fn page_size(mut self, datapoints: usize) -> Self {
        self.page_sizes.default = datapoints;
        self.page_sizes.maximum = self.page_sizes.maximum.max(datapoints);
        self
    }

    /// Cuts larger limits to this many datapoints: [`DEFAULT_MAXIMUM_PAGE_SIZE`] if nothing is said.
    pub fn maximum_page_size(mut self, datapoints: usize) -> Self {
        self.page_sizes.maximum = datapoints;
        self
    }

    /// Compresses answers with gzip at this level, 0 to 9, for clients that accept it. [`DEFAULT_GZIP_LEVEL`] if
    /// nothing is said.
    pub fn gzip(self, level: u32) -> Self {
        Self { compression: Compression::Gzip(level), ..self }
    }

    /// Sends answers uncompressed. Compressed requests are still understood.
    pub fn no_gzip(self) -> Self {
        Self { compression: Compression::Off, ..self }
    }

    /// Requires a bearer token, except on paths under `/public`. May be given several times, each with what its holder
    /// may do. Without any, every token or none will do, and permits everything.
    pub fn token(mut self, token: impl Into<String>, permissions: Permissions) -> Self {
        self.tokens.push((token.into(), permissions));
        self
    }

    /// Answers requests beyond this many in a second with HTTP 429, which tells when to come back. After a pause, the
    /// requests of one second may come at once.
    pub fn rate_limit(self, requests_per_second: u32) -> Self {
        Self { rate_limit: Some(requests_per_second), ..self }
    }

    /// Lets callers own so many datasets at most, as a subscription does. Otherwise any number.
    pub fn maximum_datasets(self, datasets: usize) -> Self {
        Self { maximum_datasets: Some(datasets), ..self }
    }

    /// Lets requests fail from the start; see [`Emulator::inject`].
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Makes the ids of what callers create follow from this number and from their names. Otherwise each emulator makes
    /// ids of its own, as each database does.
    pub fn identity(self, identity: u128) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// Keeps what it holds in this folder, so that it survives the emulator: a change is on disk before its request is
    /// answered. The folder is made if it is not there, and belongs to one emulator at a time.
    ///
    /// Recordings and a catalogue are copied into it once; what was changed since then stays changed. Everything is
    /// held in memory as well.
    #[cfg(feature = "disk")]
    pub fn data(self, folder: impl Into<PathBuf>) -> Self {
        Self { data: Some(folder.into()), ..self }
    }

    /// How many threads serve: 2 if nothing is said.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Loads the data and starts to serve, on threads of its own: the caller needs no async runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] when an option makes no sense, the data cannot be loaded or the port is taken.
    pub fn start(self) -> Result<Emulator, StartError> {
        self.check()?;
        let identity = self.identity.unwrap_or_else(|| fastrand::u128(..));
        let store = Arc::new(RwLock::new(self.store(identity)?));
        let service = Service::new(Arc::clone(&store), self.page_sizes);

        let asked = SocketAddr::from((self.host, self.port));
        let listen = |source| StartError::Listen { address: asked, source };
        let listener = TcpListener::bind(asked).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.threads)
            .thread_name("tilebox-emulator")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;

        let (requests, faults) = (Arc::new(Requests::default()), Arc::new(Faults::new(self.faults)));
        let gate = Gate {
            service: server::protocol_layer(service, self.compression),
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

    /// Loads the data, but starts no server: the API as a function, for simulations. Ids are the same in every run.
    ///
    /// # Errors
    ///
    /// [`StartError`] when an option makes no sense or the data cannot be loaded.
    pub fn service(self) -> Result<Service, StartError> {
        self.check()?;
        Ok(Service::new(Arc::new(RwLock::new(self.store(self.identity.unwrap_or_default())?)), self.page_sizes))
    }

    fn store(&self, identity: u128) -> Result<Store, StartError> {
        let mut store = match &self.data {
            #[cfg(feature = "disk")]
            Some(folder) => {
                let opened = Disk::open(folder).and_then(|disk| Store::open(disk, identity));
                opened.map_err(|error| self.unusable(error))?
            }
            _ => Store::new(identity),
        };
        // What was loaded into a folder once is there to be changed, and not loaded again.
        let kept: Vec<_> = store.datasets().iter().map(Dataset::id).collect();
        let generated = self.catalogue.as_ref().map(Catalogue::generate);
        let recorded = recording::load(&self.recordings)?;
        store.know_groups(recorded.groups);
        for dataset in recorded.datasets.into_iter().chain(generated) {
            if kept.contains(&dataset.id()) {
                continue;
            }
            if store.dataset(dataset.id()).is_some() || store.dataset_by_slug(dataset.slug()).is_some() {
                return Err(StartError::DatasetTwice { slug: dataset.slug().to_owned() });
            }
            store.add_dataset(dataset).map_err(|error| self.unusable(error))?;
        }
        if self.writable {
            store.permit_all();
        }
        if let Some(datasets) = self.maximum_datasets {
            store.limit_owned(datasets);
        }
        Ok(store)
    }

    fn unusable(&self, error: DiskError) -> StartError {
        let folder = self.data.clone().unwrap_or_default();
        StartError::Data { folder, problem: error.problem(), source: error.into_source() }
    }

    fn check(&self) -> Result<(), StartError> {
        let reject = |name, reason: &str| Err(StartError::Option { name, reason: reason.to_owned() });
        if let Some(reason) = self.faults.iter().find_map(|fault| fault.check().err()) {
            return reject("fault", &reason);
        }
        match self {
            Self { page_sizes: PageSizes { default: 0, .. }, .. } => reject("page size", "must be at least 1"),
            Self { page_sizes: PageSizes { default, maximum }, .. } if maximum < default => {
                reject("maximum page size", "must not be less than the page size")
            }
            Self { compression: Compression::Gzip(10..), .. } => reject("gzip", "a level is 0 to 9"),
            Self { rate_limit: Some(0), .. } => reject("rate limit", "must be at least 1"),
            Self { threads: 0, .. } => reject("threads", "must be at least 1"),
            _ => Ok(()),
        }
    }
}
