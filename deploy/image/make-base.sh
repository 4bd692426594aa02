#!/usr/bin/env bash
# Make build/image/base, the root of a kiosk's card without Gatepost: Debian for arm64, with the kernel from backports.
# As root, by deploy/image/arm64.sh. Packages come from wherever this machine's apt has its own from; they are kept in
# build/image/debs. Unpacked by this machine's own dpkg: of each package only its scripts run in emulation, which is
# three times as fast as mmdebstrap's way. Usage: deploy/image/make-base.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/image
base=$out/base apt=$out/apt debs=$out/debs
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

# The distribution's archive, from where this machine has it; the suites are the card's own.
archive() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | sort -u | grep "$@" | head -1; }
main=$(archive -v security) security=$(archive security)
[ -n "$main" ] || { echo "make image: apt knows no packages of Debian here: call apt-get update" >&2; exit 2; }

rm -rf "$base" "$apt"
mkdir -p "$apt/lists/partial" "$debs/partial" "$base/var/lib/dpkg"/{info,updates,triggers}
touch "$base/var/lib/dpkg"/{status,available,arch}
signed='deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
cat >"$apt/sources.list" <<SOURCES
$signed $main bookworm main non-free-firmware
$signed $main bookworm-updates main non-free-firmware
$signed $security bookworm-security main non-free-firmware
$signed $main trixie main non-free-firmware
$signed $main trixie-backports main
SOURCES
cat >"$apt/apt.conf" <<CONF
APT { Architecture "arm64"; Architectures { "arm64"; }; Install-Recommends "false"; Sandbox::User "root"; };
Dir { Etc { SourceList "$apt/sources.list"; SourceParts "/dev/null"; Preferences "$PWD/deploy/image/apt.pref"; PreferencesParts "/dev/null"; };
      State { Lists "$apt/lists"; status "$base/var/lib/dpkg/status"; extended_states "$apt/extended_states"; };
      Cache { Archives "$debs"; pkgcache ""; srcpkgcache ""; }; };
Acquire::Languages "none";
CONF
export APT_CONFIG=$apt/apt.conf
apt-get update -q
mapfile -t packages < <(cat deploy/image/packages.txt deploy/system-packages.txt | grep -vE '^(#|$|xvfb$)' | sed 's/.*|//')
files() { # PACKAGE...: their files and those of what they depend on, in the order in which they can be unpacked
  apt-get install --simulate "$@" \
    | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\(.*\)\]) *.*$/\1 \2 \3/p' \
    | while read -r name version architecture; do echo "$debs/${name}_${version//:/%3a}_$architecture.deb"; done
}
apt-get install -q -y --download-only '?essential' apt "${packages[@]}"
mapfile -t essential < <(files '?essential')
mapfile -t all < <(files '?essential' apt "${packages[@]}")
mkdir -p "$out/blobs"
(cd "$out/blobs" && rm -f ./*.deb && apt-get download -q u-boot-rpi/trixie u-boot-qemu/trixie raspi-firmware/trixie)

# Merged /usr, and the essential packages' files, so that scripts find a shell.
for folder in bin sbin lib; do mkdir -p "$base/usr/$folder" && ln -s "usr/$folder" "$base/$folder"; done
for deb in "${essential[@]}"; do dpkg-deb --fsys-tarfile "$deb" | tar xf - -C "$base" --keep-directory-symlink; done
cp "$base/usr/share/base-passwd/passwd.master" "$base/etc/passwd"
cp "$base/usr/share/base-passwd/group.master" "$base/etc/group"
mkdir -p "$base/proc" "$base/dev" "$base/etc/initramfs-tools/conf.d" "$base/usr/sbin"
mount --rbind /dev "$base/dev"
mount -t proc proc "$base/proc"
printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
chmod +x "$base/usr/sbin/policy-rc.d"
printf 'MODULES=list\nCOMPRESS=zstd\n' >"$base/etc/initramfs-tools/conf.d/gatepost"
# Made once, by make-root.sh.
printf 'update_initramfs=no\n' >"$base/etc/initramfs-tools/update-initramfs.conf"

keep=(--path-exclude='/usr/share/man/*' --path-exclude='/usr/share/locale/*' --path-exclude='/usr/share/doc/*'
  --path-include='/usr/share/doc/*/copyright')
dpkg --root="$base" --force-unsafe-io --force-depends --force-architecture --force-confold "${keep[@]}" --unpack "${all[@]}"
# Emulated, depmod alone takes minutes: this machine's own does it below. The kernel's hooks are for a newer run-parts, and make
# nothing that is wanted here.
aside=(usr/sbin/depmod usr/bin/linux-run-hooks)
for tool in "${aside[@]}"; do mv "$base/$tool" "$base/$tool.aside" && ln -s /bin/true "$base/$tool"; done
chroot "$base" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive dpkg --force-confold --configure -a
for tool in "${aside[@]}"; do mv "$base/$tool.aside" "$base/$tool"; done
depmod -b "$base" "$(basename "$base"/usr/lib/modules/*)"
rm -f "$base/usr/sbin/policy-rc.d"
umount -l "$base/proc" "$base/dev"
rm -rf "$base/var/cache"/* "$base/var/lib/apt/lists"
