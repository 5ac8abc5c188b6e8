//! `JobService.GetJobPrototype`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns the name and the root tasks of a job.
#[derive(Clone, Copy, Debug)]
pub struct GetJobPrototype;

impl Rpc for GetJobPrototype {
    type Request = wire::GetJobPrototypeRequest;
    type Response = wire::GetJobPrototypeResponse;
    const PATH: &'static str = "/workflows.v1.JobService/GetJobPrototype";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(prototype: &wire::GetJobPrototypeResponse) -> Option<String> {
        prototype.root_tasks.is_empty().then(|| "a job has at least one root task".to_owned())
    }
}
