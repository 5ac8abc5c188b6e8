#!/bin/sh
# Runs the official Python package for workflows, its runner included, against the local Tilebox server, over gRPC and over
# HTTP/1.1, also beside runners in Rust and (played) Go.
#
#   tests/interop/workflows.sh [part of the name of checks]
#
# Needs python3 with venv and pip, which downloads the package once. Without them, prints "skipped" and succeeds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
. "$here/server.sh"

(cd "$root" && cargo build --quiet --package tilebox-emulator && cargo build --quiet --package tilebox-tests --example interop_workflows)
work=$(mktemp -d)
server=
trap 'stop_server; rm -rf "$work"' EXIT

failed=0
for transport in grpc http1; do
    start_server "$work/log" --datapoints 1 --token interop-workflows --idle 200ms
    echo "== tilebox-workflows $(package_version) over $transport"
    timeout 600 "$venv/bin/python" "$here/workflows/main.py" --url "$url" --transport "$transport" \
        --program "$program" --rust "$target/debug/examples/interop_workflows" ${1:+--only "$1"} || failed=1
    stop_server
done
exit $failed
