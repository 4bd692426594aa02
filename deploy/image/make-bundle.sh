#!/usr/bin/env bash
# Make a signed update of a root: build/image/gatepost-VERSION-arm64.raucb.
# Usage: deploy/image/make-bundle.sh VERSION ROOT CERTIFICATE KEY KEYRING TO
set -euo pipefail
version=$1 root=$2 certificate=$3 key=$4 keyring=$5 bundle=$6
folder=$(mktemp -d -p "$(dirname "$bundle")")
trap 'rm -rf "$folder"' EXIT
cp --sparse=always "$root" "$folder/root.ext4"
cat >"$folder/manifest.raucm" <<MANIFEST
[update]
compatible=gatepost-arm64
version=$version

[bundle]
format=plain

[image.rootfs]
filename=root.ext4
MANIFEST
rm -f "$bundle"
rauc bundle --cert="$certificate" --key="$key" --keyring="$keyring" \
  --mksquashfs-args="-comp zstd -Xcompression-level ${GATEPOST_BUNDLE_LEVEL:-12} -no-progress -quiet" "$folder" "$bundle"
