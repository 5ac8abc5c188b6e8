"""Kills a server with a data folder again and again while jobs are submitted and run; see ../kill.sh.

Afterwards every acknowledged job must be complete with all its tasks, and no task whose report was acknowledged may be
handed out again.
"""

import argparse
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from _tilebox.grpc.error import InternalServerError, NetworkError
from tilebox.workflows import Client, Job
from tilebox.workflows.data import JobState

import harness
from tasks import Tree

RUNNERS = 2
BRANCHES, LEAVES = 2, 8
TASKS = 2 + BRANCHES + BRANCHES * LEAVES
DRAIN = 180


class KilledServer:
    """A server that keeps its port and its data."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = ["--data", str(folder / "data"), "--port", str(port), "--token", harness.TOKEN]
        self._command = [program, *data, "--lease", "2s", "--idle", "200ms"]
        self.url = f"http://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        assert line.startswith("listening on "), "the server does not start again"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


class Submitter(threading.Thread):
    """Submits jobs until told to stop. Keeps the acknowledged ones."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._stopping = threading.Event()
        self.acknowledged: list[Job] = []
        self.unknown = 0

    def run(self) -> None:
        while not self._stopping.wait(0.25):
            try:
                self.acknowledged.append(self._client.jobs().submit("killed", Tree(BRANCHES, LEAVES)))
            except (NetworkError, InternalServerError):
                self.unknown += 1

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the program of the server")
    parser.add_argument("--transport", choices=["grpc", "http1"], default="grpc")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    # The exporter of spans complains whenever the server is away.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    generator = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        harness.set_environment(folder)
        server = KilledServer(arguments.program, folder)
        client = Client(url=server.url, token=harness.TOKEN, transport=arguments.transport)
        program = [sys.executable, str(Path(__file__).parent / "run_until_killed.py")]
        options = ["--url", server.url, "--token", harness.TOKEN, "--transport", arguments.transport]
        with (folder / "log").open("w") as log:
            command = [*program, *options, "--events", str(folder / "events")]
            runners = [subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True) for _ in range(RUNNERS)]
            submitter = Submitter(client)
            try:
                submitter.start()
                # The runners need some seconds to import their modules.
                harness.eventually(lambda: events(folder), lambda found: Counter(kind for kind, _ in found)["ack"] >= 10)
                kills = 0
                end = time.monotonic() + arguments.seconds
                while time.monotonic() < end:
                    time.sleep(generator.uniform(0.2, 2.0))
                    server.kill()
                    kills += 1
                    # Sometimes for longer than the client repeats its requests.
                    time.sleep(generator.choice([0, 0, 0.3, 1.5]))
                    server.start()
                submitter.stop()
                return verify(client, submitter, folder, kills)
            finally:
                for runner in runners:
                    # With the process that extends its leases, which would outlive it.
                    os.killpg(runner.pid, signal.SIGKILL)
                    runner.wait()
                server.kill()


def events(folder: Path) -> list[list[str]]:
    try:
        return [line.split() for line in (folder / "events").read_text().splitlines()]
    except FileNotFoundError:
        return []


def verify(client: Client, submitter: Submitter, folder: Path, kills: int) -> int:
    jobs = submitter.acknowledged
    problems = []
    for job in jobs:
        try:
            found = until_final(client, job)
        except Exception as error:  # noqa: BLE001 - whatever the reason, the job is lost
            problems.append(f"job {job.id}: {error!r}")
            continue
        if found.state != JobState.COMPLETED or harness.counts(found) != {"COMPUTED": TASKS}:
            problems.append(f"job {job.id}: {found.state} {harness.counts(found)}")

    acknowledged: set[str] = set()
    starts: Counter[str] = Counter()
    ended = 0
    for kind, task in events(folder):
        match kind:
            case "ack":
                acknowledged.add(task)
            case "start":
                starts[task] += 1
                if task in acknowledged:
                    problems.append(f"task {task}: handed out again after its report was acknowledged")
            case _:
                ended += 1
    found = client.jobs().query(clusters=client.clusters().find(""), name="killed")
    missing = {job.id for job in jobs} - {job.id for job in found}
    problems += [f"job {id}: is not in the list" for id in missing]
    again = sum(count - 1 for count in starts.values())
    print(
        f"{kills} kills; {len(jobs)} jobs acknowledged, {submitter.unknown} submissions without a response, "
        f"{len(found)} jobs stored; {len(jobs) * TASKS} tasks of acknowledged jobs; {len(acknowledged)} reports "
        f"acknowledged; {again} tasks handed out again before their report; {ended} times a runner ended; "
        f"{len(problems)} lost"
    )
    for problem in problems[:20]:
        print(problem)
    if not kills or not jobs or not acknowledged:
        print("nothing was tested")
        return 1
    print(f"{0 if problems else 1} passed, {1 if problems else 0} failed")
    return 1 if problems else 0


def until_final(client: Client, job: Job) -> Job:
    end = time.monotonic() + DRAIN
    while True:
        try:
            found = client.jobs().find(job)
        except NetworkError:
            # For some seconds after a refused connection, the client does not connect again.
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
            continue
        if found.state in harness.FINAL:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"still {found.state} {harness.counts(found)} after {DRAIN} seconds")
        time.sleep(0.05)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
