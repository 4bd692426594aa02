#!/usr/bin/env bash
# Make the guest of `make hil` in build/hil, as far as it is not there already: a Debian with its own kernel, the modules
# that stand in for hardware, and this tree installed by deploy/install.sh. As root: a chroot is used.
# Packages come from wherever this machine's apt has its own from, wheels from wherever its pip has them from.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/hil
pip=.venv/bin/pip

[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || { echo "make hil: for Debian on x86-64 only" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "make hil: must be root" >&2; exit 2; }
umask 022
mkdir -p "$out"

# The distribution's own packages alone, from where this machine gets them.
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mapfile -t sources < <(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
  'Created-By: Packages' 'Origin: Debian' | sort -u)
[ "${#sources[@]}" -gt 0 ] || { echo "make hil: apt knows no packages here yet: call apt-get update" >&2; exit 2; }

digest() { cat "$@" | sha256sum | cut -d' ' -f1; }

# Once for each kernel and list of packages: some five minutes.
make_root() {
  local root=$out/root packages kernel
  rm -rf "$root" "$out/root.stamp"
  packages=$(grep -v '^#' deploy/hil/guest-packages.txt | paste -sd,)
  mmdebstrap --variant=minbase --mode=root --format=directory --include="$packages" \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --setup-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
    --setup-hook='printf "MODULES=list\n" >"$1/etc/initramfs-tools/conf.d/hil"' \
    "$suite" "$root" "${sources[@]}"
  kernel=$(basename "$root"/lib/modules/*)
  cp -r deploy/hil/modules "$root/usr/src/gatepost-hil"
  chroot "$root" make -C "/lib/modules/$kernel/build" M=/usr/src/gatepost-hil modules modules_install
  [ -n "$(find "$root/lib/modules/$kernel" -name 'v4l2loopback.ko*')" ] || chroot "$root" dkms autoinstall -k "$kernel"
  chroot "$root" depmod "$kernel"
  printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic >>"$root/etc/initramfs-tools/modules"
  chroot "$root" update-initramfs -u -k "$kernel"
  cp "$root/boot/vmlinuz-$kernel" "$out/vmlinuz"
  cp "$root/boot/initrd.img-$kernel" "$out/initrd"
  furnish "$root"
  rm -f "$out/root.img"
  mke2fs -q -t ext4 -d "$root" -L hil-root -m 0 "$out/root.img" 4G
}

# What makes a smallest system boot into our own hands.
furnish() {
  local root=$1 unit
  echo gatepost-hil >"$root/etc/hostname"
  rm -f "$root/etc/resolv.conf"
  cp deploy/hil/fstab "$root/etc/fstab"
  printf '%s\n' i2c-dev uinput gatepost_hil_sensor gatepost_hil_pins v4l2loopback >"$root/etc/modules-load.d/gatepost-hil.conf"
  printf '%s\n' 'blacklist i2c_piix4' 'options v4l2loopback devices=1 video_nr=0 exclusive_caps=1 max_buffers=2' \
    >"$root/etc/modprobe.d/gatepost-hil.conf"
  mkdir -p "$root/mnt/hil" "$root/mnt/product" "$root/opt/gatepost" "$root/var/lib/gatepost" "$root/etc/gatepost" \
    "$root/etc/systemd/journald.conf.d"
  printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' >"$root/etc/systemd/journald.conf.d/gatepost-hil.conf"
  cp deploy/hil/hil-*.service "$root/etc/systemd/system/"
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer getty@tty1.service serial-getty@ttyS0.service systemd-update-utmp.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  chroot "$root" systemctl --quiet enable hil-agent.service
}

# Once for each state of the tree: some seconds.
make_product() {
  local root=$out/root python
  rm -rf "$out/product" "$out/product.img" "$root/usr/src/gatepost" "$root/usr/src/wheels" "$root/usr/src/fonts"
  python=$(chroot "$root" /usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$pip" download --quiet --require-hashes --only-binary :all: --python-version "$python" \
    -r deploy/locks/kiosk.txt -d "$out/wheels"
  "$pip" download --quiet --require-hashes --only-binary :all: --python-version "$python" \
    -r deploy/locks/build.txt -d "$out/wheels"
  mkdir -p "$root/usr/src/gatepost" "$out/product"
  cp -r "$out/wheels" "$root/usr/src/wheels"
  git ls-files -z --cached --others --exclude-standard | tar cf - --null -T - | tar xf - -C "$root/usr/src/gatepost"
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin PIP_NO_INDEX=1 PIP_FIND_LINKS=/usr/src/wheels \
    /usr/src/gatepost/deploy/install.sh kiosk environment
  # As the screen does when it first starts, here in seconds: an emulated processor takes minutes.
  chroot "$root" /opt/gatepost/bin/python -P - <<'PY'
from pathlib import Path
from ui.fonts import Cutter, characters
from ui.notices import NoticeBoard
Cutter(Path("/usr/src/fonts"), characters(NoticeBoard())).find()
PY
  mv "$root/usr/src/fonts" "$out/product/fonts"
  mv "$root/opt/gatepost" "$out/product/opt"
  mv "$root/usr/src/gatepost" "$out/product/tree"
  mkdir "$root/opt/gatepost"
  rm -rf "$root/usr/src/wheels"
  mke2fs -q -t ext4 -d "$out/product" -L hil-product -m 0 "$out/product.img" 1500M
}

wanted=$(digest deploy/hil/make-guest.sh deploy/hil/guest-packages.txt deploy/hil/fstab deploy/hil/hil-*.service deploy/hil/modules/*)
if [ "$(cat "$out/root.stamp" 2>/dev/null)" != "$wanted" ]; then
  make_root
  rm -f "$out/product.stamp"
  echo "$wanted" >"$out/root.stamp"
fi
mapfile -t product < <(git ls-files --cached --others --exclude-standard pyproject.toml README.md LICENSE kiosk drivers ui sync deploy)
wanted=$(digest "${product[@]}")
if [ "$(cat "$out/product.stamp" 2>/dev/null)" != "$wanted" ]; then
  make_product
  echo "$wanted" >"$out/product.stamp"
fi
