//! `JobService.GetTaskQueueStats`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Counts the jobs and tasks that wait for runners.
#[derive(Clone, Copy, Debug)]
pub struct GetTaskQueueStats;

impl Rpc for GetTaskQueueStats {
    type Request = wire::GetTaskQueueStatsRequest;
    type Response = wire::GetTaskQueueStatsResponse;
    const PATH: &'static str = "/workflows.v1.JobService/GetTaskQueueStats";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
