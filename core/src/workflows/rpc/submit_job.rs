//! `JobService.SubmitJob`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Submits a job with its root tasks.
#[derive(Clone, Copy, Debug)]
pub struct SubmitJob;

impl Rpc for SubmitJob {
    type Request = wire::SubmitJobRequest;
    type Response = wire::Job;
    const PATH: &'static str = "/workflows.v1.JobService/SubmitJob";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(job: &wire::Job) -> Option<String> {
        (*job == wire::Job::default()).then(|| "a job has at least an id".to_owned())
    }
}
