"""Logs and spans of jobs."""

from uuid import uuid4

from tilebox.workflows.data import JobState, LogSeverity

from harness import Server, eventually
from tasks import Leaf, Talk


def check_logs_and_spans_of_a_job_are_queried(server: Server) -> None:
    jobs = server.client().jobs()
    job, _ = server.run([Talk("one"), Talk("two")])
    assert job.state == JobState.COMPLETED

    logs = eventually(lambda: jobs.query_logs(job), lambda found: len(found) >= 6)
    assert sorted(log.body for log in logs) == sorted(["begins", "within a span", "ends badly"] * 2)
    assert [log.time for log in logs] == sorted(log.time for log in logs), "oldest first"
    begins = [log for log in logs if log.body == "begins"]
    assert sorted(log.attributes["topic"] for log in begins) == ["one", "two"]
    assert {log.attributes["number"] for log in begins} == {7}
    assert all(log.runner_attributes["service.namespace"] == "tilebox.workflows" for log in logs)
    trace_id = job.trace_parent.split("-")[1]
    assert {log.trace_id for log in logs} == {trace_id}
    assert sorted({log.severity_text for log in logs}) == ["ERROR", "INFO", "WARN"]

    for level, bodies in (
        ("warning", {"within a span"}),
        (LogSeverity.INFO, {"begins"}),
        (["error", "info"], {"ends badly", "begins"}),
        ("debug", set()),
    ):
        assert {log.body for log in jobs.query_logs(job, level=level)} == bodies, level
    task_id = begins[0].attributes["task_id"]
    of_task = jobs.query_logs(job.id, task_id=task_id)
    assert [log.body for log in of_task] == ["begins", "within a span", "ends badly"]
    assert {log.attributes["task_id"] for log in of_task} == {task_id}
    assert jobs.query_logs(job, task_id=uuid4()) == []

    names = sorted([f"job/{job.name}", "task/Talk", "task/Talk", "inner", "inner"])
    spans = eventually(lambda: jobs.query_spans(job), lambda found: len(found) >= len(names))
    assert sorted(span.name for span in spans) == names
    assert {span.trace_id for span in spans} == {trace_id}
    (root,) = (span for span in spans if span.name.startswith("job/"))
    of_tasks = [span for span in spans if span.name == "task/Talk"]
    assert all(span.parent_span_id == root.span_id for span in of_tasks)
    assert all(span.start_time <= span.end_time and span.duration.total_seconds() < 60 for span in spans)
    assert {span.attributes["identifier.name"] for span in of_tasks} == {"Talk"}
    assert all(event["name"] == "log.message" for span in of_tasks for event in span.events)
    assert sorted(span.name for span in jobs.query_spans(job, task_id=task_id)) == ["inner", "task/Talk"]
    assert len(logs.to_pandas()) == 6 and len(spans.to_pandas()) == 5


def check_telemetry_of_another_job_is_not_returned(server: Server) -> None:
    jobs = server.client().jobs()
    job = server.submit(Leaf("silent"))
    assert jobs.query_logs(job) == []
    assert all(span.name == f"job/{job.name}" for span in jobs.query_spans(job))


def check_every_page_of_logs_is_returned(server: Server) -> None:
    jobs = server.client().jobs()
    job, _ = server.run([Talk(str(number)) for number in range(120)])
    logs = eventually(lambda: jobs.query_logs(job), lambda found: len(found) >= 360)
    assert len(logs) == 360
    assert sorted(int(log.attributes["topic"]) for log in logs if log.body == "begins") == list(range(120))
