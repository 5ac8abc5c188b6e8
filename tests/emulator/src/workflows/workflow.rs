//! `WorkflowsService`: workflows, without their releases.

use prost::Message;
use tilebox_core::protocol::wire::tilebox::v1::{Id, Pagination};
use tilebox_core::protocol::wire::workflows::v1::{
    CreateWorkflowRequest, DeleteWorkflowRequest, DeleteWorkflowResponse, GetWorkflowRequest, ListWorkflowsRequest,
    ListWorkflowsResponse, UpdateWorkflowRequest, Workflow,
};

use super::slug;
use super::state::State;
use super::text::{MAXIMUM_DESCRIPTION_LENGTH, MAXIMUM_NAME_LENGTH, check_length};
use crate::services::{ErrorCode, Refusal};
use crate::store::Table;

/// The number of workflows in a page of a request without a limit, and the largest. The real numbers are not known.
const PAGE_SIZE: usize = 100;
const MAXIMUM_PAGE_SIZE: usize = 1000;

/// Creates a workflow. Its slug is generated.
pub(super) fn create(state: &mut State, request: CreateWorkflowRequest) -> Result<Workflow, Refusal> {
    check(Some(&request.name), Some(&request.summary), request.description.as_ref())?;
    let slug = slug::unused(&request.name, &mut state.random, |slug| {
        state.workflows.values().any(|workflow| workflow.slug == slug)
    });
    let workflow = Workflow {
        slug,
        name: request.name,
        summary: request.summary,
        description: request.description.unwrap_or_default(),
        ..Workflow::default()
    };
    let number = state.workflows.last_key_value().map_or(0, |(last, _)| *last) + 1;
    state.put_workflow(number, workflow.clone());
    Ok(workflow)
}

/// Returns a page of workflows, ordered by their creation. The order of the real server is not known.
pub(super) fn list(state: &mut State, request: ListWorkflowsRequest) -> Result<ListWorkflowsResponse, Refusal> {
    let page = request.page.unwrap_or_default();
    let limit = match page.limit {
        None => PAGE_SIZE,
        Some(1..) => usize::try_from(page.limit.unwrap_or_default()).unwrap_or(usize::MAX).min(MAXIMUM_PAGE_SIZE),
        Some(limit) => return Err(Refusal::invalid(format!("page.limit: expects at least 1, got {limit}"))),
    };
    let after = page.starting_after.as_ref().map_or(Ok(0), number_of)?;
    let mut rest = state.workflows.range(after.saturating_add(1)..);
    let mut workflows = Vec::new();
    let mut last = after;
    for (number, workflow) in rest.by_ref().take(limit) {
        workflows.push(state.with_clusters(workflow));
        last = *number;
    }
    let next_page = rest.next().map(|_| Pagination { limit: page.limit, starting_after: Some(cursor(last)) });
    Ok(ListWorkflowsResponse { workflows, next_page })
}

/// Returns a workflow with its releases.
pub(super) fn get(state: &mut State, request: GetWorkflowRequest) -> Result<Workflow, Refusal> {
    let (_, workflow) = state.workflow(&request.workflow_slug)?;
    Ok(state.with_clusters(workflow))
}

/// Updates the fields of a workflow that the request contains.
pub(super) fn update(state: &mut State, request: UpdateWorkflowRequest) -> Result<Workflow, Refusal> {
    check(request.name.as_ref(), request.summary.as_ref(), request.description.as_ref())?;
    let (number, workflow) = state.workflow(&request.workflow_slug)?;
    let mut workflow = workflow.clone();
    for (to, from) in [
        (&mut workflow.name, request.name),
        (&mut workflow.summary, request.summary),
        (&mut workflow.description, request.description),
    ] {
        if let Some(text) = from {
            *to = text;
        }
    }
    let response = state.with_clusters(&workflow);
    state.put_workflow(number, workflow);
    Ok(response)
}

/// Deletes a workflow with its releases, which are no longer deployed. What the real server does with deployed releases
/// is not known.
pub(super) fn delete(state: &mut State, request: DeleteWorkflowRequest) -> Result<DeleteWorkflowResponse, Refusal> {
    let (number, _) = state.workflow(&request.workflow_slug)?;
    state.workflows.remove(&number);
    state.record(Table::Workflows, number.to_be_bytes(), None);
    Ok(DeleteWorkflowResponse {})
}

impl State {
    /// Returns a workflow and its number.
    pub(super) fn workflow(&self, slug: &str) -> Result<(u64, &Workflow), Refusal> {
        let found = self.workflows.iter().find(|(_, workflow)| workflow.slug == slug);
        let unknown = || Refusal::new(ErrorCode::NotFound, format!("no such workflow {slug:?}"));
        found.map(|(number, workflow)| (*number, workflow)).ok_or_else(unknown)
    }

    pub(super) fn put_workflow(&mut self, number: u64, workflow: Workflow) {
        self.record(Table::Workflows, number.to_be_bytes(), Some(workflow.encode_to_vec().into()));
        self.workflows.insert(number, workflow);
    }
}

/// Returns the cursor of a workflow. Workflows have no id on the wire, so the cursor is its number, which is not 0.
fn cursor(number: u64) -> Id {
    Id { uuid: u128::from(number).to_be_bytes().to_vec().into() }
}

fn number_of(cursor: &Id) -> Result<u64, Refusal> {
    let number = <[u8; 16]>::try_from(&cursor.uuid[..]).ok().map(u128::from_be_bytes);
    let number = number.and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| Refusal::invalid("page.starting_after: expects the cursor of a page"))
}

fn check(name: Option<&String>, summary: Option<&String>, description: Option<&String>) -> Result<(), Refusal> {
    check_length("name", name, 1..=MAXIMUM_NAME_LENGTH)?;
    check_length("summary", summary, 0..=MAXIMUM_DESCRIPTION_LENGTH)?;
    check_length("description", description, 0..=MAXIMUM_DESCRIPTION_LENGTH)
}
