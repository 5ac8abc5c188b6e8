//! `AutomationService.ListAutomations`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Lists the automations of the caller's organisation.
#[derive(Clone, Copy, Debug)]
pub struct ListAutomations;

impl Rpc for ListAutomations {
    type Request = ();
    type Response = wire::Automations;
    const PATH: &'static str = "/workflows.v1.AutomationService/ListAutomations";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
