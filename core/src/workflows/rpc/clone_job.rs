//! `JobService.CloneJob`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Submits a job with the edited root tasks of another job.
#[derive(Clone, Copy, Debug)]
pub struct CloneJob;

impl Rpc for CloneJob {
    type Request = wire::CloneJobRequest;
    type Response = wire::Job;
    const PATH: &'static str = "/workflows.v1.JobService/CloneJob";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(job: &wire::Job) -> Option<String> {
        (*job == wire::Job::default()).then(|| "a job has at least an id".to_owned())
    }
}
