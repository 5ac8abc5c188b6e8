"""Workflows and their releases."""

from uuid import uuid4

from _tilebox.grpc.error import NotFoundError
from checks import raises
from tilebox.datasets.uuid import uuid_to_uuid_message
from tilebox.workflows.data import ReleaseContent, TaskIdentifier, WorkflowRelease
from tilebox.workflows.workflows.v1 import workflows_pb2

from harness import Server


def check_a_workflow_is_created_listed_updated_and_deleted(server: Server) -> None:
    workflows = server.client().workflows()
    created = workflows.create("Interop flow", "short", "long")
    assert (created.name, created.summary, created.description) == ("Interop flow", "short", "long")
    assert created.releases == []
    assert workflows.find(created) == created
    assert created in workflows.all()

    assert workflows.update(created, name="Renamed").summary == "short"
    updated = workflows.update(created, summary="", description="longer")
    assert (updated.name, updated.summary, updated.description) == ("Renamed", "", "longer")
    assert workflows.find(created.slug) == updated

    workflows.delete(created)
    with raises(NotFoundError):
        workflows.find(created.slug)
    assert created.slug not in [workflow.slug for workflow in workflows.all()]


def check_an_unknown_workflow_is_not_found(server: Server) -> None:
    workflows = server.client().workflows()
    for call in (workflows.find, workflows.update, workflows.delete):
        with raises(NotFoundError):
            call("there-is-none")
    workflow = workflows.create("Without releases", "")
    for call in (workflows.deploy_release, workflows.undeploy_release, workflows.unpublish_release):
        with raises(NotFoundError):
            call(workflow, uuid4())


def check_a_release_is_deployed_and_undeployed(server: Server) -> None:
    client = server.client()
    workflows, clusters = client.workflows(), client.clusters()
    workflow = workflows.create("Released", "")
    release = _publish(server, workflow.slug)
    assert [known.id for known in workflows.find(workflow).releases] == [release.id]

    slug = server.cluster()
    deployment = workflows.deploy_release(workflow, release, slug)
    assert deployment.release.id == release.id
    assert [cluster.slug for cluster in deployment.clusters] == [slug]
    (deployed,) = clusters.find(slug).deployed_workflows
    assert (deployed.slug, [known.id for known in deployed.releases]) == (workflow.slug, [release.id])
    (known,) = workflows.find(workflow).releases
    assert [cluster.slug for cluster in known.clusters] == [slug]
    assert known.content == release.content

    workflows.undeploy_release(workflow, release, [slug])
    assert clusters.find(slug).deployed_workflows == []
    workflows.unpublish_release(workflow, release)
    assert workflows.find(workflow).releases == []


def _publish(server: Server, slug: str) -> WorkflowRelease:
    """Publishes a release. Only the command line of Tilebox does so; the client has no method for it."""
    content = ReleaseContent("fingerprint", [TaskIdentifier("example.com/Task", "v1.2")], runner_object_path="app:runner")
    request = workflows_pb2.PublishWorkflowReleaseRequest(
        workflow_slug=slug, artifact_id=uuid_to_uuid_message(uuid4()), content=content.to_message()
    )
    service = server.client().workflows()._service.service  # noqa: SLF001
    return WorkflowRelease.from_message(service.PublishWorkflowRelease(request))
