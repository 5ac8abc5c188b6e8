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
use crate::request_counts::RequestCounts;
use crate::server::Socket;
use crate::store::Store;

/// The longest that [`Emulator::stop`] waits.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A running emulator. Dropping it stops the server and closes its connections.
#[must_use]
pub struct Emulator {
    address: SocketAddr,
    url: String,
    /// Removed when the emulator is dropped.
    socket: Option<Socket>,
    store: Arc<RwLock<Store>>,
    requests: Arc<RequestCounts>,
    faults: Arc<Faults>,
    /// Taken when the emulator is dropped.
    runtime: Option<Runtime>,
}

/// A dataset of an emulator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DatasetSummary {
    /// The slug, by which clients request the dataset.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// The collections, ordered by name.
    pub collections: Vec<CollectionSummary>,
}

/// A collection of an emulator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CollectionSummary {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The number of datapoints.
    pub count: usize,
    /// The interval from the first to the last time, both included; `None` for an empty collection.
    pub availability: Option<TimeInterval>,
}

impl Emulator {
    /// Returns the default options of an emulator.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(
        address: SocketAddr,
        socket: Option<Socket>,
        store: Arc<RwLock<Store>>,
        requests: Arc<RequestCounts>,
        faults: Arc<Faults>,
        runtime: Runtime,
    ) -> Self {
        // Not every system can connect to the unspecified address.
        let ip = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let url = format!("http://{}", SocketAddr::new(ip, address.port()));
        Self { address, url, socket, store, requests, faults, runtime: Some(runtime) }
    }

    /// Returns the URL for clients, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address on which the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the unix socket, such as `unix:///tmp/tilebox.sock`, if the emulator has one.
    #[must_use]
    pub fn unix_url(&self) -> Option<String> {
        self.socket.as_ref().map(Socket::url)
    }

    /// Returns the counts of requests so far.
    #[must_use]
    pub fn requests(&self) -> &RequestCounts {
        &self.requests
    }

    /// Injects a fault into the following requests. If several faults apply to a request, the first injected one takes
    /// effect.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// Serves the requests that [`Fault::silence`] holds, and removes such faults.
    pub fn release(&self) {
        self.faults.release();
    }

    /// Removes all faults. Requests that a fault holds stay held.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Stops the server and waits until requests in flight end and another emulator can use the data folder.
    ///
    /// Blocks the thread for up to 10 seconds: do not call it from async code.
    pub fn stop(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(STOP_TIMEOUT);
        }
    }

    /// Returns the current datasets and collections.
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
            // Does not wait, so that async code can drop an emulator.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.url).finish_non_exhaustive()
    }
}
