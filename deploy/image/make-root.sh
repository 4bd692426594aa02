#!/usr/bin/env bash
# Make build/image/root.ext4 from build/image/base and this tree: what a slot of the card holds, and an update brings.
# As root, by deploy/image/arm64.sh. Usage: deploy/image/make-root.sh VERSION KEYRING
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1 keyring=$2
out=build/image
root=$out/root
size_mb=1280

# Over the base, which stays as it is.
rm -rf "$out/upper" "$out/work" && mkdir -p "$out/upper" "$out/work" "$root"
mount -t overlay overlay -o "lowerdir=$out/base,upperdir=$out/upper,workdir=$out/work,userxattr" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }

# Accounts keep their numbers from version to version: the data partition's files belong to numbers.
number=900
for account in gatepost gatepost-gate gatepost-core gatepost-eyes gatepost-screen; do
  in_root groupadd --system --gid $number "$account"
  [ "$account" = gatepost ] || in_root useradd --system --uid $number --gid $number --no-create-home --home-dir / \
    --shell /usr/sbin/nologin "$account"
  number=$((number + 1))
done
in_root passwd --quiet --lock root

# The product, as its own installer has it.
cp -r --no-preserve=ownership "$out/opt" "$root/opt/gatepost"
DESTDIR=$PWD/$root deploy/install.sh kiosk files
in_root /opt/gatepost/bin/gatepost --help >/dev/null
in_root systemd-sysusers

# The system around it.
cp -r --no-preserve=ownership deploy/image/system/. "$root/"
install -m 0644 "$keyring" "$root/etc/rauc/keyring.pem"
echo "$version" >"$root/usr/lib/gatepost/version"
echo gatepost >"$root/etc/hostname"
: >"$root/etc/machine-id"
rm -f "$root/etc/resolv.conf" "$root/etc/motd"
mkdir -p "$root"/{data,boot/firmware,etc/NetworkManager/system-connections,var/lib/gatepost,var/lib/systemd/timesync}
in_root systemctl --quiet enable gatepost.target gatepost-first-boot gatepost-settle gatepost-grow nftables systemd-timesyncd \
  NetworkManager
for unit in NetworkManager-wait-online.service systemd-networkd-wait-online.service systemd-time-wait-sync.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  getty@tty1.service serial-getty@ttyAMA0.service serial-getty@ttyS1.service autovt@.service systemd-update-utmp.service \
  ModemManager.service rauc-mark-good.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
kernel=$(basename "$root"/usr/lib/modules/*)
cp "$root/usr/lib/modules/$kernel/vmlinuz" "$root/boot/vmlinuz"
cp "$root/usr/lib/modules/$kernel/config" "$root/boot/config-$kernel"
grep -v '^#' deploy/image/initramfs-modules.txt >>"$root/etc/initramfs-tools/modules"
in_root mkinitramfs -o /boot/initrd.img "$kernel"
rm -f "$root"/boot/{vmlinuz,initrd.img,System.map,config}-*
# What a kiosk never reads: other boards' trees, and what packages are kept for.
find "$root/usr/lib/modules/$kernel/dtb" -mindepth 1 -maxdepth 1 ! -name broadcom -exec rm -rf {} +
rm -rf "$root"/var/cache/* "$root"/var/log/* "$root"/usr/share/locale "$root"/usr/share/fonts/opentype/noto/NotoSerifCJK*
umount -l "$root/dev" "$root/proc"

rm -f "$out/root.ext4"
mke2fs -q -t ext4 -d "$root" -L gatepost-root -m 0 -O ^has_journal,^orphan_file,^metadata_csum_seed "$out/root.ext4" "${size_mb}M"
in_root dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\n' >"$out/packages.tsv"
in_root /opt/gatepost/bin/python -c 'import importlib.metadata as m
for one in sorted(m.distributions(), key=lambda one: one.name.lower()): print(one.name, one.version, sep="\t")' >"$out/wheels.tsv"
mkdir -p "$out/firmware"
rm -rf "$out/firmware"/*
cp "$root/usr/lib/modules/$kernel"/dtb/broadcom/bcm{2837,2711,2712}*-rpi-*.dtb "$out/firmware/"
echo "$kernel" >"$out/kernel"
