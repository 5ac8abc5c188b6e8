//! `JobService.RetryJob`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Queues the failed tasks of a job again. A repetition counts fewer tasks, and may retry a task twice.
#[derive(Clone, Copy, Debug)]
pub struct RetryJob;

impl Rpc for RetryJob {
    type Request = wire::RetryJobRequest;
    type Response = wire::RetryJobResponse;
    const PATH: &'static str = "/workflows.v1.JobService/RetryJob";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;
}
