#!/bin/sh
# Runs tasks that compute without an await in two slots, on executors with one thread, with a lease of 3 s: no lease is lost, and
# no task runs twice.
#
#   tests/runner/busy.sh [SECONDS]
#
# Three tasks of 20 seconds by default, one after the other on each of three executors: 3 minutes.
set -eu

cd "$(dirname "$0")/../.."
cargo build --quiet --package tilebox-tests --example runner_busy
SMOL_THREADS=1 ASYNC_STD_THREAD_COUNT=1 timeout 600 "${CARGO_TARGET_DIR:-target}/debug/examples/runner_busy" "${1:-20}"
