//! `DataIngestionService.Delete`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Deletes datapoints of a collection by their ids: all datapoints of a request, or none.
#[derive(Clone, Copy, Debug)]
pub struct DeleteDatapoints;

impl Rpc for DeleteDatapoints {
    type Request = wire::DeleteRequest;
    type Response = wire::DeleteResponse;
    const PATH: &'static str = "/datasets.v1.DataIngestionService/Delete";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
