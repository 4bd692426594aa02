#!/bin/bash
# Let the data partition have the rest of the card, the first time that there is more of it. Its file system grows when it is mounted.
set -euo pipefail
partition=$(basename "$(realpath /dev/disk/by-partuuid/67617465-04)")
disk=$(basename "$(dirname "$(realpath "/sys/class/block/$partition")")")
size=$(cat "/sys/class/block/$disk/size")
end=$(($(cat "/sys/class/block/$partition/start") + $(cat "/sys/class/block/$partition/size")))
# In sectors; less than 16 MiB are not worth a change of the partition table.
if [ $((size - end)) -gt 32768 ]; then
  echo ', +' | sfdisk --quiet --lock=yes --no-reread --no-tell-kernel -N 4 "/dev/$disk"
  partx --update --nr 4 "/dev/$disk"
  # Whoever closes a disk that was written makes udev look at it anew; a partition that is gone for that moment takes its mounts with it.
  udevadm settle --timeout=30
  udevadm trigger --action=change --settle "/dev/$disk" "/dev/$partition"
fi
