//! `AutomationService.UpdateAutomation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Replaces the automation with the id of the request, so repeating the request changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct UpdateAutomation;

impl Rpc for UpdateAutomation {
    type Request = wire::AutomationPrototype;
    type Response = wire::AutomationPrototype;
    const PATH: &'static str = "/workflows.v1.AutomationService/UpdateAutomation";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(automation: &wire::AutomationPrototype) -> Option<String> {
        automation.id.is_none().then(|| "an automation has at least an id".to_owned())
    }
}
