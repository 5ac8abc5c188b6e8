"""Several runners on one cluster."""

from tilebox.workflows.data import JobState

from harness import Runner, Server, counts
from tasks import Party, traced


def check_two_runners_share_a_job(server: Server) -> None:
    cluster = server.cluster()
    runners = [Runner(server, cluster, "--forever") for _ in range(2)]
    try:
        job = server.finished(server.submit(Party(300), cluster))
        assert (job.state, counts(job)) == (JobState.COMPLETED, {"COMPUTED": 303})
        executed = traced(job.id)
        names = [tuple(words[1:]) for words in executed]
        assert len(names) == len(set(names)) == 302
        shares = {pid: sum(words[0] == pid for words in executed) for pid, *_ in executed}
        assert set(shares) == {str(runner.pid) for runner in runners}, shares
        assert min(shares.values()) >= 10, f"one runner did almost nothing: {shares}"
        # The runners spent their time in tasks rather than waiting for them.
        stats = job.execution_stats
        assert stats.compute_time > stats.elapsed_time / 4
        for runner in runners:
            assert not runner.end(interrupt=True)
    finally:
        for runner in runners:
            runner.kill()
