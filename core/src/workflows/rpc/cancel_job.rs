//! `JobService.CancelJob`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Cancels a job: none of its queued tasks starts.
#[derive(Clone, Copy, Debug)]
pub struct CancelJob;

impl Rpc for CancelJob {
    type Request = wire::CancelJobRequest;
    type Response = wire::CancelJobResponse;
    const PATH: &'static str = "/workflows.v1.JobService/CancelJob";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
