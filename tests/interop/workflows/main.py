"""Runs all checks of workflows against a running server; see ../workflows.sh."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import checks

import automations
import clusters
import crossing
import harness
import jobs
import releases
import running
import sharing
import storage
import telemetry


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    parser.add_argument("--program", required=True, help="the program of the server, for checks that start another one")
    parser.add_argument("--rust", required=True, help="the program of the runner in Rust")
    parser.add_argument("--only", help="run only checks whose names contain this text")
    arguments = parser.parse_args()
    modules = [clusters, releases, jobs, running, sharing, crossing, telemetry, storage, automations]
    with tempfile.TemporaryDirectory() as folder:
        harness.set_environment(Path(folder))
        server = harness.Server(arguments.url, arguments.transport, arguments.program, Path(folder), arguments.rust)
        return checks.run(modules, server, arguments.only)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A check that timed out leaves a thread running, for which a normal exit would wait.
    os._exit(status)
