//! One load in its own process.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::try_join_all;
use futures::stream::TryStreamExt as _;
use tilebox_tokio::protocol::exchange::Limits;
use tilebox_tokio::runtime::{Transport, TransportError};
use tilebox_tokio::{Collection, Hyper, Result, block_on};

use crate::usage::Usage;
use crate::{bound, this_program};

/// The page size of the goals.
pub(crate) const PAGE_SIZE: usize = 2000;
const DATASET: &str = "open_data.copernicus.sentinel2_msi";
pub(crate) const ALL_TIME: (&str, &str) = ("2020-01-01", "2060-01-01");

/// The way of loading.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// Sequential pages of this number of concurrent collections.
    Sequential(usize),
    Parallel,
    Bound,
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sequential(1) => "sequential",
            Self::Sequential(_) => "concurrent",
            Self::Parallel => "parallel",
            Self::Bound => "bound",
        }
    }
}

/// The datapoints of a load and its way.
pub(crate) struct Load {
    pub(crate) way: Way,
    pub(crate) url: String,
    pub(crate) collections: usize,
}

impl Load {
    pub(crate) fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Self {
        let mut next = || arguments.next().expect("an argument");
        let way = match next().as_str() {
            "sequential" => Way::Sequential(1),
            "concurrent" => Way::Sequential(usize::MAX),
            "parallel" => Way::Parallel,
            "bound" => Way::Bound,
            other => panic!("there is no way {other}"),
        };
        Self { way, url: next(), collections: next().parse().expect("a number") }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = this_program();
        command.args(["load", self.way.name(), &self.url, &self.collections.to_string()]);
        command
    }
}

/// Counts the bytes and requests of the default backend of tokio.
#[derive(Clone)]
pub(crate) struct Counted {
    backend: Arc<Hyper>,
    requests: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

#[async_trait]
impl Transport for Counted {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.requests.fetch_add(1, Relaxed);
        let response = self.backend.send(request, limits).await?;
        self.bytes.fetch_add(response.body().len() as u64, Relaxed);
        Ok(response)
    }
}

/// Loads, and prints the usage.
pub(crate) fn run(load: &Load) {
    block_on(async {
        let transport = Counted {
            backend: Arc::new(Hyper::new().expect("a backend")),
            requests: Arc::default(),
            bytes: Arc::default(),
        };
        let mut builder =
            tilebox_tokio::client_builder().url(load.url.as_str()).anonymous().transport(transport.clone());
        if let Way::Sequential(at_once) = load.way {
            builder = builder.concurrency(at_once.min(load.collections));
        }
        let client = builder.build().expect("a client");
        let dataset = client.dataset(DATASET).await.expect("a dataset");
        let collections = dataset.collections().await.expect("collections");
        let known = match load.way {
            Way::Bound => Some(bound::requests(&dataset, &collections).await.expect("ids")),
            Way::Sequential(_) | Way::Parallel => None,
        };
        transport.requests.store(0, Relaxed);
        transport.bytes.store(0, Relaxed);
        let start = Instant::now();
        let datapoints = match (load.way, known) {
            (_, Some(known)) => bound::load(&load.url, known, &transport).await,
            (Way::Sequential(1), None) => in_turn(&collections).await.expect("a load"),
            (_, None) => at_once(&collections).await.expect("a load"),
        };
        let (bytes, requests) = (transport.bytes.load(Relaxed), transport.requests.load(Relaxed));
        Usage::print_own(start.elapsed().as_secs_f64(), bytes, requests, datapoints);
    });
}

/// Counts the datapoints of a collection page by page.
async fn count(collection: &Collection) -> Result<u64> {
    let pages = collection.query(ALL_TIME).page_size(PAGE_SIZE as u64).pages();
    pages.try_fold(0, async |count, page| Ok(count + page.len() as u64)).await
}

async fn in_turn(collections: &[Collection]) -> Result<u64> {
    let mut datapoints = 0;
    for collection in collections {
        datapoints += count(collection).await?;
    }
    Ok(datapoints)
}

async fn at_once(collections: &[Collection]) -> Result<u64> {
    Ok(try_join_all(collections.iter().map(count)).await?.into_iter().sum())
}
