"""Shared parts of the checks: the server, its clients, clusters, and runners in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from tilebox.workflows import Client, Job, Task
from tilebox.workflows.data import JobState

import tasks

TOKEN = "interop-workflows"
FINAL = (JobState.COMPLETED, JobState.FAILED, JobState.CANCELED)
WAIT = 90

T = TypeVar("T")


class Runner:
    """A process that runs the tasks of a cluster."""

    def __init__(self, server: "Server", cluster: str, *options: str) -> None:
        program = [sys.executable, str(Path(__file__).parent / "run_tasks.py")]
        arguments = ["--url", server.url, "--token", TOKEN, "--transport", server.transport, "--cluster", cluster]
        cache = ["--cache", str(server.folder / "cache")]
        self._process = subprocess.Popen(
            [*program, *arguments, *cache, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self, interrupt: bool = False) -> str:
        """Waits until the process ends, after an interrupt if told so. Returns what it printed; it prints no errors."""
        if interrupt:
            self._process.send_signal(signal.SIGINT)
        out, err = self._process.communicate(timeout=WAIT)
        assert self._process.returncode == 0, f"the runner ended with {self._process.returncode}: {err}"
        assert not err, f"the runner wrote to standard error: {err}"
        return out

    def kill(self) -> None:
        """Kills the process and the one that extends its leases, which would outlive it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


class Server:
    """A server and its clients."""

    def __init__(self, url: str, transport: str, program: str, folder: Path) -> None:
        self.url = url
        self.transport = transport
        self.folder = folder
        self._program = program
        self._client: Client | None = None
        self._names = 0

    def client(self) -> Client:
        """Returns the client. There is one, because each one starts a thread that exports spans."""
        if self._client is None:
            self._client = Client(url=self.url, token=TOKEN, transport=self.transport)
        return self._client

    def name(self) -> str:
        """Returns an unused name."""
        self._names += 1
        return f"interop {self._names}"

    def cluster(self) -> str:
        """Creates a cluster and returns its slug."""
        return self.client().clusters().create(self.name()).slug

    def submit(self, task: Task | list[Task], cluster: str | None = None, **options: Any) -> Job:
        """Submits a job to a cluster, or to a new one."""
        return self.client().jobs().submit(self.name(), task, cluster=cluster or self.cluster(), **options)

    def finished(self, job: Job) -> Job:
        """Waits for the end of a job."""
        return eventually(lambda: self.client().jobs().find(job), lambda found: found.state in FINAL)

    def run(self, task: Task | list[Task], **options: Any) -> tuple[Job, str]:
        """Runs a job on a cluster of its own until no task is left. Returns the job and what the runner printed."""
        cluster = self.cluster()
        job = self.submit(task, cluster, **options)
        printed = Runner(self, cluster).end()
        return self.client().jobs().find(job), printed

    @contextmanager
    def another(self, *options: str, log: str = "another.log"):
        """Starts another server with these options, which logs its requests."""
        path = self.folder / log
        with path.open("w") as file:
            process = subprocess.Popen(
                [self._program, "--datapoints", "1", "--token", TOKEN, "--log", *options],
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        try:
            url = process.stdout.readline().removeprefix("listening on ").strip()
            yield Server(url, self.transport, self._program, self.folder), path
        finally:
            process.kill()
            process.wait()


def eventually(get: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Repeats a request until its result has a property."""
    end = time.monotonic() + WAIT
    while True:
        value = get()
        if holds(value):
            return value
        assert time.monotonic() < end, f"still {value!r} after {WAIT} seconds"
        time.sleep(0.05)


def counts(job: Job) -> dict[str, int]:
    """Returns the number of tasks in each state that some task is in."""
    return {state.name: count for state, count in job.execution_stats.tasks_by_state.items() if count}


def leaves(job: Job) -> list[str]:
    """Returns the names of the leaves that ran, in order."""
    return [words[2] for words in tasks.traced(job.id) if words[1] == "leaf"]


def set_environment(folder: Path) -> None:
    """Sets where tasks write their traces, for the runners too, and lets exporters send spans and logs soon."""
    os.environ["TRACE"] = str(folder / "trace")
    os.environ["OTEL_EXPORT_INTERVAL"] = "0.2s"
