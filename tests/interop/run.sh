#!/bin/sh
# Runs the official Python client against the local Tilebox server, over gRPC and over HTTP/1.1.
#
#   tests/interop/run.sh [name of a check]
#
# Needs python3 with venv and pip, which downloads the client once. Without them, prints "skipped" and succeeds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/interop-venv

. "$root/tests/python.sh"
. "$here/server.sh"
program=$target/debug/tilebox-emulator
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1
python_environment "$venv" "$here/requirements.txt" "the official client" || exit 0

(cd "$root" && cargo build --quiet --package tilebox-emulator && cargo build --quiet --package tilebox-tests --example interop_cross)
work=$(mktemp -d)
server=
trap 'stop_server; rm -rf "$work"' EXIT

# Writes with Python, reads and writes with Rust, reads with Python.
cross() {
    timeout 60 "$venv/bin/python" "$here/python/cross.py" write --url "$1" --transport "$2" || return 1
    timeout 60 "$target/debug/examples/interop_cross" "$1" interop-all || return 1
    if timeout 60 "$venv/bin/python" "$here/python/cross.py" read --url "$1" --transport "$2"; then
        echo "ok      python reads the datapoints of rust, and equal values have equal ids"
        echo "1 passed, 0 failed"
    else
        echo "0 passed, 1 failed"
        return 1
    fi
}

failed=0
for transport in grpc http1; do
    # Each run has its own server, because the client caches types as long as its process runs.
    start_server "$work/log" --datapoints 3000 --token interop-all --token interop-reader=read
    echo "== tilebox-datasets $("$venv/bin/python" -c 'from importlib.metadata import version; print(version("tilebox-datasets"))') over $transport"
    timeout 300 "$venv/bin/python" "$here/python/main.py" --url "$url" --transport "$transport" \
        --program "$program" ${1:+--only "$1"} || failed=1
    if [ -z "${1:-}" ]; then
        echo "== rust and python read each other's datapoints over $transport"
        cross "$url" "$transport" || failed=1
    fi
    stop_server
done
exit $failed
