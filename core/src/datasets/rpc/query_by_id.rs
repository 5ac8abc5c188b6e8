//! `DataAccessService.QueryByID`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Returns the datapoint with an id.
#[derive(Clone, Copy, Debug)]
pub struct QueryById;

impl Rpc for QueryById {
    type Request = wire::QueryByIdRequest;
    type Response = wire::Any;
    const PATH: &'static str = "/datasets.v1.DataAccessService/QueryByID";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
