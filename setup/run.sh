#!/usr/bin/env bash
# Finds a Python that fits and hands over to setup/__main__.py.
# Usage: [PYTHON=/path/to/python3.11] bash setup/run.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; }

find_python() {
    if [[ -n "${PYTHON:-}" ]]; then
        fits "$PYTHON" && echo "$PYTHON"
        return
    fi
    # An environment that works comes first: nothing has to be searched the second time.
    local candidate
    for candidate in .venv/bin/python python3.11 python3.12 python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11.*/bin/python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

if ! python=$(find_python); then
    echo "setup: Python 3.11 or 3.12 is needed; ${PYTHON:-python3} is $("${PYTHON:-python3}" --version 2>&1 || echo absent)." >&2
    echo "       Install one (Debian 12: python3.11, Ubuntu 24.04: python3.12, elsewhere pyenv or uv) and name it: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi
exec "$python" -m setup "$@"
