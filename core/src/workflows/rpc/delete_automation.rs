//! `AutomationService.DeleteAutomation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Deletes an automation, with or without cancelling its jobs.
#[derive(Clone, Copy, Debug)]
pub struct DeleteAutomation;

impl Rpc for DeleteAutomation {
    type Request = wire::DeleteAutomationRequest;
    type Response = ();
    const PATH: &'static str = "/workflows.v1.AutomationService/DeleteAutomation";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
