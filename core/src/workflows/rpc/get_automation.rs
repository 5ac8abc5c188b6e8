//! `AutomationService.GetAutomation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns the automation with an id.
#[derive(Clone, Copy, Debug)]
pub struct GetAutomation;

impl Rpc for GetAutomation {
    type Request = tilebox::v1::Id;
    type Response = wire::AutomationPrototype;
    const PATH: &'static str = "/workflows.v1.AutomationService/GetAutomation";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(automation: &wire::AutomationPrototype) -> Option<String> {
        automation.id.is_none().then(|| "an automation has at least an id".to_owned())
    }
}
