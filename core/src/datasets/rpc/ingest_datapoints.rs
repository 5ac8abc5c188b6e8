//! `DataIngestionService.Ingest`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Stores datapoints in a collection: all datapoints of a request, or none.
///
/// The server derives the id of a datapoint from its content, so it never stores a datapoint twice. A request with
/// [`allow_existing`](wire::IngestRequest::allow_existing) is therefore safe to repeat. The server refuses the repetition
/// of any other request that it has already executed.
#[derive(Clone, Copy, Debug)]
pub struct IngestDatapoints;

impl IngestDatapoints {
    /// Returns whether repeating this request is safe.
    #[must_use]
    pub fn idempotency(request: &wire::IngestRequest) -> Idempotency {
        if request.allow_existing { Idempotency::Idempotent } else { Self::IDEMPOTENCY }
    }
}

impl Rpc for IngestDatapoints {
    type Request = wire::IngestRequest;
    type Response = wire::IngestResponse;
    const PATH: &'static str = "/datasets.v1.DataIngestionService/Ingest";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;
}
