#!/usr/bin/env bash
# Run a command as root of a namespace in which programs for arm64 run too, by qemu-user. The machine itself learns nothing of it.
# Usage: deploy/image/arm64.sh COMMAND... As root, on a kernel whose user namespaces have a binfmt_misc of their own (6.7).
set -euo pipefail
if [ "${1-}" != --inside ]; then
  unshare --user sleep infinity &
  holder=$!
  trap 'kill "$holder"' EXIT
  until [ "$(readlink "/proc/$holder/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.05; done
  # Every account keeps its number: what is made here belongs to whom it will belong on the card.
  echo '0 0 65536' >"/proc/$holder/uid_map"
  echo '0 0 65536' >"/proc/$holder/gid_map"
  nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 \
    unshare --mount --pid --fork --kill-child --mount-proc "$0" --inside "$@"
  exit
fi
shift
if [ "$(uname -m)" != aarch64 ]; then
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  # An ELF of 64 bits, little-endian, for aarch64. F: the interpreter is opened now, and needed in no root.
  printf '%s' ':gatepost-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:PF' \
    >/proc/sys/fs/binfmt_misc/register
fi
"$@"
