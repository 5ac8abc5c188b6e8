"""Runs all checks against a server that is there already; see ../run.sh."""

import argparse
import os
import sys

import access
import asynchronous
import expressions
import harness
import queries
import space
import types_of_fields
import writing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    parser.add_argument("--only", help="run the checks whose name contains this")
    arguments = parser.parse_args()
    modules = [queries, types_of_fields, writing, expressions, space, access, asynchronous]
    return harness.run(modules, harness.Server(arguments.url, arguments.transport), arguments.only)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # After a refused query the client leaves a thread behind that an ordinary exit would wait for.
    os._exit(status)
