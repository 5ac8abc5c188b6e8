//! Clusters, workflows and their releases.

use futures::StreamExt as _;
use tilebox_core::ErrorKind;
use tilebox_core::workflows::{ReleaseContent, ReleasePath, TaskIdentifier, WorkflowRelease};
use tilebox_emulator::{ErrorCode, Fault, Rpc};
use uuid::Uuid;

use super::Setting;

pub(crate) async fn a_cluster_is_created_changed_and_deleted(setting: Setting) {
    let clusters = setting.client.clusters();
    let default = clusters.default().await.expect("the default cluster");
    assert!(!default.is_deletable);
    let named = clusters.create("Dev cluster").description("For experiments").await.expect("a cluster");
    assert!(named.slug.starts_with("dev-cluster-") && named.is_deletable, "{named}");
    let dev = clusters.create("Dev").slug("dev").await.expect("a cluster");
    assert_eq!((dev.slug.as_str(), dev.name.as_str()), ("dev", "Dev"));
    let error = clusters.create("Dev").slug("dev").await.expect_err("it exists");
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::AlreadyExists, false), "{error}");

    let renamed = clusters.update(&named).name("Development").await.expect("a changed cluster");
    assert_eq!((renamed.name.as_str(), renamed.description.as_str()), ("Development", "For experiments"));
    let cleared = clusters.update(&named).description("").await.expect("a changed cluster");
    assert_eq!((cleared.name.as_str(), cleared.description.as_str()), ("Development", ""));
    assert_eq!(clusters.find(&named).await.expect("the cluster"), cleared);
    let listed = clusters.all().await.expect("a listing");
    assert_eq!(listed.len(), 3);
    assert!(listed.to_string().ends_with("3 clusters"), "{listed}");

    clusters.delete(&named).await.expect("deleted");
    clusters.delete("dev").await.expect("deleted");
    let error = clusters.delete("dev").await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = clusters.delete(&default).await.expect_err("it cannot be deleted");
    assert_eq!(error.kind(), ErrorKind::FailedPrecondition);
    assert_eq!(clusters.all().await.expect("a listing").into_vec(), [default]);
}

pub(crate) async fn an_unknown_cluster_suggests_existing_ones(setting: Setting) {
    let clusters = setting.client.clusters();
    clusters.create("Dev").slug("dev-1").await.expect("a cluster");
    let error = clusters.find("dev").await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("; did you mean `dev-1` (Dev)? the clusters are "), "{error}");

    let before = setting.emulator.requests().total();
    setting.emulator.inject(Fault::rpc(ErrorCode::Internal, "broken").on(Rpc::ListClusters));
    let error = clusters.update("dev").name("D").await.expect_err("unknown");
    assert!(error.to_string().starts_with("cannot update the cluster `dev`: no such cluster"), "{error}");
    assert!(!error.advice().contains("did you mean"), "{error}");
    assert_eq!(setting.emulator.requests().total() - before, 2, "a suggestion is requested once");
    let error = clusters.find("dev cluster").await.expect_err("not a slug");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(setting.emulator.requests().total() - before, 2, "no request reaches the server");
}

pub(crate) async fn a_lost_response_about_a_cluster_is_resolved(setting: Setting) {
    let clusters = setting.client.clusters();
    let lose = |rpc| setting.emulator.inject(Fault::truncated_body().on(rpc));
    lose(Rpc::CreateCluster);
    let dev = clusters.create("Dev").slug("dev").await.expect("the created cluster");
    assert_eq!(setting.emulator.requests().of(Rpc::CreateCluster), 2);
    lose(Rpc::UpdateCluster);
    assert_eq!(clusters.update(&dev).name("D").await.expect("a changed cluster").name, "D");
    lose(Rpc::DeleteCluster);
    clusters.delete(&dev).await.expect("it is gone");
    let error = clusters.find(&dev).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);

    // Each creation without a slug creates a cluster, so it is not repeated.
    lose(Rpc::CreateCluster);
    let error = clusters.create("Dev").await.expect_err("an unknown result");
    assert!(error.may_have_happened() && error.advice().starts_with("check whether"), "{error}");
    let listed = clusters.all().await.expect("a listing");
    assert_eq!(listed.iter().filter(|cluster| cluster.name == "Dev").count(), 1, "the write happened");
}

pub(crate) async fn workflows_are_listed_page_by_page(setting: Setting) {
    let workflows = setting.client.workflows();
    for name in ["Clouds", "Fields", "Ships"] {
        workflows.create(name).summary("Finds them").await.expect("a workflow");
    }
    let listed = workflows.all().page_size(2).await.expect("a list");
    assert_eq!(listed.iter().map(|workflow| workflow.name.as_str()).collect::<Vec<_>>(), ["Clouds", "Fields", "Ships"]);
    let mut stream = workflows.all().page_size(1).stream();
    let before = setting.emulator.requests().of(Rpc::ListWorkflows);
    let first = stream.next().await.expect("a workflow").expect("a workflow");
    assert_eq!((first.name.as_str(), first.summary.as_str()), ("Clouds", "Finds them"));
    assert_eq!(setting.emulator.requests().of(Rpc::ListWorkflows) - before, 1);
    assert_eq!(stream.count().await, 2);
    assert_eq!(workflows.all().limit(2).await.expect("a list").len(), 2);
}

pub(crate) async fn a_workflow_is_created_changed_and_deleted(setting: Setting) {
    let workflows = setting.client.workflows();
    let made = workflows.create("Clouds").summary("Finds clouds").description("# Clouds").await.expect("a workflow");
    let changed = workflows.update(&made).name("All clouds").description("").await.expect("a changed workflow");
    assert_eq!((changed.name.as_str(), changed.summary.as_str()), ("All clouds", "Finds clouds"));
    assert!(changed.description.is_empty());
    assert_eq!(workflows.find(&made).await.expect("the workflow"), changed);
    setting.emulator.inject(Fault::truncated_body().on(Rpc::DeleteWorkflow));
    workflows.delete(&made).await.expect("it is gone");
    let other = workflows.create("Clouds").await.expect("a workflow");
    let error = workflows.find("clouds").await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.advice().starts_with(&format!("did you mean `{}` (Clouds)? ", other.slug)), "{error}");
}

pub(crate) async fn a_release_is_published_and_deployed(setting: Setting) {
    let (clusters, workflows) = (setting.client.clusters(), setting.client.workflows());
    let default = clusters.default().await.expect("the default cluster");
    let dev = clusters.create("Dev").slug("dev").await.expect("a cluster");
    let workflow = workflows.create("Clouds").await.expect("a workflow");
    let content = ReleaseContent::new("sha256:5f2c")
        .tasks([TaskIdentifier::new("example.com/Clouds", 1, 0)])
        .file(ReleasePath::directory("src").child(ReleasePath::file("main.py")))
        .command_override(["clouds", "--serve"]);
    let release = workflows.publish(&workflow, Uuid::from_u128(9), &content).await.expect("a release");
    assert_eq!(release.content.as_ref(), Some(&content));
    assert!(release.created_at.is_some());
    assert_eq!(release.artifact.as_ref().map(|artifact| artifact.id), Some(Uuid::from_u128(9)));

    let deployment = workflows.deploy(&workflow, &release).clusters([&dev]).await.expect("a deployment");
    assert_eq!(deployment.clusters.iter().map(|cluster| cluster.slug.as_str()).collect::<Vec<_>>(), ["dev"]);
    workflows.deploy(&workflow, &release).await.expect("a deployment to the default cluster");
    let found = workflows.find(&workflow).await.expect("the workflow");
    let latest = found.latest_release().expect("a release");
    let on =
        |release: &WorkflowRelease| release.clusters.iter().map(|cluster| cluster.slug.clone()).collect::<Vec<_>>();
    assert_eq!(on(latest), ["dev".to_owned(), default.slug.clone()]);
    assert!(found.to_string().contains(&format!("release {}, created ", release.id)), "{found}");
    let deployed = clusters.find("dev").await.expect("the cluster").deployed_releases;
    assert_eq!(deployed.iter().map(|workflow| workflow.slug.as_str()).collect::<Vec<_>>(), [workflow.slug.as_str()]);

    let deploy = |cluster| workflows.deploy(&workflow, &release).clusters(["dev", cluster]);
    let error = deploy("dew").await.expect_err("unknown cluster");
    assert!(error.advice().starts_with("did you mean `dev` (Dev)? the clusters are "), "{error}");
    let removed = workflows.undeploy(&workflow, &release).clusters([&dev, &default]).await.expect("removed");
    assert!(on(&removed.release).is_empty());
    workflows.unpublish(&workflow, &release).await.expect("removed");
    let error = workflows.unpublish(&workflow, &release).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(workflows.find(&workflow).await.expect("the workflow").releases.is_empty());
}
