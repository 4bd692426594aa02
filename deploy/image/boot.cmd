# What U-Boot does on every board, and in the emulator: the same script, from the card's first partition.
# It counts down the attempts of a slot before it starts it; whoever reaches "gate ready" sets the count anew (slots.py).
# The counts are in two single sectors before the first partition, each with a checksum; the first is written first.
setenv slot_order A B
setenv slot_a_left 8
setenv slot_b_left 8
setexpr kernel_at ${kernel_addr_r} + 0x8000000
setexpr initrd_at ${kernel_addr_r} + 0xe000000
${devtype} dev ${devnum}
for at in 0x500 0x100; do
  if ${devtype} read ${kernel_at} ${at} 1; then env import -c ${kernel_at} 0x200 slot_order slot_a_left slot_b_left; fi
done
# None has any left: begin anew rather than never.
if test "${slot_a_left}${slot_b_left}" = 00; then setenv slot_a_left 8; setenv slot_b_left 8; fi

setenv slot
for candidate in ${slot_order}; do
  if test "x${slot}" = x; then
    if test "${candidate}" = A -a "${slot_a_left}" -gt 0; then
      setenv slot A; setenv root 2; setexpr slot_a_left ${slot_a_left} - 1
    fi
    if test "${candidate}" = B -a "${slot_b_left}" -gt 0; then
      setenv slot B; setenv root 3; setexpr slot_b_left ${slot_b_left} - 1
    fi
  fi
done
env export -c -s 0x200 ${kernel_at} slot_order slot_a_left slot_b_left
${devtype} write ${kernel_at} 0x100 1
${devtype} write ${kernel_at} 0x500 1

echo "Gatepost: slot ${slot}; attempts left: A ${slot_a_left}, B ${slot_b_left}"
setenv bootargs root=PARTUUID=67617465-0${root} rootfstype=ext4 rootwait rauc.slot=${slot} @CMDLINE@ ${more}
if load ${devtype} ${devnum}:${root} ${kernel_at} /boot/vmlinuz; then
  if load ${devtype} ${devnum}:${root} ${initrd_at} /boot/initrd.img; then
    booti ${kernel_at} ${initrd_at}:${filesize} ${fdt_addr}
  fi
fi
# Nothing that can be started: the next attempt counts the slot further down.
reset
