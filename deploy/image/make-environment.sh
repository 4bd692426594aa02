#!/usr/bin/env bash
# Make build/image/opt, the virtual environment of a card's Gatepost: what `deploy/install.sh kiosk environment` makes on a system that is
# there, made for arm64 by this machine's own pip, which emulated takes ten times as long.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/image
home=/opt/gatepost made=$out/opt
packages=$made/lib/python3.11/site-packages
pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }

# For the Python of the card, whatever this machine's is; every file is held against the lock's hashes.
for_card=(--only-binary :all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none --platform any)
for glibc in 36 35 34 31 28 27 26 24 17; do for_card+=(--platform "manylinux_2_${glibc}_aarch64"); done
for_card+=(--platform manylinux2014_aarch64)

rm -rf "$made" "$out/own"
mkdir -p "$out/wheels" "$made/bin" "$packages"
pip download --require-hashes "${for_card[@]}" -r deploy/locks/kiosk.txt -d "$out/wheels"
pip wheel --no-deps --no-build-isolation --wheel-dir "$out/own" .
pip install --no-index --find-links "$out/wheels" --require-hashes --no-compile "${for_card[@]}" --target "$packages" \
  -r deploy/locks/kiosk.txt
pip install --no-index --no-deps --no-compile --upgrade --target "$packages" "$out"/own/*.whl

printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n' >"$made/pyvenv.cfg"
ln -s /usr/bin/python3 "$made/bin/python3"
ln -s python3 "$made/bin/python"
sed "1s|.*|#!$home/bin/python|" "$packages/bin/gatepost" >"$made/bin/gatepost"
chmod 0755 "$made/bin/gatepost"
rm -rf "$packages/bin" "$packages/share"
# The root is never written: what is not compiled now would be compiled at every start.
if [ "$(.venv/bin/python -c 'import sys; print(sys.implementation.cache_tag)')" = cpython-311 ]; then
  .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash -s "$made" -p "$home" "$packages" >/dev/null || true
fi
