//! `JobService.VisualizeJob`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Draws the tasks of a job.
#[derive(Clone, Copy, Debug)]
pub struct VisualizeJob;

impl Rpc for VisualizeJob {
    type Request = wire::VisualizeJobRequest;
    type Response = wire::Diagram;
    const PATH: &'static str = "/workflows.v1.JobService/VisualizeJob";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(diagram: &wire::Diagram) -> Option<String> {
        diagram.svg.is_empty().then(|| "a diagram is not empty".to_owned())
    }
}
