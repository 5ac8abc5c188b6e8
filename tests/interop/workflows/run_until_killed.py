"""Runs tasks while the server is killed again and again. Writes acknowledged reports and received tasks to a file."""

import argparse
import os
import time
from uuid import UUID

from _tilebox.grpc.error import InternalServerError, NetworkError
from tilebox.workflows import Client
from tilebox.workflows.data import Task

import tasks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    parser.add_argument("--events", required=True, help="the file for the events")
    arguments = parser.parse_args()
    client = Client(url=arguments.url, token=arguments.token, transport=arguments.transport)
    file = os.open(arguments.events, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    runner = None
    while True:
        # Without the server, the runner ends, and so does its creation.
        try:
            if runner is None:
                runner = client.runner(tasks=tasks.ALL)
                observe(runner._polling_runner._service, file)  # noqa: SLF001
            runner.run_forever()
        except (NetworkError, InternalServerError):
            os.write(file, b"ended -\n")
            time.sleep(0.1)
        except KeyboardInterrupt:
            return


def observe(service: object, file: int) -> None:
    """Writes "ack TASK" once a report is acknowledged, and "start TASK" when a task has arrived, in one write."""
    next_task = service.next_task

    def observed(task_to_run: object, computed_task: object) -> object:
        work = next_task(task_to_run=task_to_run, computed_task=computed_task)
        acknowledged: list[UUID] = [computed_task.id] if computed_task is not None else []
        received = [work.id] if isinstance(work, Task) else []
        lines = [f"ack {id}\n" for id in acknowledged] + [f"start {id}\n" for id in received]
        os.write(file, "".join(lines).encode())
        return work

    service.next_task = observed


# The runner spawns a process that extends leases and that imports this file.
if __name__ == "__main__":
    main()
