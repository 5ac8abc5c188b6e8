//! `WorkflowsService.ListWorkflows`

use crate::error::UnreadableMessage;
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::{PagedRpc, Workflow};

/// Lists one page of the workflows of the caller's organisation.
#[derive(Clone, Copy, Debug)]
pub struct ListWorkflows;

impl Rpc for ListWorkflows {
    type Request = wire::ListWorkflowsRequest;
    type Response = wire::ListWorkflowsResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/ListWorkflows";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}

impl PagedRpc for ListWorkflows {
    type Item = Workflow;

    fn set_page(request: &mut wire::ListWorkflowsRequest, page: Option<Pagination>) {
        request.page = page;
    }

    fn into_items(
        response: wire::ListWorkflowsResponse,
    ) -> Result<(Vec<Workflow>, Option<Pagination>), UnreadableMessage> {
        let workflows = response.workflows.into_iter().map(Workflow::from_wire);
        Ok((workflows.collect::<Result<_, _>>()?, response.next_page))
    }
}
