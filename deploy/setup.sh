#!/usr/bin/env bash
# Install what Gatepost needs on this machine: system packages, a virtual environment, the locked libraries.
# Usage: deploy/setup.sh PYTHON VENV. Safe to repeat; what is there already is left alone.
set -euo pipefail
python=$1 venv=$2
cd "$(dirname "$0")/.."

"$python" - <<'PY' || { echo "gatepost: Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 2; }
import sys
sys.exit(sys.version_info < (3, 11))
PY

PYTHON=$python deploy/install-packages.sh deploy/system-packages.txt
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
  -r deploy/locks/development.txt
# Our own four packages, as a plain path file; the build back end is in the lock.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
