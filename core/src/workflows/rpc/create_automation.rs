//! `AutomationService.CreateAutomation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Creates an automation.
#[derive(Clone, Copy, Debug)]
pub struct CreateAutomation;

impl Rpc for CreateAutomation {
    type Request = wire::AutomationPrototype;
    type Response = wire::AutomationPrototype;
    const PATH: &'static str = "/workflows.v1.AutomationService/CreateAutomation";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(automation: &wire::AutomationPrototype) -> Option<String> {
        automation.id.is_none().then(|| "an automation has at least an id".to_owned())
    }
}
