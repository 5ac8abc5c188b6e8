//! `WorkflowsService`: releases of workflows, and the clusters to which they are deployed.

use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    Artifact, Cluster, DeployWorkflowReleaseRequest, DeployWorkflowReleaseResponse, Path,
    PublishWorkflowReleaseRequest, ReleaseContent, UndeployWorkflowReleaseRequest, UndeployWorkflowReleaseResponse,
    UnpublishWorkflowReleaseRequest, UnpublishWorkflowReleaseResponse, Workflow, WorkflowRelease,
};

use super::cluster;
use super::state::State;
use crate::ids;
use crate::services::{ErrorCode, Refusal, optional_id, required_id, timestamp};

/// The deepest folder in a release. A message with deeper ones could not be decoded.
const MAXIMUM_DEPTH: usize = 50;

/// Publishes a release. The emulator stores no artifacts, so every artifact id is accepted and the digest stays empty.
pub(super) fn publish(state: &mut State, request: PublishWorkflowReleaseRequest) -> Result<WorkflowRelease, Refusal> {
    let artifact_id = optional_id("artifact_id", request.artifact_id.as_ref())?;
    let content = request.content.ok_or_else(|| Refusal::invalid("content: a value is required"))?;
    check_content(&content)?;
    let (number, workflow) = state.workflow(&request.workflow_slug)?;
    let mut workflow = workflow.clone();
    let release = WorkflowRelease {
        id: Some(ids::to_wire(state.new_id())),
        artifact: artifact_id.map(|id| Artifact { id: Some(ids::to_wire(id)), digest: String::new() }),
        content: Some(content),
        created_at: Some(timestamp(state.moment().time)),
        clusters: Vec::new(),
    };
    workflow.releases.push(release.clone());
    state.put_workflow(number, workflow);
    Ok(release)
}

/// Unpublishes a release, which is then no longer deployed. What the real server does with a deployed release is not
/// known.
pub(super) fn unpublish(
    state: &mut State,
    request: UnpublishWorkflowReleaseRequest,
) -> Result<UnpublishWorkflowReleaseResponse, Refusal> {
    let (number, mut workflow, position) = find(state, &request.workflow_slug, request.release_id.as_ref())?;
    workflow.releases.remove(position);
    state.put_workflow(number, workflow);
    Ok(UnpublishWorkflowReleaseResponse {})
}

/// Deploys a release to clusters, by default to the default cluster. It replaces another release of the same workflow on
/// these clusters, because both have tasks with the same identifiers; what the real server does is not known.
pub(super) fn deploy(
    state: &mut State,
    request: DeployWorkflowReleaseRequest,
) -> Result<DeployWorkflowReleaseResponse, Refusal> {
    let (number, mut workflow, position) = find(state, &request.workflow_slug, request.release_id.as_ref())?;
    let slugs = clusters_of(state, request.cluster_slugs)?;
    for slug in &slugs {
        undeploy_from(&mut workflow.releases, slug);
    }
    let deployed = slugs.iter().map(|slug| Cluster { slug: slug.clone(), ..Cluster::default() });
    let release = workflow.releases.get_mut(position);
    let response = release.map(|release| {
        release.clusters.extend(deployed);
        release.clone()
    });
    state.put_workflow(number, workflow);
    Ok(DeployWorkflowReleaseResponse {
        release: response.map(|release| state.with_cluster_names(&release)),
        clusters: slugs.iter().map(|slug| state.cluster(slug)).collect::<Result<_, _>>()?,
    })
}

/// Undeploys a release from clusters, by default from the default cluster. A cluster without the release is ignored; what
/// the real server does is not known.
pub(super) fn undeploy(
    state: &mut State,
    request: UndeployWorkflowReleaseRequest,
) -> Result<UndeployWorkflowReleaseResponse, Refusal> {
    let (number, mut workflow, position) = find(state, &request.workflow_slug, request.release_id.as_ref())?;
    let slugs = clusters_of(state, request.cluster_slugs)?;
    let response = workflow.releases.get_mut(position).map(|release| {
        release.clusters.retain(|cluster| !slugs.contains(&cluster.slug));
        release.clone()
    });
    state.put_workflow(number, workflow);
    Ok(UndeployWorkflowReleaseResponse {
        release: response.map(|release| state.with_cluster_names(&release)),
        clusters: slugs.iter().map(|slug| state.cluster(slug)).collect::<Result<_, _>>()?,
    })
}

impl State {
    /// Returns a workflow whose releases have the names of their clusters.
    pub(super) fn with_clusters(&self, workflow: &Workflow) -> Workflow {
        let releases = workflow.releases.iter().map(|release| self.with_cluster_names(release)).collect();
        Workflow { releases, ..workflow.clone() }
    }

    /// Returns a cluster with the releases that are deployed to it, by workflow.
    pub(super) fn with_deployed_releases(&self, cluster: &Cluster) -> Cluster {
        let deployed = self.workflows.values().filter_map(|workflow| {
            let releases: Vec<_> = workflow
                .releases
                .iter()
                .filter(|release| release.clusters.iter().any(|deployed| deployed.slug == cluster.slug))
                .map(|release| self.with_cluster_names(release))
                .collect();
            (!releases.is_empty()).then(|| Workflow { releases, ..workflow.clone() })
        });
        Cluster { deployed_releases: deployed.collect(), ..cluster.clone() }
    }

    /// Undeploys all releases from a cluster.
    pub(super) fn undeploy_all(&mut self, slug: &str) {
        let mut changed = self.workflows.clone();
        for (number, workflow) in &mut changed {
            if undeploy_from(&mut workflow.releases, slug) {
                self.put_workflow(*number, workflow.clone());
            }
        }
    }

    /// Returns a release with its clusters. A stored release has only their slugs.
    fn with_cluster_names(&self, release: &WorkflowRelease) -> WorkflowRelease {
        let clusters = release.clusters.iter().filter_map(|cluster| self.clusters.get(&cluster.slug)).cloned();
        WorkflowRelease { clusters: clusters.collect(), ..release.clone() }
    }
}

/// Removes a cluster from all releases. Returns whether there was one with it.
fn undeploy_from(releases: &mut [WorkflowRelease], slug: &str) -> bool {
    let mut removed = false;
    for release in releases {
        let before = release.clusters.len();
        release.clusters.retain(|cluster| cluster.slug != slug);
        removed |= release.clusters.len() < before;
    }
    removed
}

/// Returns the number and a copy of a workflow, and the position of a release in it.
fn find(state: &State, slug: &str, release: Option<&Id>) -> Result<(u64, Workflow, usize), Refusal> {
    let id = required_id("release_id", release)?;
    let (number, workflow) = state.workflow(slug)?;
    let is_sought = |release: &WorkflowRelease| release.id.as_ref().and_then(ids::from_wire) == Some(id);
    let position = workflow.releases.iter().position(is_sought);
    let unknown = || Refusal::new(ErrorCode::NotFound, format!("workflow {slug} has no release {id}"));
    Ok((number, workflow.clone(), position.ok_or_else(unknown)?))
}

/// Returns the distinct slugs of existing clusters; without any, that of the default cluster.
fn clusters_of(state: &mut State, slugs: Vec<String>) -> Result<Vec<String>, Refusal> {
    let default = state.default_slug.clone();
    let mut resolved: Vec<String> =
        slugs.into_iter().map(|slug| if slug.is_empty() { default.clone() } else { slug }).collect();
    if resolved.is_empty() {
        resolved.push(default.clone());
    }
    resolved.sort_unstable();
    resolved.dedup();
    let is_known = |slug: &String| *slug == default || state.clusters.contains_key(slug);
    if let Some(slug) = resolved.iter().find(|slug| !is_known(slug)) {
        return Err(cluster::unknown(slug));
    }
    if resolved.contains(&default) {
        state.use_default_cluster();
    }
    Ok(resolved)
}

fn check_content(content: &ReleaseContent) -> Result<(), Refusal> {
    if content.files.iter().any(|path| !is_shallow(path, MAXIMUM_DEPTH)) {
        return Err(Refusal::invalid(format!("content.files: expects at most {MAXIMUM_DEPTH} nested folders")));
    }
    Ok(())
}

fn is_shallow(path: &Path, depth: usize) -> bool {
    depth > 0 && path.children.iter().all(|child| is_shallow(child, depth - 1))
}
