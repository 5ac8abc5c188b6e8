//! Clusters, workflows and releases.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use support::workflows::{call, default_cluster, fail, identifier};
use tilebox_core::protocol::wire::tilebox::v1::{Id, Pagination};
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::Emulator;

fn emulator() -> Emulator {
    Emulator::builder().start().expect("an emulator")
}

fn create_cluster(emulator: &Emulator, name: &str, slug: &str) -> Cluster {
    let request = CreateClusterRequest { name: name.to_owned(), slug: slug.to_owned(), description: "d".to_owned() };
    call(emulator, "WorkflowsService/CreateCluster", &request)
}

fn clusters(emulator: &Emulator) -> Vec<Cluster> {
    call::<ListClustersResponse>(emulator, "WorkflowsService/ListClusters", &ListClustersRequest {}).clusters
}

#[test]
fn the_default_cluster_is_created_on_first_use() {
    let emulator = emulator();
    assert_eq!(clusters(&emulator), []);
    let slug = default_cluster(&emulator);
    assert!(slug.len() == "default-".len() + 14 && slug.starts_with("default-"), "{slug}");
    let cluster = &clusters(&emulator)[0];
    assert_eq!((cluster.slug.as_str(), cluster.display_name.as_str()), (slug.as_str(), "Default"));
    assert!(!cluster.deletable);
    let (status, error) =
        fail(&emulator, "WorkflowsService/DeleteCluster", &DeleteClusterRequest { cluster_slug: slug });
    assert!(status == 400 && error.contains("\"failed_precondition\""), "{error}");
}

#[test]
fn clusters_are_created_updated_and_deleted() {
    let emulator = emulator();
    let generated = create_cluster(&emulator, "Dev cluster", "");
    assert!(generated.slug.starts_with("dev-cluster-") && generated.deletable, "{generated:?}");
    let named = create_cluster(&emulator, "Other", "my-Slug");
    assert_eq!((named.slug.as_str(), named.description.as_str()), ("my-Slug", "d"));
    default_cluster(&emulator);
    let slugs: Vec<_> = clusters(&emulator).into_iter().map(|cluster| cluster.slug).collect();
    assert!(
        slugs[0].starts_with("default-") && slugs[1..] == [generated.slug.clone(), named.slug.clone()],
        "{slugs:?}"
    );

    let update = |name: Option<&str>, description: Option<&str>| UpdateClusterRequest {
        cluster_slug: named.slug.clone(),
        name: name.map(str::to_owned),
        description: description.map(str::to_owned),
    };
    let updated: Cluster = call(&emulator, "WorkflowsService/UpdateCluster", &update(Some("New"), None));
    assert_eq!((updated.display_name.as_str(), updated.description.as_str()), ("New", "d"));
    let cleared: Cluster = call(&emulator, "WorkflowsService/UpdateCluster", &update(None, Some("")));
    assert_eq!((cleared.display_name.as_str(), cleared.description.as_str()), ("New", ""));

    let delete = DeleteClusterRequest { cluster_slug: named.slug.clone() };
    let _: DeleteClusterResponse = call(&emulator, "WorkflowsService/DeleteCluster", &delete);
    for (method, status) in [
        ("WorkflowsService/DeleteCluster", fail(&emulator, "WorkflowsService/DeleteCluster", &delete).0),
        ("WorkflowsService/UpdateCluster", fail(&emulator, "WorkflowsService/UpdateCluster", &update(None, None)).0),
        (
            "WorkflowsService/GetCluster",
            fail(&emulator, "WorkflowsService/GetCluster", &GetClusterRequest { cluster_slug: named.slug.clone() }).0,
        ),
    ] {
        assert_eq!(status, 404, "{method}");
    }
}

#[test]
fn invalid_clusters_are_refused() {
    let emulator = emulator();
    create_cluster(&emulator, "a", "taken");
    for (name, slug, description, reason) in [
        (String::new(), "", String::new(), "name: expects 1 to 100 characters, got 0"),
        ("ä".repeat(101), "", String::new(), "name: expects 1 to 100 characters, got 101"),
        ("a".to_owned(), "a_b", String::new(), "slug: expects 1 to 100 letters, digits and hyphens"),
        ("a".to_owned(), "", "d".repeat(50_001), "description: expects 0 to 50000 characters, got 50001"),
        ("a".to_owned(), "taken", String::new(), "cluster taken already exists"),
    ] {
        let request = CreateClusterRequest { name, slug: slug.to_owned(), description };
        let (_, error) = fail(&emulator, "WorkflowsService/CreateCluster", &request);
        assert!(error.contains(reason), "{error}");
    }
}

fn create_workflow(emulator: &Emulator, name: &str) -> Workflow {
    let request = CreateWorkflowRequest { name: name.to_owned(), summary: "s".to_owned(), description: None };
    call(emulator, "WorkflowsService/CreateWorkflow", &request)
}

fn publish(emulator: &Emulator, workflow: &Workflow) -> WorkflowRelease {
    let content = ReleaseContent {
        fingerprint: "f".to_owned(),
        tasks: vec![identifier("A")],
        runner_object_path: "module:runner".to_owned(),
        ..ReleaseContent::default()
    };
    let request = PublishWorkflowReleaseRequest {
        workflow_slug: workflow.slug.clone(),
        artifact_id: Some(Id { uuid: vec![3; 16].into() }),
        content: Some(content),
    };
    call(emulator, "WorkflowsService/PublishWorkflowRelease", &request)
}

fn find(emulator: &Emulator, slug: &str) -> Workflow {
    call(emulator, "WorkflowsService/GetWorkflow", &GetWorkflowRequest { workflow_slug: slug.to_owned() })
}

#[test]
fn workflows_are_listed_page_by_page() {
    let emulator = emulator();
    let created: Vec<_> = (0..5).map(|number| create_workflow(&emulator, &format!("w{number}")).slug).collect();
    let mut page = Some(Pagination { limit: Some(2), starting_after: None });
    let mut found = Vec::new();
    for _ in 0..3 {
        let request = ListWorkflowsRequest { page };
        let response: ListWorkflowsResponse = call(&emulator, "WorkflowsService/ListWorkflows", &request);
        found.extend(response.workflows.into_iter().map(|workflow| workflow.slug));
        page = response.next_page;
    }
    assert_eq!((found, page), (created, None));
    let page = Some(Pagination { limit: Some(0), starting_after: None });
    assert_eq!(fail(&emulator, "WorkflowsService/ListWorkflows", &ListWorkflowsRequest { page }).0, 400);
}

#[test]
fn workflows_are_updated_and_deleted() {
    let emulator = emulator();
    let workflow = create_workflow(&emulator, "My workflow");
    assert!(workflow.slug.starts_with("my-workflow-"), "{workflow:?}");
    let update = UpdateWorkflowRequest {
        workflow_slug: workflow.slug.clone(),
        name: None,
        summary: Some(String::new()),
        description: Some("text".to_owned()),
    };
    let updated: Workflow = call(&emulator, "WorkflowsService/UpdateWorkflow", &update);
    assert_eq!((updated.name.as_str(), updated.summary.as_str()), ("My workflow", ""));
    assert_eq!(find(&emulator, &workflow.slug).description, "text");
    let delete = DeleteWorkflowRequest { workflow_slug: workflow.slug.clone() };
    let _: DeleteWorkflowResponse = call(&emulator, "WorkflowsService/DeleteWorkflow", &delete);
    assert_eq!(fail(&emulator, "WorkflowsService/DeleteWorkflow", &delete).0, 404);
}

#[test]
fn a_release_is_deployed_replaced_and_unpublished() {
    let emulator = emulator();
    let workflow = create_workflow(&emulator, "w");
    let (first, second) = (publish(&emulator, &workflow), publish(&emulator, &workflow));
    assert_ne!(first.id, second.id);
    create_cluster(&emulator, "a", "a");
    let deploy = |release: &WorkflowRelease, slugs: &[&str]| DeployWorkflowReleaseRequest {
        workflow_slug: workflow.slug.clone(),
        release_id: release.id.clone(),
        cluster_slugs: slugs.iter().map(|slug| (*slug).to_owned()).collect(),
    };
    let deployed: DeployWorkflowReleaseResponse =
        call(&emulator, "WorkflowsService/DeployWorkflowRelease", &deploy(&first, &[]));
    assert!(deployed.clusters[0].slug.starts_with("default-"), "{deployed:?}");
    let deployed: DeployWorkflowReleaseResponse =
        call(&emulator, "WorkflowsService/DeployWorkflowRelease", &deploy(&first, &["a", "a"]));
    assert_eq!(deployed.release.unwrap().clusters.len(), 2);
    assert_eq!(deployed.clusters.len(), 1);
    assert_eq!(deployed.clusters[0].deployed_releases[0].releases[0].id, first.id);

    let _: DeployWorkflowReleaseResponse =
        call(&emulator, "WorkflowsService/DeployWorkflowRelease", &deploy(&second, &["a"]));
    let on_a = || {
        let request = GetClusterRequest { cluster_slug: "a".to_owned() };
        let cluster: Cluster = call(&emulator, "WorkflowsService/GetCluster", &request);
        let releases = cluster.deployed_releases.into_iter().flat_map(|workflow| workflow.releases);
        releases.map(|release| release.id).collect::<Vec<_>>()
    };
    assert_eq!(on_a(), std::slice::from_ref(&second.id), "a cluster has one release of a workflow");

    let undeploy = UndeployWorkflowReleaseRequest {
        workflow_slug: workflow.slug.clone(),
        release_id: second.id.clone(),
        cluster_slugs: vec!["a".to_owned()],
    };
    let undeployed: UndeployWorkflowReleaseResponse =
        call(&emulator, "WorkflowsService/UndeployWorkflowRelease", &undeploy);
    assert!(undeployed.release.unwrap().clusters.is_empty() && on_a().is_empty());
    let unpublish =
        UnpublishWorkflowReleaseRequest { workflow_slug: workflow.slug.clone(), release_id: first.id.clone() };
    let _: UnpublishWorkflowReleaseResponse = call(&emulator, "WorkflowsService/UnpublishWorkflowRelease", &unpublish);
    assert_eq!(find(&emulator, &workflow.slug).releases.len(), 1);
    assert_eq!(fail(&emulator, "WorkflowsService/DeployWorkflowRelease", &deploy(&first, &[])).0, 404);
    assert_eq!(fail(&emulator, "WorkflowsService/DeployWorkflowRelease", &deploy(&second, &["none"])).0, 404);
}

#[test]
fn a_release_of_too_many_nested_folders_is_refused() {
    let emulator = emulator();
    let workflow = create_workflow(&emulator, "w");
    let nested = |depth| (0..depth).fold(Path::default(), |path, _| Path { children: vec![path], ..Path::default() });
    let publish = |depth| PublishWorkflowReleaseRequest {
        workflow_slug: workflow.slug.clone(),
        artifact_id: None,
        content: Some(ReleaseContent { files: vec![nested(depth)], ..ReleaseContent::default() }),
    };
    let _: WorkflowRelease = call(&emulator, "WorkflowsService/PublishWorkflowRelease", &publish(49));
    let (status, error) = fail(&emulator, "WorkflowsService/PublishWorkflowRelease", &publish(50));
    assert!(status == 400 && error.contains("at most 50 nested folders"), "{error}");
}
