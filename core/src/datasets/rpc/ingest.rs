//! `DataIngestionService.Ingest`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Stores datapoints in a collection: all of one request, or none.
///
/// An id follows from what a datapoint holds, so nothing is ever stored twice. With
/// [`allow_existing`](wire::IngestRequest::allow_existing) it is therefore safe to repeat; without it the repetition is
/// refused where the first request arrived.
#[derive(Clone, Copy, Debug)]
pub struct Ingest;

impl Ingest {
    /// What repeating this request does.
    #[must_use]
    pub fn idempotency(request: &wire::IngestRequest) -> Idempotency {
        if request.allow_existing { Idempotency::Idempotent } else { Self::IDEMPOTENCY }
    }
}

impl Rpc for Ingest {
    type Request = wire::IngestRequest;
    type Response = wire::IngestResponse;
    const PATH: &'static str = "/datasets.v1.DataIngestionService/Ingest";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;
}
