#!/usr/bin/env bash
# Prints the cost of the first builds of a newcomer, so that growth is seen.
#
#   tests/build_cost.sh            counts the units (what cargo compiles or runs) and fails when there are more than the limit
#   tests/build_cost.sh --measure  also builds each command from nothing and prints its processor time: several minutes each
#
# A limit is the current count and a few more. A change that needs a higher one raises it and gives the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
    "" | --measure) ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

commands=(
    "205 build --release -p tilebox-demo --bin tilebox-demo"
    "180 build --release -p tilebox-tokio"
    "635 test --workspace --no-run"
)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
for command in "${commands[@]}"; do
    limit=${command%% *}
    command=${command#* }
    # The graph of units is an unstable output of cargo, so a later version may have another form.
    # shellcheck disable=SC2086
    if ! RUSTC_BOOTSTRAP=1 cargo $command --unit-graph -Z unstable-options >"$folder/graph" 2>"$folder/errors" </dev/null; then
        cat "$folder/errors" >&2
        exit 1
    fi
    units=$(grep -o '"pkg_id"' "$folder/graph" | wc -l || true)
    if [ "$units" -eq 0 ]; then
        echo "cargo $command: no units were found: cargo prints its graph in another form" >&2
        exit 1
    fi
    figures="$units units (limit $limit)"
    if [ "$units" -gt "$limit" ]; then
        failed=1
        figures="$figures: TOO MANY"
    fi
    if [ "${1:-}" = --measure ]; then
        TIMEFORMAT='%0U %0S'
        # shellcheck disable=SC2086
        seconds=$({ time CARGO_TARGET_DIR="$folder/target" cargo $command >"$folder/log" 2>&1 </dev/null || echo failed; } 2>&1)
        rm -rf "$folder/target"
        case $seconds in
            *failed*) cat "$folder/log" >&2; exit 1 ;;
        esac
        figures="$figures, $((${seconds% *} + ${seconds#* })) s of processor time"
    fi
    echo "cargo $command: $figures"
done
exit "$failed"
