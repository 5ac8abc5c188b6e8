#!/bin/sh
# Runs the cells of docs/notebook.ipynb in evcxr, prints their outputs, and fails when a cell fails or an expected output is
# missing. Then does the same in the REPL.
#
#   docs/notebook.sh             run it
#   docs/notebook.sh --write     also save the outputs in the notebook, and a picture of them (with Chromium)
#
# Needs evcxr (`cargo install --locked evcxr_jupyter evcxr_repl`, a quarter of an hour) and python3 with venv and pip, which
# downloads the client of Jupyter once; without them it prints "skipped" and succeeds. The target folder keeps the compiled
# crates: the first run takes minutes, later ones a minute.
set -eu

here=$(cd "${0%/*}" && pwd)
root=$(cd "$here/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/notebook-venv
. "$root/tests/python.sh"

skip() {
    echo "skipped: $1"
    exit 0
}

for program in evcxr evcxr_jupyter; do
    command -v "$program" >/dev/null || skip "there is no $program; \`cargo install --locked evcxr_jupyter evcxr_repl\`"
done
python_environment "$venv" "$here/notebook/requirements.txt" "the client of Jupyter" || exit 0

# The kernel exists only in this environment: nothing is installed for the user.
kernel=$venv/share/jupyter/kernels/rust
mkdir -p "$kernel" "$target/evcxr"
cat >"$kernel/kernel.json" <<END
{"argv": ["$(command -v evcxr_jupyter)", "--control_file", "{connection_file}"],
 "display_name": "Rust", "language": "rust", "interrupt_mode": "message"}
END
# evcxr compiles here and finds its earlier results.
export EVCXR_TMPDIR="$target/evcxr" XDG_CACHE_HOME="$target/evcxr/cache"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
write=
if [ "${1:-}" = --write ]; then write=--write; fi
"$venv/bin/python" "$here/notebook/run.py" kernel "$here/notebook.ipynb" --page "$work/page.html" $write
"$venv/bin/python" "$here/notebook/run.py" repl "$here/notebook.ipynb"

if [ -n "$write" ]; then
    command -v chromium >/dev/null || skip "there is no chromium to draw the page"
    browse() {
        chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
            --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$(mktemp -d "$work/browser.XXXXXX")" \
            --virtual-time-budget=5000 --window-size="$1" "$2" "file://$work/page.html" 2>/dev/null
    }
    # The title of the page is its height.
    printf '<script>document.title = "height " + document.documentElement.scrollHeight</script>' >>"$work/page.html"
    height=$(browse 1000,800 --dump-dom | sed -n 's/.*<title>height \([0-9]*\)<.*/\1/p')
    browse "1000,$height" "--screenshot=$here/notebook.png"
    echo "drawn: docs/notebook.png"
fi
