//! `JobService.GetJob`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns the job with an id.
#[derive(Clone, Copy, Debug)]
pub struct GetJob;

impl Rpc for GetJob {
    type Request = wire::GetJobRequest;
    type Response = wire::Job;
    const PATH: &'static str = "/workflows.v1.JobService/GetJob";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(job: &wire::Job) -> Option<String> {
        (*job == wire::Job::default()).then(|| "a job has at least an id".to_owned())
    }
}
