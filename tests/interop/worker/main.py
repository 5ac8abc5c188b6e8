"""Calls a worker with the official stub; see ../worker.sh."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from tilebox.datasets.tilebox.v1 import id_pb2
from tilebox.workflows.workflows.v1 import core_pb2, worker_pb2, worker_pb2_grpc

import checks

KEY = "interop-worker"
TOKEN = "token of the runtime"
WAIT = 60
SPLIT = ("tilebox.com/interop/Split", "v1.2")
PART = ("Part", "v0.0")
SLOW = ("Slow", "v0.0")


class Worker:
    """A process that serves a worker, and the stub of its service."""

    def __init__(self, setup: "Setup", address: str | None = None, managed: bool = True) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        environment = dict(os.environ, TILEBOX_WORKER_ADDRESS=address or f"unix://{folder}/worker.sock")
        if managed:
            environment |= {"TILEBOX_RUNTIME_DIR": str(folder), "TILEBOX_RUNTIME_TOKEN": TOKEN}
            environment |= {"TILEBOX_API_URL": setup.url, "TILEBOX_API_KEY": KEY}
        self.errors = folder / "errors"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(setup.command, env=environment, stdout=errors, stderr=errors)
        self.metadata = [("authorization", f"Bearer {TOKEN}")] if managed else []
        announced = folder / "endpoint.json"
        if managed:
            self.wait(announced.exists)
            self.endpoint = json.loads(announced.read_text())
            address = self.endpoint["address"]
        target = (address or f"unix://{folder}/worker.sock").replace("unix://", "unix:")
        # Python's gRPC names a socket by its escaped path, which the HTTP/2 library of Rust refuses as a name of a host. Go's gRPC,
        # with which the command line calls, says localhost.
        self.channel = grpc.insecure_channel(target, options=[("grpc.default_authority", "localhost")])
        grpc.channel_ready_future(self.channel).result(timeout=WAIT)
        self.stub = worker_pb2_grpc.WorkerServiceStub(self.channel)
        self._setup = setup

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < deadline and self.process.poll() is None, self.errors.read_text()
            time.sleep(0.01)

    def call(self, method: str, request: Any = None, metadata: Any = None) -> Any:
        request = Empty() if request is None else request
        metadata = self.metadata if metadata is None else metadata
        # A worker in Python loads its tasks after it has begun to serve.
        return getattr(self.stub, method)(request, metadata=metadata, timeout=WAIT)

    def loaded(self) -> list[tuple[str, str]]:
        """Returns the tasks of the worker, once it has loaded them."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                tasks = self.call("ListRegisteredTasks").identifiers
                return sorted((task.name, task.version) for task in tasks)
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE and time.monotonic() < deadline, error
                time.sleep(0.05)

    def initialize(self) -> None:
        self.loaded()
        connection = worker_pb2.TileboxAPIConnection(url=self._setup.url, token=KEY)
        request = worker_pb2.InitializeRunnerRequest(runner_id=new_id(), api_connection=connection)
        request.cluster.slug = "dev"
        self.call("InitializeWorker", request)

    def execute(self, identifier: tuple[str, str], content: bytes, **fields: Any) -> Any:
        return self.call("ExecuteTask", task(identifier, content, **fields))

    def ended(self) -> int:
        return self.process.wait(timeout=WAIT)

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()
        self._folder.cleanup()


class Setup(SimpleNamespace):
    """The server, and the command of the worker."""

    @contextmanager
    def worker(self, **options: Any) -> Iterator[Worker]:
        worker = Worker(self, **options)
        try:
            yield worker
        finally:
            worker.close()


def new_id() -> Any:
    return id_pb2.ID(uuid=uuid.uuid4().bytes)


def task(identifier: tuple[str, str], content: bytes, **fields: Any) -> Any:
    name, version = identifier
    job = core_pb2.Job(id=new_id(), name="job", trace_parent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01")
    fields = {"display": "submitted", "job": job} | fields
    return core_pb2.Task(
        id=new_id(),
        identifier=core_pb2.TaskIdentifier(name=name, version=version),
        input=content,
        state=core_pb2.TASK_STATE_RUNNING,
        **fields,
    )


@contextmanager
def refused(code: grpc.StatusCode, text: str) -> Iterator[None]:
    """Expects an error with this code and this text."""
    try:
        yield
    except grpc.RpcError as error:
        assert (error.code(), error.details()) == (code, text), error
    else:
        raise AssertionError(f"expects {code}, got no error")


def check_tasks_are_listed(setup: Setup) -> None:
    with setup.worker() as worker:
        assert worker.loaded() == sorted([SPLIT, PART, SLOW])
        assert worker.endpoint["version"] == 1 and worker.endpoint["address"].startswith("unix:///")


def check_a_local_port_is_announced(setup: Setup) -> None:
    with setup.worker(address="127.0.0.1:0") as worker:
        host, port = worker.endpoint["address"].split(":")
        assert host == "127.0.0.1" and int(port) > 0
        assert len(worker.loaded()) == 3


def check_calls_without_the_token_are_refused(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.loaded()
        for metadata in [[], [("authorization", "Bearer other")]]:
            for method in ["ListRegisteredTasks", "ShutdownWorker"]:
                with refused(grpc.StatusCode.UNAUTHENTICATED, "Invalid runtime authorization"):
                    worker.call(method, metadata=metadata)


def check_an_older_command_line_needs_no_token(setup: Setup) -> None:
    with setup.worker(managed=False) as worker:
        assert len(worker.loaded()) == 3
        with refused(grpc.StatusCode.UNAVAILABLE, "Local log streaming is unavailable"):
            list(worker.call("WatchLogs"))


def check_a_worker_is_initialized_once(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.loaded()
        early = worker.execute(PART, b"1").failed_task
        assert not early.was_workflow_error and "initialized" in early.display
        worker.initialize()
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "Worker is already initialized"):
            worker.initialize()


def check_a_task_is_computed_with_subtasks(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        request = task(SPLIT, b'{"parts":2,"text":"north"}')
        computed = worker.call("ExecuteTask", request).computed_task
        assert (computed.id, computed.display) == (request.id, "Split(north)")
        [progress] = computed.progress_updates
        assert (progress.label, progress.total, progress.done) == ("parts", 2, 0)
        tasks = computed.sub_tasks
        assert list(tasks.cluster_slug_lookup) == ["dev"]
        assert [(known.name, known.version) for known in tasks.identifier_lookup] == [PART]
        first, last = tasks.task_groups
        assert (list(first.inputs), list(last.inputs)) == ([b"0", b"1"], [b"2"])
        assert (list(last.dependencies_on_other_groups), list(last.max_retries_values)) == ([0], [2])


def check_the_responses_of_both_workers_are_equal(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        request = task(SPLIT, b'{"parts":3,"text":"south"}')
        computed = worker.call("ExecuteTask", request)
    from tasks import runner  # noqa: PLC0415 - the tasks of the official worker
    from tilebox.workflows.cache import NoCache  # noqa: PLC0415
    from tilebox.workflows.data import Task as TaskData  # noqa: PLC0415
    from tilebox.workflows.observability._logging import StructuredLogger, task_logger  # noqa: PLC0415
    from tilebox.workflows.observability.tracing import NoopWorkflowTracer  # noqa: PLC0415
    from tilebox.workflows.runner.executor import TaskExecutor  # noqa: PLC0415
    from tilebox.workflows.task import RunnerContext  # noqa: PLC0415

    tracer = NoopWorkflowTracer()
    logger = StructuredLogger(task_logger)
    executor = TaskExecutor(runner, NoCache(), tracer, logger, RunnerContext(tracer), "dev")
    expected = executor.execute_task(TaskData.from_message(request)).to_message()
    # Python names each task by its class, and Rust by the name of the task, without the parts before the last slash.
    assert computed.computed_task == expected, f"{computed.computed_task}\n{expected}"


def check_tasks_use_the_server_of_the_command_line(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        assert worker.execute(PART, b"3").computed_task.display == "Part(3)"


def check_failed_tasks_count_for_their_retries(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        request = task(PART, b"100")
        failed = worker.call("ExecuteTask", request).failed_task
        assert failed.was_workflow_error and failed.task_id == request.id
        assert failed.display.startswith("submitted\n") and "part 100 does not exist" in failed.display
        assert [(progress.label, progress.done) for progress in failed.progress_updates] == [("parts", 1)]
        assert worker.execute(PART, b"{").failed_task.was_workflow_error


def check_tasks_without_code_are_not_their_fault(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        failed = worker.execute(("Unknown", "v0.0"), b"").failed_task
        assert (failed.display, failed.was_workflow_error) == ("submitted", False)


def check_tasks_run_concurrently(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        started = time.monotonic()
        calls = [worker.stub.ExecuteTask.future(task(SLOW, b"700"), metadata=worker.metadata) for _ in range(4)]
        assert all(call.result(timeout=WAIT).HasField("computed_task") for call in calls)
        assert time.monotonic() - started < 4 * 0.7


def check_a_shutdown_waits_for_tasks(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        started = time.monotonic()
        slow = worker.stub.ExecuteTask.future(task(SLOW, b"1500"), metadata=worker.metadata)
        time.sleep(0.5)
        shutdown = worker.stub.ShutdownWorker.future(Empty(), metadata=worker.metadata)
        time.sleep(0.3)
        with refused(grpc.StatusCode.UNAVAILABLE, "Worker is shutting down"):
            worker.execute(PART, b"1")
        shutdown.result(timeout=WAIT)
        # The stub may deliver the two responses in any order.
        assert time.monotonic() - started >= 1.5
        assert slow.result(timeout=WAIT).HasField("computed_task")
        assert worker.ended() == 0, worker.errors.read_text()


def check_logs_are_streamed_to_one_reader(setup: Setup) -> None:
    with setup.worker() as worker:
        records: list[Any] = []
        stream = worker.stub.WatchLogs(Empty(), metadata=worker.metadata, timeout=WAIT)
        stream.initial_metadata()
        reader = threading.Thread(target=lambda: records.extend(stream))
        reader.start()
        worker.initialize()
        with refused(grpc.StatusCode.ALREADY_EXISTS, "A log subscriber is already connected"):
            list(worker.call("WatchLogs"))
        request = task(SPLIT, b'{"parts":2,"text":"west"}')
        worker.call("ExecuteTask", request)
        worker.call("ShutdownWorker")
        reader.join(timeout=WAIT)
        assert not reader.is_alive()
        [record] = [record for record in records if record.body.string_value == "splitting west"]
        assert (record.severity_text, record.severity_number) == ("INFO", 9)
        attributes = {attribute.key: attribute.value for attribute in record.attributes}
        assert attributes["parts"].int_value == 2
        assert attributes["task_id"].string_value == str(uuid.UUID(bytes=request.id.uuid))
        assert record.trace_id.hex() == request.job.trace_parent.split("-")[1]


def check_a_signal_ends_an_idle_worker(setup: Setup) -> None:
    with setup.worker() as worker:
        worker.initialize()
        worker.process.send_signal(signal.SIGINT)
        worker.ended()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--worker", choices=["rust", "python"], required=True)
    parser.add_argument("--program", required=True, help="the program of the worker in Rust")
    parser.add_argument("--only", help="run only checks whose names contain this text")
    arguments = parser.parse_args()
    python = [sys.executable, "-m", "tilebox.workflows.runner", "tasks:runner"]
    command = [arguments.program] if arguments.worker == "rust" else python
    setup = Setup(url=arguments.url, command=command)
    return checks.run([sys.modules[__name__]], setup, arguments.only)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A check that timed out leaves a thread running, for which a normal exit would wait.
    os._exit(status)
