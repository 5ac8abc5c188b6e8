"""Automations, and their tasks submitted by hand."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from _tilebox.grpc.error import ArgumentError, NotFoundError
from checks import raises
from tilebox.workflows.data import JobState, LocalReference, TaskIdentifier

from harness import Server
from tasks import OnObject, Scheduled, traced


def check_a_cron_automation_is_created_listed_and_deleted(server: Server) -> None:
    automations, cluster = server.client().automations(), server.cluster()
    created = automations.create_cron_automation(
        "nightly", Scheduled("hello"), ["0 3 * * *", "@hourly", "CRON_TZ=UTC 30 6 * * 1-5"], cluster, max_retries=2
    )
    assert created.id.int != 0 and created.name == "nightly"
    assert [trigger.schedule for trigger in created.cron_triggers] == [
        "0 3 * * *",
        "@hourly",
        "CRON_TZ=UTC 30 6 * * 1-5",
    ]
    assert all(trigger.id.int != 0 for trigger in created.cron_triggers)
    assert created.storage_event_triggers == []
    prototype = created.prototype
    assert (prototype.cluster_slug, prototype.input, prototype.max_retries) == (cluster, b'"hello"', 2)
    assert (prototype.identifier, prototype.display) == (TaskIdentifier("Scheduled", "v0.0"), "Scheduled")

    assert automations.find(created.id) == automations.find(str(created.id)) == created
    assert created in automations.all()
    automations.delete(created)
    with raises(NotFoundError):
        automations.find(created.id)
    assert created.id not in [automation.id for automation in automations.all()]


def check_a_storage_event_automation_keeps_its_triggers(server: Server) -> None:
    client = server.client()
    location = client.storage_locations().create("incoming", LocalReference("/incoming"))
    automations = client.automations()
    created = automations.create_storage_event_automation(
        "on new objects", OnObject("new: "), [(location, "**/*.tif"), (location, "**/*.jp2")]
    )
    assert created.cron_triggers == []
    assert [trigger.glob_pattern for trigger in created.storage_event_triggers] == ["**/*.tif", "**/*.jp2"]
    assert {trigger.storage_location.id for trigger in created.storage_event_triggers} == {location.id}
    found = automations.find(created.id)
    assert found == created
    assert [trigger.storage_location.location for trigger in found.storage_event_triggers] == ["/incoming"] * 2
    automations.delete(created.id, cancel_jobs=True)


def check_an_automation_that_cannot_work_is_refused(server: Server) -> None:
    automations = server.client().automations()
    for schedule in ("every day", "61 * * * *", ""):
        with raises(ArgumentError):
            automations.create_cron_automation("refused", Scheduled("x"), schedule)
    with raises(NotFoundError):
        automations.find(uuid4())
    with raises(NotFoundError):
        automations.delete(uuid4())


def check_a_scheduled_task_runs_once_by_hand(server: Server) -> None:
    job, _ = server.run(Scheduled("hi").once(datetime(2030, 1, 1, tzinfo=UTC)))
    assert job.state == JobState.COMPLETED
    assert [words[1:] for words in traced(job.id)] == [["scheduled", "hi", "2030-01-01T00:00:00+00:00"]]


def check_a_task_of_a_storage_event_reads_its_object(server: Server) -> None:
    folder = Path(server.folder) / "objects"
    (folder / "a").mkdir(parents=True, exist_ok=True)
    (folder / "a" / "b.txt").write_text("content")
    location = server.client().storage_locations().create("objects", LocalReference(str(folder)))
    job, _ = server.run(OnObject("got-").once(location, "a/b.txt"))
    assert job.state == JobState.COMPLETED
    assert [words[1:] for words in traced(job.id)] == [["object", "got-content"]]
