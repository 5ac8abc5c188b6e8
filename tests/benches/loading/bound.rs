//! The bound set by latency, bandwidth and decompression: all pages are requested concurrently, with known starts.

use std::sync::Arc;

use futures::future::try_join_all;
use prost::Message as _;
use prost_types::Timestamp;
use tilebox_core::time::Instant;
use tilebox_tokio::protocol::call::{Call, CallPolicy, CallRequest};
use tilebox_tokio::protocol::connect::{Request, UnaryResponse};
use tilebox_tokio::protocol::machine::{Machine as _, Output};
use tilebox_tokio::protocol::retry::Idempotency;
use tilebox_tokio::protocol::wire::datasets::v1::{QueryFilters, QueryRequest};
use tilebox_tokio::protocol::wire::tilebox::v1::{Id, Pagination, TimeInterval};
use tilebox_tokio::runtime::Transport as _;
use tilebox_tokio::{Collection, Dataset, Result};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::load::{ALL_TIME, Counted, PAGE_SIZE};

/// The maximum number of connections of a client.
const CONNECTIONS: usize = 64;

/// Returns the encoded requests for all pages.
pub(crate) async fn requests(dataset: &Dataset, collections: &[Collection]) -> Result<Vec<QueryRequest>> {
    let mut requests = Vec::new();
    for collection in collections {
        let ids = collection.query(ALL_TIME).skip_data().await?;
        let ids: Vec<_> = ids.ids().collect();
        let pages = (0..ids.len()).step_by(PAGE_SIZE);
        requests.extend(pages.map(|first| page(dataset, collection, first.checked_sub(1).map(|before| ids[before]))));
    }
    Ok(requests)
}

fn page(dataset: &Dataset, collection: &Collection, after: Option<Uuid>) -> QueryRequest {
    let id = |id: Uuid| Id { uuid: id.into_bytes().to_vec().into() };
    let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let interval = TimeInterval { start_time: time(0), end_time: time(4_000_000_000), ..TimeInterval::default() };
    QueryRequest {
        dataset_id: Some(id(dataset.id())),
        collection_ids: vec![id(collection.id())],
        filters: Some(QueryFilters { time_interval: Some(interval), ..QueryFilters::default() }),
        page: Some(Pagination { limit: Some(PAGE_SIZE as i64), starting_after: after.map(id) }),
        skip_data: false,
    }
}

/// Sends all requests and returns the number of pages.
pub(crate) async fn load(url: &str, requests: Vec<QueryRequest>, transport: &Counted) -> u64 {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let loads = requests.into_iter().map(|request| {
        let (transport, connections) = (transport.clone(), Arc::clone(&connections));
        let uri = format!("{url}/datasets.v1.DataAccessService/Query").parse().expect("a URI");
        tokio::spawn(async move {
            let _connection = connections.acquire().await.expect("connections");
            let request = Request::new(uri, Default::default(), request.encode_to_vec().into(), usize::MAX);
            let message = |response: &UnaryResponse| Ok::<_, std::fmt::Error>(response.message.clone());
            let request = CallRequest::new(request, Idempotency::Idempotent, "load a page", message);
            let mut call = Call::new(request, CallPolicy::default(), 1);
            let Output::Send(exchange) = call.poll_output(Instant::ORIGIN) else {
                panic!("a call begins with a request")
            };
            let (_, request, limits, decoder) = exchange.split();
            let response = transport.send(request, limits).await;
            decoder.decode(response).expect("a page").len()
        })
    });
    let lengths = try_join_all(loads).await.expect("no task panics");
    lengths.len() as u64
}
