"""Runs tasks with the official runner."""

import argparse

from tilebox.workflows import Client
from tilebox.workflows.cache import LocalFileSystemCache

import cached
import rows
import tasks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--forever", action="store_true", help="until an interrupt, rather than until no task is left")
    arguments = parser.parse_args()
    client = Client(url=arguments.url, token=arguments.token, transport=arguments.transport)
    registered = [*tasks.ALL, *rows.ALL, *cached.ALL]
    runner = client.runner(cluster=arguments.cluster, tasks=registered, cache=LocalFileSystemCache(arguments.cache))
    if arguments.forever:
        try:
            runner.run_forever()
        except KeyboardInterrupt:
            pass
    else:
        runner.run_all()


# The runner spawns a process that extends leases and that imports this file.
if __name__ == "__main__":
    main()
