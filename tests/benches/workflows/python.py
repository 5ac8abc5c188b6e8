"""Runs a job of empty tasks with the official runner. Prints the seconds from the first task to the last one."""

import sys
import time

from tilebox.workflows import Client, ExecutionContext, Task

times: list[float] = []


class Empty(Task):
    """Does nothing."""

    def execute(self, context: ExecutionContext) -> None:
        times.append(time.monotonic())


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    client = Client(url=url, token="benchmark")
    client.jobs().submit("benchmark", [Empty() for _ in range(count)])
    client.runner(tasks=[Empty]).run_all()
    assert len(times) == count, f"expects {count} tasks, got {len(times)}"
    print(times[-1] - times[0])


# The runner spawns a process that extends leases and that imports this file.
if __name__ == "__main__":
    main()
