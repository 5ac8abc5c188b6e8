#!/bin/sh
# Reads files that this project wrote with pyarrow, geopandas, GDAL and DuckDB, and compares their values.
#
#   tests/outputs/run.sh [folder to keep the files in]
#
# Needs python3 with venv and pip, which fetches these once; without them it says "skipped" and succeeds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/outputs-venv

if ! command -v python3 >/dev/null; then
    echo "skipped: there is no python3"
    exit 0
fi
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "skipped: this python3 cannot make virtual environments"
    exit 0
fi
# Made anew when the requirements change.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"; then
        rm -rf "$venv"
        echo "skipped: pyarrow, geopandas, pyogrio and duckdb cannot be installed"
        exit 0
    fi
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi

work=${1:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
(cd "$root" && cargo build --quiet --package tilebox-tests --example outputs_write)
"$target/debug/examples/outputs_write" "$work"
timeout 120 "$venv/bin/python" "$here/check.py" "$work" "$root/../shared/recordings/datasets/query.expected.jsonl.gz"
