#!/usr/bin/env bash
# Install the system packages that a list names and this machine lacks. Usage: deploy/install-packages.sh LIST.
# A line names alternatives by '|': the first that exists is taken. Without apt-get the machine's owner sees to it.
set -euo pipefail
list=$1

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

command -v apt-get >/dev/null || exit 0
missing=()
while read -r line; do
  [[ -z $line || $line == \#* ]] && continue
  IFS='|' read -ra names <<<"$line"
  # A Python built by hand brings its own venv.
  if [[ ${names[0]} == python3-venv ]] && "${PYTHON:-python3}" -c 'import venv, ensurepip' 2>/dev/null; then continue; fi
  have=; for name in "${names[@]}"; do if installed "$name"; then have=1; fi; done
  [[ -n $have ]] || missing+=("$line")
done <"$list"
((${#missing[@]})) || exit 0
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
