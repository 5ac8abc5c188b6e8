#!/bin/sh
# Follows core/guide/first_steps.md as a newcomer does, in a new folder: runs its `sh` blocks in order, writes its `rust`
# blocks to src/main.rs, and compares the output of a block with the next `text` block, or with the last one where the
# chapter shows no new output. Then runs the `sh` blocks of the README about the command line and
# about a job that processes share.
#
#   tests/newcomer/run.sh
#
# Unlike a newcomer it uses a free port, the checkout's target directory and the versions of its Cargo.lock. The last step
# needs Python and pip and prints "skipped" without them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
chapter=$root/core/guide/first_steps.md
target=${CARGO_TARGET_DIR:-$root/target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
. "$root/tests/python.sh"

# One folder for each checkout, because cargo recompiles the crates of a checkout when their path changes.
work=${TMPDIR:-/tmp}/tilebox-newcomer-$(printf %s "$root" | cksum | cut -d ' ' -f 1)
rm -rf "$work"
mkdir -p "$work/home/.cargo" "$work/blocks"
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; rm -rf "$work" "$root/scenes.parquet"' EXIT
trap 'exit 1' HUP INT TERM

# The folder of the newcomer, with the checkout where the chapter expects it.
home=$work/home
ln -s "$root" "$home/tilebox"
# The profile of the checkout, so that its compiled crates are reused.
awk '/^\[/ { mine = /^\[profile\.dev[].]/ } mine' "$root/Cargo.toml" >"$home/.cargo/config.toml"
export CARGO_TARGET_DIR="$target"
unset TILEBOX_API_KEY TILEBOX_API_URL

# 01.sh, 02.rust, 03.text ..., each with the heading above it in 01.title.
awk -v folder="$work/blocks" '
    /^```/ && file { close(file); file = ""; next }
    /^```/ {
        language = substr($0, 4)
        sub(/,.*/, "", language)
        file = sprintf("%s/%02d.%s", folder, ++count, language)
        printf "" >file
        print title >sprintf("%s/%02d.title", folder, count)
        next
    }
    file { print >file; next }
    /^## / { title = substr($0, 4) }
' "$chapter"

# Each block runs in the folder where the previous block ended, with its exported variables.
session=$work/session
echo "cd '$home'" >"$session"
script() {
    cat "$session"
    sed "s/$chapter_port/$port/g" "$1"
    # shellcheck disable=SC2016
    echo '{ export -p; echo "cd '\''$PWD'\''"; } >'"'$session'"
}

# Starts the server in the background and waits until it prints its address.
serve() {
    # Without a process between this script and the server, one signal ends it.
    { echo 'cargo() { exec env cargo "$@"; }'; script "$1"; } >"$work/server.sh"
    sh -e "$work/server.sh" >"$work/stdout" 2>"$work/stderr" &
    server=$!
    for _ in $(seq 6000); do
        port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/stdout")
        test -z "$port" || return 0
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

execute() {
    # Cargo removes unused crates from the file, so each step begins with the whole file.
    (. "$session" && test ! -f Cargo.toml || cp "$root/Cargo.lock" .)
    script "$1" >"$work/step.sh"
    timeout 600 sh -e "$work/step.sh" >"$work/stdout" 2>"$work/stderr" </dev/null
}

# Removes trailing spaces and trailing empty lines.
visible() { sed 's/ *$//' "$1" | awk 'NF { printf "%s%s\n", blank, $0; blank = ""; next } { blank = blank "\n" }'; }

printed_as_written() {
    visible "$1" >"$work/expected"
    visible "$work/stdout" | diff "$work/expected" - >"$work/difference"
}

passed=0
fail() {
    echo "FAILED  $1"
    cat "$2" "$work/stderr"
    echo "newcomer: $passed steps passed, 1 failed"
    exit 1
}

chapter_port=$(cat "$work"/blocks/*.sh 2>/dev/null | sed -n 's/.*--port \([0-9][0-9]*\).*/\1/p' | head -n 1)
if [ -z "$chapter_port" ]; then
    echo "FAILED  first_steps.md has no server with a --port"
    exit 1
fi
port=0
text=
number=0
while number=$((number + 1)) && prefix=$work/blocks/$(printf %02d "$number") && [ -f "$prefix.title" ]; do
    next=$work/blocks/$(printf %02d $((number + 1))).text
    if [ -f "$prefix.rust" ]; then
        (. "$session" && cp "$prefix.rust" src/main.rs)
    fi
    [ -f "$prefix.sh" ] || continue
    name="$(cat "$prefix.title"): $(head -n 1 "$prefix.sh")"
    if grep -q tilebox-emulator "$prefix.sh"; then
        serve "$prefix.sh" || fail "$name" "$work/stdout"
    else
        if grep -q python3 "$prefix.sh"; then
            # The environment that the chapter creates, here with the pinned version.
            python_environment "$home/python" "$here/requirements.txt" "duckdb" || continue
        fi
        execute "$prefix.sh" || fail "$name" "$work/stdout"
        test ! -f "$next" || text=$next
        if [ -f "$next" ] || grep -q '^cargo run' "$prefix.sh"; then
            printed_as_written "$text" || fail "$name" "$work/difference"
        fi
    fi
    passed=$((passed + 1))
    echo "ok      $name"
done

# The command line of the README, in the checkout itself, installed into a folder of this run and without optimization.
awk '/^## / { mine = /^## Use the command line/ } /^```/ { block = mine && /^```sh/; next } block' "$root/README.md" >"$work/readme.blocks"
grep -q "cargo install --path cli" "$work/readme.blocks" || fail "README: the command line" "$work/readme.blocks"
port=$(awk 'BEGIN { srand(); print int(20000 + rand() * 20000) }')
rm -f "$root/scenes.parquet"
{
    # The server ends with the script, also after a failure.
    # shellcheck disable=SC2016
    echo 'trap '\''kill $(jobs -p) 2>/dev/null || true'\'' EXIT'
    echo "cd '$root'"
    sed "s|8080|$port|g; s|target/debug/|$target/debug/|g" "$work/readme.blocks"
} >"$work/readme.sh"
if CARGO_INSTALL_ROOT="$work/installed" PATH="$work/installed/bin:$PATH" CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    timeout 1800 bash -e "$work/readme.sh" >"$work/stdout" 2>"$work/stderr" </dev/null &&
    grep -q "^ *open_data.copernicus.sentinel2_msi$" "$work/stdout" && grep -q "granule_name" "$work/stdout" &&
    [ "$(head -c 4 "$root/scenes.parquet")" = PAR1 ]; then
    passed=$((passed + 1))
    echo "ok      README: the command line"
else
    fail "README: the command line" "$work/stdout"
fi
rm -f "$root/scenes.parquet"

# The job of the README, in the checkout itself. One session, because a block stops what an earlier one started.
awk '/^## / { mine = /^## Share a job/ } /^```/ { block = mine && /^```sh/; next } block' "$root/README.md" >"$work/readme.blocks"
grep -q "tilebox-clouds submit" "$work/readme.blocks" || fail "README: a job that processes share" "$work/readme.blocks"
port=$(awk 'BEGIN { srand(); print int(20000 + rand() * 20000) }')
outputs="$root/clouds $root/clouds.svg"
# shellcheck disable=SC2086
rm -rf $outputs
{
    echo "cd '$root'"
    sed "s|8080|$port|g; s|target/debug/|$target/debug/|g" "$work/readme.blocks"
} >"$work/readme.sh"
if timeout 900 bash -e "$work/readme.sh" >"$work/stdout" 2>"$work/stderr" </dev/null &&
    grep -q "^clouds \[completed\]" "$work/stdout" && grep -q "wrote the scenes" "$work/stdout" &&
    grep -q "<svg" "$root/clouds.svg" && grep -q "^speed-up: " "$work/stdout" && grep -q "^test result: ok. [1-9]" "$work/stdout"; then
    passed=$((passed + 1))
    echo "ok      README: a job that processes share ($(grep "^speed-up: " "$work/stdout"))"
else
    fail "README: a job that processes share" "$work/stdout"
fi
# shellcheck disable=SC2086
rm -rf $outputs
echo "newcomer: $passed steps passed, 0 failed"
