use prost::Message as _;
use uuid::Uuid;

use crate::client::blocking::Client;
use crate::error::ErrorKind;
use crate::protocol::connect::{self, Code};
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::rpc::{
    CreateWorkflow, DeleteWorkflow, DeployWorkflowRelease, GetWorkflow, ListClusters, ListWorkflows,
    PublishWorkflowRelease, UndeployWorkflowRelease, UnpublishWorkflowRelease, UpdateWorkflow,
};
use crate::workflows::{ReleaseContent, ReleasePath, TaskIdentifier};

/// The bytes of the id 1 as a message.
const ID: &[u8] = b"\x0a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";

fn client(server: &MockTransport) -> Client {
    testing::client_builder(server.clone()).build().expect("a client")
}

fn workflow(slug: &str) -> wire::Workflow {
    wire::Workflow { slug: slug.to_owned(), name: slug.to_uppercase(), ..Default::default() }
}

fn release() -> wire::WorkflowRelease {
    wire::WorkflowRelease { id: Some(id::to_wire(Uuid::from_u128(1))), ..Default::default() }
}

fn not_found(reason: &str) -> connect::Error {
    connect::Error::new(Code::NotFound, reason)
}

/// Returns a server with five workflows, two on each page.
fn pages() -> MockTransport {
    MockTransport::new().respond_with::<ListWorkflows>(|request: wire::ListWorkflowsRequest| {
        let page = request.page.unwrap_or_default();
        let after = page.starting_after.as_ref().and_then(id::from_wire).map_or(0, |id| id.as_u128());
        let limit = page.limit.map_or(2, |limit| u128::try_from(limit).expect("a limit").min(2));
        let last = (after + limit).min(5);
        let workflows = (after + 1..=last).map(|number| workflow(&format!("w{number}"))).collect();
        let starting_after = (last < 5).then(|| id::to_wire(Uuid::from_u128(last)));
        Ok(wire::ListWorkflowsResponse { workflows, next_page: Some(Pagination { limit: None, starting_after }) })
    })
}

#[test]
fn a_list_requests_pages_as_they_are_read() {
    let server = pages();
    let workflows = client(&server).workflows();
    let all = workflows.all().load().expect("a list");
    assert_eq!(all.iter().map(|workflow| workflow.slug.as_str()).collect::<Vec<_>>(), ["w1", "w2", "w3", "w4", "w5"]);
    assert_eq!(server.requests::<ListWorkflows>().len(), 3);
    assert!(all.to_string().ends_with("5 workflows"));

    let server = pages();
    let mut stream = client(&server).workflows().all().stream();
    for (workflow, requests) in [("w1", 1), ("w2", 1), ("w3", 2)] {
        assert_eq!(stream.next().expect("a workflow").expect("a workflow").slug, workflow);
        assert_eq!(server.requests::<ListWorkflows>().len(), requests, "{workflow}");
    }
    assert_eq!(stream.count(), 2);
}

#[test]
fn a_limit_ends_a_list() {
    let server = pages();
    let workflows = client(&server).workflows();
    assert_eq!(workflows.all().limit(3).load().expect("a list").len(), 3);
    let limits = server.requests::<ListWorkflows>().into_iter().map(|request| request.page.and_then(|page| page.limit));
    assert_eq!(limits.collect::<Vec<_>>(), [Some(3), Some(1)]);
    assert_eq!(workflows.all().page_size(1).stream().count(), 5);
    let error = workflows.all().limit(0).load().expect_err("not valid");
    assert!(error.to_string().starts_with("cannot list the workflows: expects a limit from 1 to "), "{error}");
    let first = workflows.all().page_size(0).stream().next().expect("an item");
    assert_eq!(first.expect_err("not valid").kind(), ErrorKind::InvalidArgument);
}

#[test]
fn requests_for_workflows_have_known_bytes() {
    let server = MockTransport::new()
        .respond_with::<CreateWorkflow>(|_| Ok(workflow("w")))
        .respond_with::<UpdateWorkflow>(|_| Ok(workflow("w")))
        .respond_with::<GetWorkflow>(|_| Ok(workflow("w")))
        .respond_with::<DeleteWorkflow>(|_| Ok(wire::DeleteWorkflowResponse {}));
    let workflows = client(&server).workflows();
    let created = workflows.create("W").summary("S").description("D").send().expect("created");
    assert_eq!(server.requests::<CreateWorkflow>()[0].encode_to_vec(), b"\x0a\x01W\x12\x01D\x1a\x01S");
    workflows.update(&created).name("N").send().expect("updated");
    workflows.update("w").summary("").description("").send().expect("updated");
    let bytes: Vec<_> = server.requests::<UpdateWorkflow>().iter().map(prost::Message::encode_to_vec).collect();
    assert_eq!(bytes, [b"\x0a\x01w\x12\x01N".as_slice(), b"\x0a\x01w\x1a\x00\x22\x00"]);
    assert_eq!(workflows.find(&created).expect("found"), created);
    workflows.delete(&created).expect("deleted");
    assert_eq!(server.requests::<DeleteWorkflow>()[0].encode_to_vec(), b"\x0a\x01w");
}

#[test]
fn requests_for_releases_have_known_bytes() {
    let server = MockTransport::new()
        .respond_with::<PublishWorkflowRelease>(|_| Ok(release()))
        .respond_with::<UnpublishWorkflowRelease>(|_| Ok(wire::UnpublishWorkflowReleaseResponse {}))
        .respond_with::<DeployWorkflowRelease>(|request: wire::DeployWorkflowReleaseRequest| {
            let clusters = request.cluster_slugs.into_iter();
            let clusters = clusters.map(|slug| wire::Cluster { slug, ..Default::default() }).collect();
            Ok(wire::DeployWorkflowReleaseResponse { release: Some(release()), clusters })
        })
        .respond_with::<UndeployWorkflowRelease>(|_| {
            Ok(wire::UndeployWorkflowReleaseResponse { release: Some(release()), clusters: Vec::new() })
        });
    let workflows = client(&server).workflows();
    let content = ReleaseContent::new("F")
        .task(TaskIdentifier::new("T", 1, 2))
        .file(ReleasePath::directory("d").child(ReleasePath::file("f")))
        .runner_object_path("m:o")
        .command_override(["c"]);
    let published = workflows.publish("w", Uuid::from_u128(1), &content).expect("published");
    let content =
        b"\x0a\x01F\x12\x09\x0a\x01T\x12\x04v1.2\x1a\x0a\x0a\x01d\x10\x01\x1a\x03\x0a\x01f\x22\x03m:o\x2a\x01c";
    let mut expected = [b"\x0a\x01w\x12\x12".as_slice(), ID, b"\x1a"].concat();
    expected.push(u8::try_from(content.len()).expect("short"));
    expected.extend(content);
    assert_eq!(server.requests::<PublishWorkflowRelease>()[0].encode_to_vec(), expected);

    let deployed = workflows.deploy("w", &published).clusters(["a", "b"]).send().expect("deployed");
    assert_eq!(deployed.clusters.len(), 2);
    let expected = [b"\x0a\x01w\x12\x12".as_slice(), ID, b"\x1a\x01a\x1a\x01b"].concat();
    assert_eq!(server.requests::<DeployWorkflowRelease>()[0].encode_to_vec(), expected);
    assert_eq!(deployed.to_string(), format!("release {}\n     [Cluster a]\n     [Cluster b]", published.id));

    workflows.undeploy("w", published.id.to_string().as_str()).send().expect("undeployed");
    let expected = [b"\x0a\x01w\x12\x12".as_slice(), ID].concat();
    assert_eq!(server.requests::<UndeployWorkflowRelease>()[0].encode_to_vec(), expected);
    workflows.unpublish("w", &published).expect("unpublished");
    assert_eq!(server.requests::<UnpublishWorkflowRelease>()[0].encode_to_vec(), expected);
}

#[test]
fn an_unknown_workflow_or_cluster_gets_suggestions() {
    let listing = |_| {
        Ok(wire::ListWorkflowsResponse { workflows: vec![workflow("clouds"), workflow("fields")], next_page: None })
    };
    let clusters = |_| {
        let cluster = |slug: &str| wire::Cluster { slug: slug.to_owned(), ..Default::default() };
        Ok(wire::ListClustersResponse { clusters: vec![cluster("dev"), cluster("gpu")] })
    };
    let server = MockTransport::new()
        .respond_with::<ListWorkflows>(listing)
        .respond_with::<ListClusters>(clusters)
        .respond_with::<GetWorkflow>(|_| Err(not_found("no such workflow")))
        .respond_with::<DeployWorkflowRelease>(|_| Err(not_found("no such thing")));
    let workflows = client(&server).workflows();
    let error = workflows.find("cloud").expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.advice(), "did you mean `clouds` (CLOUDS)? the workflows are clouds, fields");

    let release = Uuid::from_u128(1);
    let error = workflows.deploy("clouds", release).clusters(["dev", "gpus"]).send().expect_err("unknown");
    assert_eq!(error.advice(), "did you mean `gpu`? the clusters are dev, gpu");
    let error = workflows.deploy("cloud", release).clusters(["dev"]).send().expect_err("unknown");
    assert_eq!(error.advice(), "did you mean `clouds` (CLOUDS)? the workflows are clouds, fields");
    let error = workflows.deploy("clouds", release).clusters(["dev"]).send().expect_err("the release is unknown");
    assert_eq!(error.reason(), "no such thing");
    assert!(!error.advice().contains("did you mean"), "{error}");
}

#[test]
fn a_workflow_of_a_later_page_is_suggested() {
    let server = MockTransport::new()
        .respond_with::<ListWorkflows>(|request| {
            let after = request.page.and_then(|page| page.starting_after).as_ref().and_then(id::from_wire);
            let number = after.map_or(1, |after| after.as_u128() + 1);
            let next_page = (number < 20).then(|| {
                let starting_after = Some(id::to_wire(Uuid::from_u128(number)));
                Pagination { limit: None, starting_after }
            });
            Ok(wire::ListWorkflowsResponse { workflows: vec![workflow(&format!("a-{number}{number}-z"))], next_page })
        })
        .respond_with::<GetWorkflow>(|_| Err(not_found("no such workflow")));
    let workflows = client(&server).workflows();
    let error = workflows.find("a-88z").expect_err("unknown");
    assert!(error.advice().starts_with("did you mean `a-88-z`"), "{error}");
    // Pages have an end for an error.
    assert_eq!(server.requests::<ListWorkflows>().len(), 10);
    let mut stream = workflows.all().starting_after(Uuid::from_u128(18)).stream();
    assert_eq!(
        stream.by_ref().map(|workflow| workflow.expect("a workflow").slug).collect::<Vec<_>>(),
        ["a-1919-z", "a-2020-z"]
    );
    assert_eq!(stream.cursor(), Some(Uuid::from_u128(19)));
}

#[test]
fn invalid_input_about_workflows_sends_no_request() {
    let server = MockTransport::new();
    let workflows = client(&server).workflows();
    let content = ReleaseContent::default();
    let deep = (0..100).fold(ReleasePath::file("f"), |inner, _| ReleasePath::directory("d").child(inner));
    let release = Uuid::from_u128(1);
    for (error, expected) in [
        (workflows.find(" ").expect_err("empty"), "cannot find the workflow ` `: the slug of the workflow is empty"),
        (workflows.create("").send().expect_err("empty"), "cannot create the workflow ``: the name is empty"),
        (
            workflows.update("w").summary("x".repeat(50_001)).send().expect_err("long"),
            "cannot update the workflow `w`: the summary has 50001 characters",
        ),
        (
            workflows.publish("w", Uuid::nil(), &content).expect_err("nil"),
            "cannot publish a release of the workflow `w`: the id of the artifact is nil",
        ),
        (
            workflows.publish("w", release, &content.clone().file(deep)).expect_err("deep"),
            "cannot publish a release of the workflow `w`: the files of a release are nested in more than 64",
        ),
        (
            workflows.deploy("w", "x").send().expect_err("not an id"),
            "cannot deploy a release of the workflow `w`: the id of the release is not valid: ",
        ),
        (
            workflows.undeploy("w", release).clusters([""]).send().expect_err("empty"),
            "cannot undeploy a release of the workflow `w`: the slug of the cluster is empty",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn a_lost_removal_of_a_workflow_or_release_succeeds() {
    let unavailable = || connect::Error::new(Code::Unavailable, "restarting");
    let server = MockTransport::new()
        .respond_once::<DeleteWorkflow>(Err(unavailable()))
        .respond_once::<DeleteWorkflow>(Err(not_found("no such workflow")))
        .respond_once::<UnpublishWorkflowRelease>(Err(unavailable()))
        .respond_once::<UnpublishWorkflowRelease>(Err(not_found("no such release")))
        .respond_once::<PublishWorkflowRelease>(Err(unavailable()));
    let workflows = client(&server).workflows();
    workflows.delete("w").expect("deleted by the lost request");
    workflows.unpublish("w", Uuid::from_u128(1)).expect("removed by the lost request");
    let error = workflows.publish("w", Uuid::from_u128(1), &ReleaseContent::default()).expect_err("lost");
    assert!(error.may_have_happened(), "{error}");
}
