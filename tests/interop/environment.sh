# Shared by the scripts of this folder that need the official Python package for workflows. A script sets $here first.
#
# Sets $root, $target, $program (the server) and $venv (an environment with the package). Ends the script with success, and
# prints "skipped: reason", where the package cannot be installed.

root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
program=$target/debug/tilebox-emulator
venv=$target/interop-workflows-venv
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1

. "$root/tests/python.sh"
python_environment "$venv" "$here/workflows/requirements.txt" "the official package for workflows" || exit 0

# Prints the version of the package.
package_version() {
    "$venv/bin/python" -c 'from importlib.metadata import version; print(version("tilebox-workflows"))'
}
