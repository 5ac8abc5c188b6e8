"""The official runner: dependencies, retries, optional tasks, progress, leases."""

from datetime import timedelta

from checks import raises
from tilebox.workflows.data import JobState

from harness import Runner, Server, counts, eventually, leaves
from tasks import (
    Awaited,
    Broken,
    Diamond,
    Flaky,
    Halted,
    Leaf,
    Retried,
    Slow,
    Steps,
    Tolerant,
    Tree,
    traced,
)


def check_a_runner_executes_a_thousand_tasks_without_noise(server: Server) -> None:
    job, printed = server.run(Tree(2, 498))
    assert job.state == JobState.COMPLETED
    assert counts(job) == {"COMPUTED": 1000}, counts(job)
    assert not printed, printed
    executed = leaves(job)
    assert executed[-1] == "last"
    assert sorted(executed) == sorted(["last", *(f"{branch}.{leaf}" for branch in range(2) for leaf in range(498))])
    stats = job.execution_stats
    assert stats.first_task_started_at < stats.last_task_stopped_at
    # Times of the client have microseconds, rounded down.
    elapsed = stats.last_task_stopped_at - stats.first_task_started_at
    assert abs(stats.elapsed_time - elapsed) <= timedelta(microseconds=1), (stats.elapsed_time, elapsed)
    assert 0 < stats.compute_time.total_seconds() and stats.parallelism > 0


def check_a_runner_runs_forever_until_an_interrupt(server: Server) -> None:
    cluster = server.cluster()
    runner = server.runner(server, cluster, "--forever")
    try:
        # The second job comes when the runner has been idle.
        for _ in range(2):
            job = server.finished(server.submit(Tree(2, 498), cluster))
            assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 1000})
            assert len(set(leaves(job))) == len(leaves(job)) == 997
        assert not runner.end(interrupt=True)
    finally:
        runner.kill()


def check_a_task_waits_for_the_subtrees_of_its_dependencies(server: Server) -> None:
    job, _ = server.run(Diamond())
    assert counts(job) == {"COMPUTED": 11}, counts(job)
    order = [" ".join(words[1:]) for words in traced(job.id)]
    assert order[0] == "diamond" and len(set(order)) == len(order) == 11

    def comes_before(earlier: str, later: str) -> bool:
        return order.index(earlier) < order.index(later)

    subtree = ["branch a", "leaf a.0", "leaf a.1", "leaf a.2"]
    for later in ("branch b", "leaf c"):
        assert all(comes_before(earlier, later) for earlier in subtree), order
    for earlier in ("branch b", "leaf b.0", "leaf b.1", "leaf c"):
        assert comes_before(earlier, "leaf d"), order


def check_a_failing_task_is_retried_as_often_as_allowed(server: Server) -> None:
    job, printed = server.run(Retried(failures=2, max_retries=2))
    assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 3})
    assert [words[1] for words in traced(job.id)] == ["flaky", "flaky", "flaky", "leaf"]
    # Progress and subtasks of failed attempts do not count.
    assert [(bar.label, bar.total, bar.done) for bar in job.progress] == [("attempts", 10, 1)]
    assert printed.count("Task Flaky failed!") == 2

    job, _ = server.run(Retried(failures=2, max_retries=1))
    assert (job.state, counts(job)) == (JobState.FAILED, {"COMPUTED": 1, "FAILED": 1})
    assert [words[1] for words in traced(job.id)] == ["flaky", "flaky"]


def check_a_failed_job_is_retried_by_its_user(server: Server) -> None:
    jobs, cluster = server.client().jobs(), server.cluster()
    job = server.submit(Flaky(failures=2), cluster)
    for _ in range(2):
        server.runner(server, cluster).end()
        assert (jobs.find(job).state, counts(jobs.find(job))) == (JobState.FAILED, {"FAILED": 1})
        assert jobs.retry(job) == 1
        assert counts(jobs.find(job)) == {"QUEUED": 1}
    server.runner(server, cluster).end()
    assert (jobs.find(job).state, counts(jobs.find(job))) == (JobState.COMPLETED, {"COMPUTED": 2})


def check_a_failed_task_halts_its_job(server: Server) -> None:
    job, printed = server.run([Halted(), Leaf("another root")])
    assert job.state == JobState.FAILED
    assert counts(job)["FAILED"] == 1 and counts(job)["QUEUED"] >= 1, counts(job)
    assert "never" not in leaves(job)
    assert "broken by design" in printed or "Task Broken failed!" in printed


def check_an_optional_task_does_not_fail_its_job(server: Server) -> None:
    job, _ = server.run(Tolerant(inner=False))
    assert job.state == JobState.COMPLETED
    assert counts(job) == {"COMPUTED": 3, "FAILED_OPTIONAL": 1, "SKIPPED": 1}, counts(job)
    assert leaves(job) == ["after"]

    job, _ = server.run(Tolerant(inner=True))
    assert job.state == JobState.COMPLETED
    assert counts(job) == {"COMPUTED": 4, "FAILED_OPTIONAL": 1}, counts(job)
    assert leaves(job) == ["skipped", "after"]


def check_progress_of_tasks_adds_up(server: Server) -> None:
    job, _ = server.run(Steps(4))
    assert job.state == JobState.COMPLETED
    progress = sorted((bar.label or "", bar.total, bar.done) for bar in job.progress)
    assert progress == [("", 4, 4), ("named", 3, 2)]


def check_asynchronous_tasks_share_a_cache(server: Server) -> None:
    job, _ = server.run(Awaited())
    assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 2})
    assert [words[1:] for words in traced(job.id)] == [["cached", "value"]]


def check_an_interrupted_task_runs_again(server: Server) -> None:
    cluster = server.cluster()
    job = server.submit(Slow(6), cluster)
    runner = Runner(server, cluster, "--forever")
    try:
        eventually(lambda: traced(job.id), lambda found: len(found) == 1)
        runner.end(interrupt=True)
    finally:
        runner.kill()
    # The runner hands the task back after two seconds.
    assert counts(server.client().jobs().find(job)) == {"QUEUED": 1}
    Runner(server, cluster).end()
    found = server.client().jobs().find(job)
    assert (found.state, counts(found)) == (JobState.COMPLETED, {"COMPUTED": 1})
    assert len(traced(job.id)) == 2


def check_a_runner_extends_short_leases(server: Server) -> None:
    with server.another("--lease", "3s", "--idle", "200ms") as (short, log):
        cluster = short.cluster()
        runner = Runner(short, cluster, "--forever")
        try:
            # Until the process that extends leases has imported its modules, a lease may be lost; the runner does not wait.
            extended = 0
            for _ in range(8):
                before = log.read_text().count("ExtendTaskLease")
                warm = short.submit(Slow(4), cluster)
                short.finished(warm)
                extended += len(traced(warm.id)) == 1 and log.read_text().count("ExtendTaskLease") > before
                if extended == 2:
                    break
            before = log.read_text().count("ExtendTaskLease")
            job = short.finished(short.submit(Slow(9), cluster))
            assert (job.state, len(traced(job.id))) == (JobState.COMPLETED, 1)
            assert log.read_text().count("ExtendTaskLease") >= before + 2
            assert not runner.end(interrupt=True)
        finally:
            runner.kill()


def check_a_lost_lease_hands_out_the_task_again(server: Server) -> None:
    with server.another("--lease", "1s", "--idle", "200ms") as (short, _):
        cluster = short.cluster()
        job = short.submit(Slow(30), cluster)
        killed = Runner(short, cluster, "--forever")
        eventually(lambda: traced(job.id), lambda found: len(found) == 1)
        killed.kill()
        other = Runner(short, cluster, "--forever")
        try:
            eventually(lambda: traced(job.id), lambda found: len(found) == 2)
            pids = [words[0] for words in traced(job.id)]
            assert pids == [str(killed.pid), str(other.pid)]
        finally:
            other.kill()


def check_a_runner_of_another_version_gets_no_task(server: Server) -> None:
    class Newer(Leaf):
        @staticmethod
        def identifier() -> tuple[str, str]:
            return "Leaf", "v0.1"

    job, _ = server.run(Newer("a"))
    assert (job.state, counts(job)) == (JobState.SUBMITTED, {"QUEUED": 1})
    with raises(TypeError):

        class Invalid(Leaf):
            @staticmethod
            def identifier() -> tuple[str, str]:
                return "Leaf", "0.1"

    job, _ = server.run(Broken())
    assert job.state == JobState.FAILED
