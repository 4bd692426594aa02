#!/usr/bin/env bash
# Make build/image/gatepost-VERSION-arm64.img.zst, its update bundle, checksums, bill of materials and manifest.
# As root, on Debian. GATEPOST_SIGNING names a folder with certificate.pem and key.pem; without it a certificate for trying is made.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/image
[ "$(id -u)" = 0 ] || { echo "make image: must be root" >&2; exit 2; }
umask 022
mkdir -p "$out"
version=$(.venv/bin/python -c 'import kiosk; print(kiosk.__version__)')
name=$out/gatepost-$version-arm64
signing=${GATEPOST_SIGNING:-$out/signing}
[ -n "${GATEPOST_SIGNING:-}" ] || deploy/image/make-keys.sh "$signing"

# Once for each list of packages.
wanted=$(cat deploy/image/{make-base.sh,arm64.sh,apt.pref,packages.txt} deploy/system-packages.txt | sha256sum)
if [ "$(cat "$out/base.stamp" 2>/dev/null)" != "$wanted" ]; then
  rm -f "$out/base.stamp"
  deploy/image/arm64.sh deploy/image/make-base.sh
  echo "$wanted" >"$out/base.stamp"
fi

deploy/image/make-environment.sh
deploy/image/arm64.sh deploy/image/make-root.sh "$version" "$signing/certificate.pem"
deploy/image/make-card.sh "$out/card.img"
zstd --quiet --force -9 -T2 "$out/card.img" -o "$name.img.zst"
deploy/image/make-bundle.sh "$version" "$out/root.ext4" "$signing/certificate.pem" "$signing/key.pem" "$signing/certificate.pem" "$name.raucb"
deploy/image/papers.py "$version" "$out" "$name.img.zst" "$name.raucb"
ls -l "$name".*
