#!/bin/bash
# Update from a USB stick: the one bundle on it, if it is signed by ours and another version than this. RAUC holds it against its keyring
# before a byte is written. Usage: from-stick.sh DEVICE
set -euo pipefail
mount -o ro,nosuid,nodev,noexec "$1" /run/gatepost-stick
trap 'umount /run/gatepost-stick' EXIT
bundle=$(find /run/gatepost-stick -maxdepth 1 -name 'gatepost-*-arm64.raucb' | sort -V | tail -1)
[ -n "$bundle" ] || exit 0
if [ "$(rauc info --output-format=shell "$bundle" | sed -n "s/^RAUC_MF_VERSION='\(.*\)'/\1/p")" = "$(cat /usr/lib/gatepost/version)" ]; then
  echo "this is what runs already"
  exit 0
fi
# What is checked must be what is written: a stick may show something else the second time.
copy=/data/rauc/update.raucb
trap 'umount /run/gatepost-stick; rm -f "$copy"' EXIT
cp "$bundle" "$copy"
rauc install "$copy"
systemctl reboot
