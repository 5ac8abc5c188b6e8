//! `DataAccessService.Query`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// One page of the datapoints that a query asks for.
#[derive(Clone, Copy, Debug)]
pub struct Query;

impl Rpc for Query {
    type Request = wire::QueryRequest;
    type Response = wire::QueryResultPage;
    const PATH: &'static str = "/datasets.v1.DataAccessService/Query";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
