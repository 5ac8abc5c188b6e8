"""Jobs: submissions, queries, cancel, retry and diagrams."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from _tilebox.grpc.error import ArgumentError, NotFoundError
from checks import raises
from tilebox.workflows.data import JobState, TaskState

from harness import Server, counts
from tasks import Branch, Leaf, Tree


def check_a_submitted_job_is_found(server: Server) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    job = server.client().jobs().submit("interop job", Leaf("a"))
    assert (job.name, job.state, job.progress) == ("interop job", JobState.SUBMITTED, [])
    assert before < job.submitted_at < datetime.now(UTC) + timedelta(seconds=1)
    # A job id is an ULID, whose first 48 bits are the milliseconds of its submission.
    assert job.id.int >> 80 == int(job.submitted_at.timestamp() * 1000)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", job.trace_parent), job.trace_parent
    assert (counts(job), job.execution_stats.total_tasks) == ({"QUEUED": 1}, 1)
    assert job.execution_stats.first_task_started_at is None
    for id_like in (job, job.id, str(job.id)):
        assert server.client().jobs().find(id_like) == job


def check_several_root_tasks_go_to_their_clusters(server: Server) -> None:
    first, second = server.cluster(), server.cluster()
    jobs = server.client().jobs()
    job = jobs.submit("interop roots", [Leaf("a"), Leaf("b"), Branch("c", 2)], [first, second, first], max_retries=2)
    assert counts(job) == {"QUEUED": 3}
    assert [found.id for found in jobs.query(clusters=first)] == [job.id]
    assert [found.id for found in jobs.query(clusters=[second])] == [job.id]


def check_a_refused_submission_tells_why(server: Server) -> None:
    jobs = server.client().jobs()
    with raises(ArgumentError):
        jobs.submit("interop large", Leaf("x" * 2048))  # Two quotes more than the limit.
    assert jobs.submit("interop fits", Leaf("x" * 2046)).state == JobState.SUBMITTED
    with raises(ArgumentError):
        jobs.submit("", Leaf("a"))
    with raises(NotFoundError):
        jobs.submit("interop cluster", Leaf("a"), "there-is-none")


def check_an_unknown_job_is_not_found(server: Server) -> None:
    jobs = server.client().jobs()
    for call in (jobs.find, jobs.cancel, jobs.retry, jobs.visualize):
        with raises(NotFoundError):
            call(uuid4())


def check_jobs_are_queried_newest_first(server: Server) -> None:
    jobs, cluster = server.client().jobs(), server.cluster()
    submitted = [server.submit(Leaf(str(number)), cluster) for number in range(120)]
    found = jobs.query(clusters=cluster)
    assert [job.id for job in found] == [job.id for job in sorted(submitted, key=lambda job: job.id, reverse=True)]
    assert [job.name for job in found] == [job.name for job in sorted(submitted, key=lambda job: job.id, reverse=True)]


def check_jobs_are_queried_by_time_and_id(server: Server) -> None:
    jobs, cluster = server.client().jobs(), server.cluster()
    first, second, third = sorted((server.submit(Leaf("a"), cluster) for _ in range(3)), key=lambda job: job.id)

    def query(extent: object) -> list[UUID]:
        return [job.id for job in jobs.query(extent, clusters=cluster)]

    everything = [third.id, second.id, first.id]
    assert query(("2020-01-01", "2100-01-01")) == everything
    assert query(("2020-01-01", "2021-01-01")) == []
    # Jobs may share a millisecond.
    assert query((first.submitted_at, third.submitted_at)) == [
        job.id for job in (third, second, first) if first.submitted_at <= job.submitted_at < third.submitted_at
    ]
    assert second.id in query(second.submitted_at)
    # The client includes the last id.
    assert query((first.id, second.id)) == [second.id, first.id]
    assert query((str(second.id), str(third.id))) == [third.id, second.id]


def check_jobs_are_queried_by_state_and_name(server: Server) -> None:
    jobs, cluster = server.client().jobs(), server.cluster()
    queued = jobs.submit("Monthly Report", Leaf("a"), cluster)
    canceled = jobs.submit("Daily report", Leaf("b"), cluster)
    jobs.cancel(canceled)

    def query(**filters: object) -> set[UUID]:
        return {job.id for job in jobs.query(clusters=cluster, **filters)}

    assert query(job_states=JobState.SUBMITTED) == {queued.id}
    assert query(job_states=[JobState.CANCELED, JobState.FAILED]) == {canceled.id}
    assert query(job_states=[JobState.SUBMITTED, JobState.CANCELED]) == {queued.id, canceled.id}
    assert query(job_states=JobState.COMPLETED) == set()
    assert query(task_states=TaskState.QUEUED) == {queued.id, canceled.id}
    assert query(task_states=[TaskState.FAILED, TaskState.RUNNING]) == set()
    assert query(name="monthly") == {queued.id}
    assert query(name="REPORT") == {queued.id, canceled.id}
    assert query(name="report", job_states=JobState.CANCELED) == {canceled.id}
    assert query(automation_ids=uuid4()) == set()


def check_a_canceled_job_is_retried(server: Server) -> None:
    jobs = server.client().jobs()
    job = server.submit(Leaf("a"))
    jobs.cancel(job)
    assert jobs.find(job).state == JobState.CANCELED
    jobs.cancel(job.id)
    assert jobs.find(job).state == JobState.CANCELED
    jobs.retry(str(job.id))
    assert jobs.find(job).state == JobState.SUBMITTED


def check_a_job_is_drawn_as_a_diagram(server: Server) -> None:
    jobs = server.client().jobs()
    job, _ = server.run(Tree(2, 3))
    assert counts(job) == {"COMPUTED": 10}
    diagram = jobs.visualize(job)
    assert "<svg" in diagram and diagram.rstrip().endswith("</svg>"), diagram[:200]
    for display in ("Tree", "Branch", "Leaf"):
        assert display in diagram, display
    for options in ({"direction": "right"}, {"layout": "elk"}, {"sketchy": False}):
        assert "<svg" in jobs.visualize(job.id, **options)
    with raises(ArgumentError):
        jobs.visualize(job, layout="spiral")
