//! `JobService.GetJobStateCounts`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Counts the jobs within an interval of time, by state.
#[derive(Clone, Copy, Debug)]
pub struct GetJobStateCounts;

impl Rpc for GetJobStateCounts {
    type Request = wire::GetJobStateCountsRequest;
    type Response = wire::GetJobStateCountsResponse;
    const PATH: &'static str = "/workflows.v1.JobService/GetJobStateCounts";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
