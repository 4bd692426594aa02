#!/usr/bin/env bash
# Run a kiosk's units under a systemd of their own: process 1 in namespaces, on a throw-away copy of this system's root.
# No device is there, and the table at the end says what became of each unit. As root, about three minutes. Nothing of
# this system is changed: what is installed goes to a temporary folder, and cgroup v2 is all that is borrowed.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then echo "deploy/try-units.sh: only root can make these namespaces" >&2; exit 2; fi
work=$(mktemp -d)
cgroup=$(findmnt -n -t cgroup2 -o TARGET | head -1)/gatepost-units-$$
trap 'find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null || true; rm -rf "$work"' EXIT
new=$work/new
mkdir -p "$new/boot/firmware" "$new/etc/systemd/system" "$new/etc/NetworkManager/system-connections" "$work/out" "$work/space"
DESTDIR=$new deploy/install.sh kiosk environment
DESTDIR=$new deploy/install.sh kiosk files
grep -v '^\[network\]' deploy/gatepost.example.toml >"$new/boot/firmware/gatepost.toml"
printf '[network]\naddress = "192.0.2.7/24"\n' >>"$new/boot/firmware/gatepost.toml"

cat >"$new/etc/systemd/system/try.target" <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=gatepost.target gatepost-first-boot.service try.service
UNIT
cat >"$new/etc/systemd/system/try.service" <<'UNIT'
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=/bin/bash /etc/try.sh
TimeoutStartSec=5min
UNIT
cat >"$new/etc/try.sh" <<'SCRIPT'
parts="gate core eyes screen"
of() { systemctl show -P "$2" "gatepost-$1.service"; }
say() { printf '%-34s %s\n' "$1" "$2" >>/run/out/table; }
until_ready() { # PART RESTARTS: wait until it is active after so many restarts
  for _ in $(seq 300); do
    if [ "$(of "$1" ActiveState)" = active ] && [ "$(of "$1" NRestarts)" -ge "$2" ]; then return; fi
    sleep 0.2
  done
  return 1
}
check() { local what=$1; shift; if "$@"; then say "$what" yes; else say "$what" NO; fi; }
locked_in() {
  local status=/proc/$(of "$1" MainPID)/status
  [ "$(ps -o user:32= -p "$(of "$1" MainPID)")" = "gatepost-$1" ] && grep -q '^CapEff:[[:space:]]*0*$' "$status" \
    && grep -q '^Seccomp:[[:space:]]*2' "$status"
}
code_is_safe() { [ "$(stat -c '%a %G' /etc/gatepost/kiosk.toml)" = "640 gatepost" ]; }
for part in $parts; do check "$part is ready" until_ready "$part" 0; done
check "the card was taken over" code_is_safe
for part in $parts; do check "$part is locked in" locked_in "$part"; done
for part in $parts; do
  systemctl kill --signal=KILL --kill-whom=main "gatepost-$part"
  check "$part comes back from SIGKILL" until_ready "$part" 1
done
systemctl kill --signal=STOP --kill-whom=main gatepost-core
check "a core that hangs is started anew" until_ready core 2
echo nonsense >>/boot/firmware/gatepost.toml
systemctl start gatepost-first-boot 2>/dev/null
check "a mistake is answered on the card" test -s /boot/firmware/gatepost-errors.txt
check "and the kiosk goes on" until_ready core 2
SCRIPT

cat >"$work/boot.sh" <<SCRIPT
set -euo pipefail
mount --make-rprivate /
mount -t tmpfs tmpfs "$work/space"
mkdir "$work/space/upper" "$work/space/work" "$work/space/root"
root=$work/space/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/space/upper,workdir=$work/space/work" "\$root"
(cd "$new" && tar cf - --exclude=./opt/gatepost .) | tar xf - -C "\$root"
mkdir -p "\$root/opt/gatepost"
mount --bind "$new/opt/gatepost" "\$root/opt/gatepost"
mount -t proc proc "\$root/proc"
# The kernel's settings are this system's, and no namespace's.
mount --bind "\$root/proc/sys" "\$root/proc/sys"
mount -o remount,bind,ro "\$root/proc/sys"
mount --rbind /dev "\$root/dev"
mount -t sysfs sysfs "\$root/sys"
mount -t cgroup2 cgroup2 "\$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "\$root/run"
mkdir "\$root/run/out" "\$root/run/old"
mount --bind "$work/out" "\$root/run/out"
cd "\$root"
pivot_root . run/old
umount -l /run/old
exec env -i container=gatepost PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=try.target
SCRIPT

mkdir "$cgroup"
(
  echo "$BASHPID" >"$cgroup/cgroup.procs"
  exec timeout -k 5 400 unshare --mount --pid --fork --cgroup --ipc --uts --kill-child bash "$work/boot.sh"
) >"$work/boot.log" 2>&1 || true
cat "$work/out/table" 2>/dev/null || { cat "$work/boot.log"; exit 1; }
[ "$(wc -l <"$work/out/table")" = 16 ] && ! grep -q 'NO$' "$work/out/table"
