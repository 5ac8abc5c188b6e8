#!/bin/sh
# Reads the output files of this project with pyarrow, geopandas, GDAL, DuckDB and Polars, and compares their values.
#
#   tests/outputs/run.sh [folder for the files]
#
# Needs python3 with venv and pip, which downloads these once. Without them, prints "skipped" and succeeds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/outputs-venv

. "$root/tests/python.sh"
python_environment "$venv" "$here/requirements.txt" "pyarrow, geopandas, pyogrio, duckdb and polars" || exit 0

work=${1:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
(cd "$root" && cargo build --quiet --package tilebox-tests --example outputs_write)
(cd "$root" && cargo build --quiet --package tilebox-c-stream)
"$target/debug/examples/outputs_write" "$work"
library=$(find "$target/debug" -maxdepth 1 -name "libtilebox_c_stream.so" -o -maxdepth 1 -name "libtilebox_c_stream.dylib")
timeout 120 "$venv/bin/python" "$here/check.py" "$work" "$root/../shared/recordings/datasets/query.expected.jsonl.gz" "$library"
