#!/bin/sh
# Kills a local server with a data folder again and again while the official Python package submits and runs jobs, and checks
# that no acknowledged job, task or report is lost.
#
#   tests/interop/kill.sh [SECONDS [SEED]]
#
# Takes 60 seconds by default, and up to 180 more until the jobs are complete. Needs python3 with venv and pip, which downloads
# the package once. Without them, prints "skipped" and succeeds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"

(cd "$root" && cargo build --quiet --package tilebox-emulator)
echo "== kill -9 of a server with --data for ${1:-60} s"
timeout "$((${1:-60} + 400))" "$venv/bin/python" "$here/workflows/kill.py" \
    --program "$program" --seconds "${1:-60}" ${2:+--seed "$2"}
