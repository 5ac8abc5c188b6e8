"""Runs all checks against a running server; see ../run.sh."""

import argparse
import os
import sys

import access
import asynchronous
import expressions
import faults
import field_types
import harness
import queries
import space
import writing

import checks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    parser.add_argument("--program", required=True, help="the program of the server, for checks that start it with other options")
    parser.add_argument("--only", help="run only checks whose names contain this text")
    arguments = parser.parse_args()
    modules = [queries, field_types, writing, expressions, space, access, faults, asynchronous]
    return checks.run(modules, harness.Server(arguments.url, arguments.transport, arguments.program), arguments.only)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A refused query leaves a thread of the client running, for which a normal exit would wait.
    os._exit(status)
