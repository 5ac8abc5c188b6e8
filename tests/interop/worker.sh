#!/bin/sh
# Calls workers as the Tilebox command line does, with the official stub of their service: the example `worker` of tilebox-tokio,
# and the worker of the official Python package, which has to pass the same checks.
#
#   tests/interop/worker.sh [part of the name of checks]
#
# Needs python3 with venv and pip, which downloads the package once. Without them, prints "skipped" and succeeds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
. "$here/server.sh"
export PYTHONPATH="$here:$here/worker"

(cd "$root" && cargo build --quiet --package tilebox-emulator &&
    cargo build --quiet --package tilebox-tokio --features worker,otel --example worker)
work=$(mktemp -d)
server=
trap 'stop_server; rm -rf "$work"' EXIT

failed=0
for worker in rust python; do
    start_server "$work/log" --datapoints 1 --token interop-worker
    echo "== the worker in $worker, called by tilebox-workflows $(package_version)"
    timeout 300 "$venv/bin/python" "$here/worker/main.py" --url "$url" --worker "$worker" \
        --program "$target/debug/examples/worker" ${1:+--only "$1"} || failed=1
    stop_server
done
exit $failed
