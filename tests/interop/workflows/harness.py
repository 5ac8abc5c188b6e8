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
    """A process that runs the tasks of a cluster with the official runner."""

    name = "python"

    def __init__(self, server: "Server", cluster: str, *options: str) -> None:
        self._process = subprocess.Popen(
            self.command(server, cluster, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def command(self, server: "Server", cluster: str, *options: str) -> list[str]:
        program = [sys.executable, str(Path(__file__).parent / "run_tasks.py")]
        arguments = ["--url", server.url, "--token", TOKEN, "--transport", server.transport, "--cluster", cluster]
        return [*program, *arguments, "--cache", server.cache, *options]

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


class RustRunner(Runner):
    """A process that runs the tasks of a cluster with the runner of this project."""

    name = "rust"

    def command(self, server: "Server", cluster: str, *options: str) -> list[str]:
        mode = ["forever"] if "--forever" in options else []
        return [*server.rust(cluster), "run", server.cache, *mode]


class GoRunner(Runner):
    """A process that plays a runner in Go. It has no code for an interrupt, which ends it at once."""

    name = "go"

    def command(self, server: "Server", cluster: str, *options: str) -> list[str]:
        return [*server.rust(cluster), "go"]

    def end(self, interrupt: bool = False) -> str:
        assert self._process.poll() is None, f"the played runner ended: {self._process.communicate()}"
        self.kill()
        return ""


class Server:
    """A server and its clients."""

    def __init__(self, url: str, transport: str, program: str, folder: Path, rust: str) -> None:
        self.url = url
        self.transport = transport
        self.folder = folder
        self.cache = str(folder / "cache")
        self.runner = Runner
        self._program = program
        self._rust = rust
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
        printed = self.runner(self, cluster).end()
        return self.client().jobs().find(job), printed

    @contextmanager
    def with_runner(self, runner: type[Runner]):
        """Lets `run` use another kind of runner."""
        self.runner = runner
        try:
            yield
        finally:
            self.runner = Runner

    def rust(self, cluster: str) -> list[str]:
        """Returns the first arguments of a process in Rust."""
        return [self._rust, self.url, TOKEN, cluster]

    def from_rust(self, cluster: str, *task: str) -> Job:
        """Submits a job from Rust, which waits for its end."""
        submit = subprocess.run(
            [*self.rust(cluster), "submit", *task], capture_output=True, text=True, timeout=WAIT, check=False
        )
        assert submit.returncode == 0 and not submit.stderr, submit.stderr
        job, state = submit.stdout.split()
        found = self.client().jobs().find(job)
        assert state.upper() == found.state.name, (state, found.state)
        return found

    def run_from_rust(self, runner: type[Runner], *task: str) -> Job:
        """Submits a job from Rust, and runs it on a cluster of its own."""
        cluster = self.cluster()
        running = runner(self, cluster, "--forever")
        try:
            job = self.from_rust(cluster, *task)
            running.end(interrupt=True)
            return job
        finally:
            running.kill()

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
            yield Server(url, self.transport, self._program, self.folder, self._rust), path
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
