//! `WorkflowsService`: clusters.

use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, CreateClusterRequest, DeleteClusterRequest, DeleteClusterResponse, GetClusterRequest, ListClustersRequest,
    ListClustersResponse, UpdateClusterRequest,
};

use super::slug;
use super::state::State;
use super::text::{MAXIMUM_DESCRIPTION_LENGTH, MAXIMUM_NAME_LENGTH, check_length};
use crate::services::{ErrorCode, Refusal};
use crate::store::Table;

/// The name of the default cluster.
const DEFAULT_NAME: &str = "Default";

/// Creates a cluster. Without a slug, one is generated.
pub(super) fn create(state: &mut State, request: CreateClusterRequest) -> Result<Cluster, Refusal> {
    check(Some(&request.name), Some(&request.description))?;
    let slug = match request.slug.as_str() {
        "" => slug::unused(&request.name, &mut state.random, |slug| state.clusters.contains_key(slug)),
        requested => {
            slug::check("slug", requested)?;
            requested.to_owned()
        }
    };
    if state.clusters.contains_key(&slug) || slug == state.default_slug {
        return Err(Refusal::new(ErrorCode::AlreadyExists, format!("cluster {slug} already exists")));
    }
    let cluster = Cluster {
        slug,
        display_name: request.name,
        description: request.description,
        deletable: true,
        ..Cluster::default()
    };
    state.put_cluster(cluster.clone());
    Ok(cluster)
}

/// Returns a cluster, or the default cluster for an empty slug.
pub(super) fn get(state: &mut State, request: GetClusterRequest) -> Result<Cluster, Refusal> {
    if request.cluster_slug.is_empty() {
        state.use_default_cluster();
        return state.cluster(&state.default_slug);
    }
    state.cluster(&request.cluster_slug)
}

/// Updates the fields of a cluster that the request contains.
pub(super) fn update(state: &mut State, request: UpdateClusterRequest) -> Result<Cluster, Refusal> {
    check(request.name.as_ref(), request.description.as_ref())?;
    let mut cluster =
        state.clusters.get(&request.cluster_slug).cloned().ok_or_else(|| unknown(&request.cluster_slug))?;
    if let Some(name) = request.name {
        cluster.display_name = name;
    }
    if let Some(description) = request.description {
        cluster.description = description;
    }
    state.put_cluster(cluster);
    state.cluster(&request.cluster_slug)
}

/// Deletes a cluster. Its queued tasks stay queued, and a new cluster with the same slug gets them; what the real server
/// does with them is not known. Releases are no longer deployed to it.
pub(super) fn delete(state: &mut State, request: DeleteClusterRequest) -> Result<DeleteClusterResponse, Refusal> {
    let slug = request.cluster_slug;
    let cluster = state.clusters.get(&slug).ok_or_else(|| unknown(&slug))?;
    if !cluster.deletable {
        let reason = format!("cluster {slug} is the default cluster, which cannot be deleted");
        return Err(Refusal::new(ErrorCode::FailedPrecondition, reason));
    }
    state.clusters.remove(&slug);
    state.scheduler().clusters_mut().remove(&slug);
    state.record(Table::Clusters, slug.as_bytes(), None);
    state.undeploy_all(&slug);
    Ok(DeleteClusterResponse {})
}

/// Returns all clusters: the default cluster first, then ordered by slug. The order of the real server is not known.
pub(super) fn list(state: &mut State, _: ListClustersRequest) -> Result<ListClustersResponse, Refusal> {
    let (default, others): (Vec<_>, Vec<_>) = state.clusters.values().partition(|cluster| !cluster.deletable);
    let clusters = default.into_iter().chain(others).map(|cluster| state.with_deployed_releases(cluster));
    Ok(ListClustersResponse { clusters: clusters.collect() })
}

impl State {
    /// Creates the default cluster if it does not exist yet: its first use creates it.
    pub(super) fn use_default_cluster(&mut self) {
        if !self.clusters.contains_key(&self.default_slug) {
            let (slug, display_name) = (self.default_slug.clone(), DEFAULT_NAME.to_owned());
            self.put_cluster(Cluster { slug, display_name, ..Cluster::default() });
        }
    }

    /// Returns a cluster with the releases that are deployed to it.
    pub(super) fn cluster(&self, slug: &str) -> Result<Cluster, Refusal> {
        let cluster = self.clusters.get(slug).ok_or_else(|| unknown(slug))?;
        Ok(self.with_deployed_releases(cluster))
    }

    fn put_cluster(&mut self, cluster: Cluster) {
        self.record(Table::Clusters, cluster.slug.as_bytes(), Some(cluster.encode_to_vec().into()));
        self.insert_cluster(cluster);
    }

    /// Inserts a cluster without recording it.
    pub(super) fn insert_cluster(&mut self, cluster: Cluster) {
        self.scheduler().clusters_mut().insert(&cluster.slug);
        self.clusters.insert(cluster.slug.clone(), cluster);
    }
}

/// Returns the error of an unknown slug. Its code is documented; its text is not known.
pub(super) fn unknown(slug: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("no such cluster {slug:?}"))
}

fn check(name: Option<&String>, description: Option<&String>) -> Result<(), Refusal> {
    check_length("name", name, 1..=MAXIMUM_NAME_LENGTH)?;
    check_length("description", description, 0..=MAXIMUM_DESCRIPTION_LENGTH)
}
