//! A running emulator.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::builder::Builder;
use crate::faults::{Fault, Faults};
use crate::requests::Requests;
use crate::server::Socket;
use crate::store::Store;

/// How long [`Emulator::stop`] waits.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// A running emulator. Dropping it ends it, with every connection.
#[must_use]
pub struct Emulator {
    address: SocketAddr,
    url: String,
    /// Removed when the emulator is dropped.
    socket: Option<Socket>,
    store: Arc<RwLock<Store>>,
    requests: Arc<Requests>,
    faults: Arc<Faults>,
    /// Taken when the emulator is dropped.
    runtime: Option<Runtime>,
}

/// A dataset that an emulator holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DatasetSummary {
    /// What the dataset is asked for by.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its collections by name.
    pub collections: Vec<CollectionSummary>,
}

/// A collection that an emulator holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CollectionSummary {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// How many datapoints it has.
    pub count: usize,
    /// From its first to its last time, both included; nothing when it is empty.
    pub availability: Option<TimeInterval>,
}

impl Emulator {
    /// The options of a new emulator.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(
        address: SocketAddr,
        socket: Option<Socket>,
        store: Arc<RwLock<Store>>,
        requests: Arc<Requests>,
        faults: Arc<Faults>,
        runtime: Runtime,
    ) -> Self {
        // Nobody can connect to "every address" on every system.
        let ip = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let url = format!("http://{}", SocketAddr::new(ip, address.port()));
        Self { address, url, socket, store, requests, faults, runtime: Some(runtime) }
    }

    /// Where clients find it, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where clients of this machine find it without a port, such as `unix:///tmp/tilebox.sock`, if it was told to
    /// listen there.
    #[must_use]
    pub fn unix_url(&self) -> Option<String> {
        self.socket.as_ref().map(Socket::url)
    }

    /// What it was asked so far.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Lets coming requests fail. Of several faults that concern a request, the one given first happens.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// Serves the requests that [`Fault::silence`] holds, and lets later ones pass.
    pub fn release(&self) {
        self.faults.release();
    }

    /// Ends it as dropping does, but waits until requests in progress are over and a folder for data is free for another
    /// emulator. Not for async code, which must not wait.
    pub fn stop(mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A change waits for nothing but the disk; a scan may take a while.
            runtime.shutdown_timeout(LONGEST_STOP);
        }
    }

    /// What it holds now.
    #[must_use]
    pub fn datasets(&self) -> Vec<DatasetSummary> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let summary = |collection: &crate::store::Collection| CollectionSummary {
            id: collection.id(),
            name: collection.name().to_owned(),
            count: collection.len(),
            availability: collection.availability(),
        };
        let datasets = store.datasets().iter().map(|dataset| DatasetSummary {
            slug: dataset.slug().to_owned(),
            name: dataset.name().to_owned(),
            collections: dataset.collections().map(summary).collect(),
        });
        datasets.collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Does not wait, so that an emulator may be dropped inside of async code.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.url).finish_non_exhaustive()
    }
}
