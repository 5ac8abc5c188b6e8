"""Clusters."""

from _tilebox.grpc.error import NotFoundError
from checks import raises

from harness import Server


def check_the_default_cluster_exists_and_cannot_be_deleted(server: Server) -> None:
    clusters = server.client().clusters()
    default = clusters.find("")
    assert not default.deletable, default
    assert default.slug in [cluster.slug for cluster in clusters.all()]
    with raises(Exception):  # noqa: B017 - no source tells the code of the error
        clusters.delete(default)
    assert clusters.find(default.slug) == default


def check_a_cluster_is_created_listed_updated_and_deleted(server: Server) -> None:
    clusters = server.client().clusters()
    created = clusters.create("Interop dev", description="for checks")
    assert (created.display_name, created.description, created.deletable) == ("Interop dev", "for checks", True)
    assert clusters.find(created) == created
    assert created in clusters.all()

    assert clusters.update(created, name="Renamed").description == "for checks"
    assert clusters.update(created, description="").description is None
    found = clusters.find(created.slug)
    assert (found.display_name, found.description) == ("Renamed", None)

    clusters.delete(created)
    with raises(NotFoundError):
        clusters.find(created.slug)
    assert created.slug not in [cluster.slug for cluster in clusters.all()]


def check_a_cluster_keeps_the_chosen_slug(server: Server) -> None:
    clusters = server.client().clusters()
    assert clusters.create("Chosen", slug="chosen-by-python").slug == "chosen-by-python"
    assert clusters.find("chosen-by-python").display_name == "Chosen"
    with raises(Exception):  # noqa: B017 - no source tells the code of the error
        clusters.create("Again", slug="chosen-by-python")


def check_generated_slugs_differ(server: Server) -> None:
    clusters = server.client().clusters()
    first, second = clusters.create("Twin"), clusters.create("Twin")
    assert first.slug != second.slug
    assert all(slug.replace("-", "").isalnum() and len(slug) <= 100 for slug in (first.slug, second.slug))


def check_an_unknown_cluster_is_not_found(server: Server) -> None:
    client = server.client()
    for call in (client.clusters().find, client.clusters().update, client.clusters().delete, client.runner):
        with raises(NotFoundError):
            call("there-is-none")
