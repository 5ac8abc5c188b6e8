#!/bin/sh
# Kills three runner processes again and again while they share a job: it completes, and repeats at most kills x slots tasks.
#
#   tests/runner/kills.sh [SECONDS [TASKS [SEED]]]
#
# 60 seconds and 5000 tasks by default, and up to 5 minutes more until the job is complete.
set -eu

cd "$(dirname "$0")/../.."
cargo build --quiet --package tilebox-tests --example runner_kills
timeout 600 "${CARGO_TARGET_DIR:-target}/debug/examples/runner_kills" "${1:-60}" "${2:-5000}" ${3:+"$3"}
