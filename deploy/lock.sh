#!/usr/bin/env bash
# Renew the locks from pyproject.toml: hashes for every platform, no index address in the files.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "$@"; }
compile --extra kiosk --extra pi pyproject.toml -o deploy/locks/kiosk.txt
compile --group build -o deploy/locks/build.txt
compile --extra central pyproject.toml -o deploy/locks/central.txt
compile --all-extras --group development pyproject.toml -o deploy/locks/development.txt
