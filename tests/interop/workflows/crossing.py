"""Runners in Python, Rust and (played) Go: each executes what the others submit, and they share jobs."""

from tilebox.workflows.data import Job, JobState

import cached
import rows
import running
from harness import GoRunner, Runner, RustRunner, Server, counts, leaves
from tasks import Company, Flaky, Retried, traced


def check_rust_executes_a_thousand_tasks_from_python(server: Server) -> None:
    with server.with_runner(RustRunner):
        running.check_a_runner_executes_a_thousand_tasks_without_noise(server)
        running.check_a_runner_runs_forever_until_an_interrupt(server)


def check_rust_respects_dependencies_and_options_from_python(server: Server) -> None:
    with server.with_runner(RustRunner):
        running.check_a_task_waits_for_the_subtrees_of_its_dependencies(server)
        running.check_an_optional_task_does_not_fail_its_job(server)
        running.check_progress_of_tasks_adds_up(server)


def check_rust_reports_failures_of_tasks_from_python(server: Server) -> None:
    with server.with_runner(RustRunner):
        running.check_a_failed_job_is_retried_by_its_user(server)
        job, _ = server.run(Retried(failures=2, max_retries=2))
    _assert_retried(job)
    with server.with_runner(RustRunner):
        job, _ = server.run(Flaky(failures=1))
    assert (job.state, counts(job)) == (JobState.FAILED, {"FAILED": 1})


def check_python_executes_what_rust_submits(server: Server) -> None:
    job = server.run_from_rust(Runner, "tree", "2", "98")
    assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 200})
    assert sorted(leaves(job)) == sorted(["last", *(f"{branch}.{leaf}" for branch in range(2) for leaf in range(98))])
    assert leaves(job)[-1] == "last"
    assert counts(server.run_from_rust(Runner, "diamond")) == {"COMPUTED": 11}
    _assert_retried(server.run_from_rust(Runner, "retried", "2", "2"))


def _assert_retried(job: Job) -> None:
    assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 3})
    assert [words[1] for words in traced(job.id)] == ["flaky", "flaky", "flaky", "leaf"]
    assert [(bar.label, bar.total, bar.done) for bar in job.progress] == [("attempts", 10, 1)]


def check_python_and_rust_share_a_job_of_a_thousand_tasks(server: Server) -> None:
    _share(server, [Runner, RustRunner], squads=1, pieces=996)


def check_python_rust_and_go_share_a_job_of_a_thousand_tasks(server: Server) -> None:
    _share(server, [Runner, RustRunner, GoRunner], squads=12, pieces=82)


def _share(server: Server, kinds: list[type[Runner]], squads: int, pieces: int) -> None:
    """Lets runners of these kinds share a job. Each of them takes one of the first tasks, which wait for each other."""
    cluster = server.cluster()
    runners = [kind(server, cluster, "--forever") for kind in kinds]
    try:
        job = server.finished(server.submit(Company(len(kinds), squads, pieces), cluster))
        assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 1000}), counts(job)
        executed = traced(job.id)
        names = [tuple(words[1:]) for words in executed]
        assert len(names) == len(set(names)) == 1000, f"{len(names)} executions of {len(set(names))} tasks"
        assert [(bar.label, bar.total, bar.done) for bar in job.progress] == [("pieces", squads * pieces, squads * pieces)]
        shares = {runner.name: sum(words[0] == str(runner.pid) for words in executed) for runner in runners}
        print(f"        {', '.join(f'{name} {share}' for name, share in shares.items())} of 1000 tasks")
        assert sum(shares.values()) == 1000 and min(shares.values()) >= 10, f"a runner did almost nothing: {shares}"
        for runner in runners:
            runner.end(interrupt=True)
    finally:
        for runner in runners:
            runner.kill()


def check_rust_decodes_every_type_from_python(server: Server) -> None:
    with server.with_runner(RustRunner):
        job, _ = server.run(rows.SUBMISSIONS)
    _assert_rows(job)


def check_python_decodes_every_type_from_rust(server: Server) -> None:
    _assert_rows(server.run_from_rust(Runner, "rows"))


def _assert_rows(job: Job) -> None:
    expected = [task.__name__ for task in rows.ALL]
    found = sorted(words[2] for words in traced(job.id))
    missing = set(expected) - set(found)
    assert job.state == JobState.COMPLETED and found == sorted(expected), (counts(job), missing)
    print(f"        {len(rows.ROWS)} types, as the only field and as one of two")


def check_python_and_rust_share_a_folder_of_values(server: Server) -> None:
    cluster = server.cluster()
    runners = [kind(server, cluster, "--forever") for kind in (Runner, RustRunner)]
    try:
        jobs = [server.finished(server.submit(cached.PythonShare(), cluster)), server.from_rust(cluster, "share")]
        for job in jobs:
            assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 5}), job
            assert sorted(words[2] for words in traced(job.id)) == ["python", "rust"]
        for runner in runners:
            runner.end(interrupt=True)
    finally:
        for runner in runners:
            runner.kill()
