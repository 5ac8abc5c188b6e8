//! `DataAccessService.Query`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Returns one page of the datapoints that match a query.
#[derive(Clone, Copy, Debug)]
pub struct QueryDatapoints;

impl Rpc for QueryDatapoints {
    type Request = wire::QueryRequest;
    type Response = wire::QueryResultPage;
    const PATH: &'static str = "/datasets.v1.DataAccessService/Query";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
