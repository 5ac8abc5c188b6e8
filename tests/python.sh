# Shared by the scripts below `tests` that need Python.

# python_environment FOLDER REQUIREMENTS NAME
#
# Creates a virtual environment in FOLDER with the packages of the file REQUIREMENTS, which pip downloads once: a change of the
# file creates it again. Without python3, venv or the packages (printed as NAME), prints "skipped: reason" and fails.
python_environment() {
    if ! command -v python3 >/dev/null; then
        echo "skipped: there is no python3"
        return 1
    fi
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo "skipped: this python3 cannot make virtual environments"
        return 1
    fi
    if ! cmp -s "$2" "$1/requirements.txt"; then
        rm -rf "$1"
        python3 -m venv "$1"
        if ! "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"; then
            rm -rf "$1"
            echo "skipped: $3 cannot be installed"
            return 1
        fi
        cp "$2" "$1/requirements.txt"
    fi
}
