#!/bin/sh
# Runs a task with 64 page loads in flight while `Query` takes 2 s and the lease is 3 s: the lease holds. Then refuses the report of
# a task: it is delivered once.
#
#   tests/runner/traffic.sh [ROUNDS [SECONDS]]
#
# 6 rounds of loads and 60 seconds of refusal by default: about 90 seconds.
set -eu

cd "$(dirname "$0")/../.."
cargo build --quiet --package tilebox-tests --example runner_traffic
timeout 600 "${CARGO_TARGET_DIR:-target}/debug/examples/runner_traffic" "${1:-6}" "${2:-60}"
