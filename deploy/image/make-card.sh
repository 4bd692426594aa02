#!/usr/bin/env bash
# Put build/image/card.img together: FAT with the firmware and U-Boot, two roots, data. No loop device, no mount.
# Usage: deploy/image/make-card.sh IMAGE. The sizes are the card's contract with every update to come (docs/image.md).
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/image
image=$1
boot_mb=128 root_mb=1280 data_mb=256
start_boot=4 start_a=$((4 + boot_mb)) start_b=$((4 + boot_mb + root_mb)) start_data=$((4 + boot_mb + 2 * root_mb))

rm -rf "$image" "$out/blobs/tree" "$out/fat.img" "$out/data" "$out/data.img"
for package in "$out"/blobs/*.deb; do dpkg-deb -x "$package" "$out/blobs/tree"; done
truncate -s "${boot_mb}M" "$out/fat.img"
mkfs.vfat -F 32 -n GATEPOST-SD -i 67617465 "$out/fat.img" >/dev/null
blobs=$out/blobs/tree/usr/lib
# The console is the screen's, and quiet; a kernel that dies says so on the serial line.
cmdline='console=ttyAMA0,115200 console=tty1 quiet loglevel=3 systemd.show_status=no vt.global_cursor_default=0 panic=5 pinctrl_bcm2835.persist_gpio_outputs=n'
sed "s|@CMDLINE@|$cmdline|" deploy/image/boot.cmd >"$out/boot.cmd"
deploy/image/boot-script.py "$out/boot.cmd" "$out/boot.scr"
mcopy -i "$out/fat.img" "$blobs"/raspi-firmware/{bootcode.bin,start.elf,fixup.dat,start4.elf,fixup4.dat} "$out"/firmware/*.dtb \
  "$out/boot.scr" deploy/image/config.txt deploy/gatepost.example.toml ::
mcopy -i "$out/fat.img" "$blobs/u-boot/rpi_arm64/u-boot.bin" ::u-boot.bin
# For the emulator, which brings no boot code of its own.
cp "$blobs/u-boot/qemu_arm64/u-boot.bin" "$out/u-boot-virt.bin"

mkdir -p "$out/data"/{gatepost,etc,connections,rauc,timesync}
cp deploy/kiosk.example.toml deploy/gatepost.example.toml "$out/data/etc/"
chmod 0700 "$out/data"/{gatepost,connections,rauc}
chmod 0750 "$out/data/etc"
chown 902:900 "$out/data/gatepost"
chown -R 0:900 "$out/data/etc"
mke2fs -q -t ext4 -d "$out/data" -L gatepost-data -m 1 -E lazy_itable_init=0 "$out/data.img" "${data_mb}M"

truncate -s "$((start_data + data_mb + 1))M" "$image"
sfdisk --quiet "$image" <<TABLE
label: dos
label-id: 0x67617465
start=${start_boot}MiB, size=${boot_mb}MiB, type=c, bootable
start=${start_a}MiB, size=${root_mb}MiB, type=83
start=${start_b}MiB, size=${root_mb}MiB, type=83
start=${start_data}MiB, size=${data_mb}MiB, type=83
TABLE
into() { dd if="$1" of="$image" bs=1M seek="$2" conv=notrunc,sparse status=none; }
into "$out/fat.img" $start_boot
into "$out/root.ext4" $start_a
into "$out/root.ext4" $start_b
into "$out/data.img" $start_data
rm "$out/fat.img" "$out/data.img"
