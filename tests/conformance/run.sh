#!/usr/bin/env bash
# Runs the official Connect conformance suite, and cases of this repository, against every backend, over HTTP/1.1 and HTTP/2,
# with and without TLS. Prints a line "N passed, N failed: BACKEND" for each. Fails if a case fails.
# The suite is a Go tool. Without Go, or if the suite cannot be installed, prints "skipped: reason".
set -euo pipefail
cd "$(dirname "$0")"
module="connectrpc.com/conformance"
version="v1.0.7"

skip() {
    echo "skipped: $1"
    exit 0
}
command -v go >/dev/null || skip "Go is not installed"

target="$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"
tool="$target/conformance/$version/connectconformance"
if [ ! -x "$tool" ]; then
    GOBIN="$(dirname "$tool")" go install "$module/cmd/connectconformance@$version" ||
        skip "connectconformance $version cannot be installed"
fi
folder="$(go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')" ||
    skip "the Go module of connectconformance $version cannot be downloaded"
CONFORMANCE_PROTOS="$folder/proto" cargo build --quiet -p tilebox-conformance --features suite
client="$target/debug/tilebox-conformance"

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
failures=0

# Runs cases, and adds the counts to those of the backend.
run() {
    local backend=$1 status=0 counts
    shift
    timeout 300 "$tool" --mode client "$@" -- "$client" "$backend" >"$log" 2>&1 || status=$?
    counts="$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -1)"
    if [ "$status" -ne 0 ] || [ -z "$counts" ]; then
        cat "$log"
        echo "$backend: connectconformance $* ended with status $status"
        failures=$((failures + 1))
    fi
    read -r run_passed run_failed <<<"${counts:-0 1}"
    passed=$((passed + run_passed))
    failed=$((failed + run_failed))
}

for backend in ${*:-tokio-hyper tokio-reqwest smol-isahc smol-hyper async-std-isahc async-std-surf}; do
    passed=0
    failed=0
    run "$backend" --conf config.yaml
    official=$passed
    run "$backend" --conf config.yaml --test-file extra.yaml
    case $backend in
    # isahc has no client certificates over rustls, and surf uses isahc.
    *-isahc | *-surf) ;;
    *) run "$backend" --conf config-certificates.yaml --test-file extra-certificates.yaml ;;
    esac
    echo "$passed passed, $failed failed: $backend ($official of the suite, $((passed - official)) of this repository)"
done
[ "$failures" -eq 0 ]
