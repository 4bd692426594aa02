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

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

if command -v apt-get >/dev/null; then
  missing=()
  while read -r line; do
    [[ -z $line || $line == \#* ]] && continue
    IFS='|' read -ra names <<<"$line"
    # A Python built by hand brings its own venv.
    if [[ ${names[0]} == python3-venv ]] && "$python" -c 'import venv, ensurepip' 2>/dev/null; then continue; fi
    have=; for name in "${names[@]}"; do if installed "$name"; then have=1; fi; done
    [[ -n $have ]] || missing+=("$line")
  done <deploy/system-packages.txt
  if ((${#missing[@]})); then
    as_root apt-get update -q
    for line in "${missing[@]}"; do
      IFS='|' read -ra names <<<"$line"
      for name in "${names[@]}"; do
        if apt-cache show "$name" >/dev/null 2>&1; then
          as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$name"
          break
        fi
      done
    done
  fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
  -r deploy/locks/development.txt
# Our own four packages, as a plain path file; the build back end is in the lock.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
