#!/usr/bin/env bash
# Install Gatepost on a system that is there, or take it away again. DESTDIR is honoured; then nothing is started.
# Usage: deploy/install.sh kiosk|central environment|files|start|uninstall
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1-} step=${2-}
root=${DESTDIR:-}
python=${PYTHON:-/usr/bin/python3}

case $what in
  kiosk) home=/opt/gatepost lock=kiosk units=deploy/systemd unit=gatepost.target name=gatepost configuration=kiosk ;;
  central) home=/opt/gatepost-central lock=central units=deploy/central unit=gatepost-central.service
    name=gatepost-central configuration=central ;;
  *) echo "deploy/install.sh: say kiosk or central" >&2; exit 2 ;;
esac
lib=$root/usr/lib
docs=$root/usr/share/doc/$name

# The locked libraries and our own four packages, in a virtual environment that is made where it will be used.
environment() {
  local made=$root$home builder
  # The units see nobody's home (ProtectHome).
  case $("$python" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))') in
    /root* | /home*) echo "deploy/install.sh: this Python is in somebody's home; say PYTHON=/usr/bin/python3" >&2; exit 2 ;;
  esac
  builder=$(mktemp -d)
  trap 'rm -rf "$builder"' RETURN
  "$python" -m venv "$builder"
  install_into "$builder" deploy/locks/build.txt
  "$builder/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --wheel-dir "$builder/wheel" .
  "$python" -m venv --clear "$made"
  install_into "$made" "deploy/locks/$lock.txt"
  "$made/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$builder"/wheel/*.whl
  # Below DESTDIR the scripts name a folder that will not be there.
  if [ -n "$root" ]; then
    grep -rlIZ --fixed-strings "$made" "$made/bin" "$made/pyvenv.cfg" | xargs -0 -r sed -i "s|$made|$home|g"
  fi
}

install_into() {
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$2"
}

files() {
  install -d "$lib/systemd/system" "$lib/sysusers.d" "$docs"
  install -d -m 0750 "$root/etc/gatepost"
  install -m 0644 "$units"/*.service "$lib/systemd/system/"
  install -m 0644 "$units/sysusers.conf" "$lib/sysusers.d/$name.conf"
  install -m 0640 "deploy/$configuration.example.toml" "$root/etc/gatepost/"
  install -m 0644 docs/*.md "$docs/"
  if [ "$what" = kiosk ]; then
    install -d "$lib/tmpfiles.d" "$lib/udev/rules.d"
    install -m 0640 deploy/gatepost.example.toml "$root/etc/gatepost/"
    install -m 0644 "$units"/*.target "$lib/systemd/system/"
    install -m 0644 "$units/tmpfiles.conf" "$lib/tmpfiles.d/$name.conf"
    install -m 0644 "$units/udev.rules" "$lib/udev/rules.d/60-$name.rules"
  fi
}

# Accounts, folders, devices, units: on the system itself only.
start() {
  if [ -n "$root" ]; then return; fi
  systemd-sysusers "$lib/sysusers.d/$name.conf"
  if [ "$what" = kiosk ]; then
    systemd-tmpfiles --create "$lib/tmpfiles.d/$name.conf"
    udevadm control --reload && udevadm trigger --subsystem-match=gpio --subsystem-match=i2c-dev
  fi
  systemctl daemon-reload
  systemctl enable --now "$unit"
  if [ "$what" = kiosk ]; then systemctl enable gatepost-first-boot.service; fi
  if [ ! -e "/etc/gatepost/$configuration.toml" ]; then
    echo "now write /etc/gatepost/$configuration.toml (an example is beside it) and call: systemctl restart $unit"
  fi
}

# Configuration and records stay.
uninstall() {
  if [ -z "$root" ]; then systemctl disable --now $(basename -a "$units"/*.service) "$unit" || true; fi
  for file in "$units"/*.service "$units"/*.target; do rm -f "$lib/systemd/system/$(basename "$file")"; done
  rm -f "$lib/sysusers.d/$name.conf" "$lib/tmpfiles.d/$name.conf" "$lib/udev/rules.d/60-$name.rules"
  rm -rf "$root$home" "$docs"
  if [ -z "$root" ]; then systemctl daemon-reload; fi
  echo "kept: /etc/gatepost and /var/lib/$name, with everything that was recorded"
}

case $step in
  environment | files | start | uninstall) "$step" ;;
  *) echo "deploy/install.sh: say environment, files, start or uninstall" >&2; exit 2 ;;
esac
