"""Runs all checks against a running server; see ../run.sh."""

import argparse
import os
import sys

import access
import asynchronous
import expressions
import harness
import queries
import space
import trouble
import types_of_fields
import writing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    parser.add_argument("--program", required=True, help="the server, for checks that need one with other options")
    parser.add_argument("--only", help="run the checks whose name contains this")
    arguments = parser.parse_args()
    modules = [queries, types_of_fields, writing, expressions, space, access, trouble, asynchronous]
    return harness.run(modules, harness.Server(arguments.url, arguments.transport, arguments.program), arguments.only)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A refused query of the client leaves a thread running, for which an ordinary exit would wait.
    os._exit(status)
