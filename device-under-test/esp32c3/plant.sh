#!/usr/bin/env bash
# plant.sh hang|crash ELF COPY: copies a firmware with a mistake in it: in the first turn of its network it hangs for good, by a jump to
# itself, so that only the watchdog is left; or it executes what is no instruction.
set -euo pipefail

# RISC-V, volume I, table of compressed instructions: `c.j 0`, and the one that is illegal by definition. Little-endian.
case "$1" in
    hang) code='\x01\xa0' ;;
    crash) code='\x00\x00' ;;
    *) echo "plant.sh hang|crash ELF COPY" >&2; exit 2 ;;
esac
# A function that every image with a network has, and that the compiler does not inline.
function='smoltcp5iface9interface.*Interface4poll'

address=$(readelf -sW "$2" | awk -v name="$function" '$4 == "FUNC" && $8 ~ name && !count++ { print $2 }')
[ -n "$address" ] || { echo "$2 has no function like $function" >&2; exit 1; }
address=$((16#$address))

# The section that holds it: its address, its place in the file, its length.
while read -r at place length; do
    at=$((16#$at)) place=$((16#$place)) length=$((16#$length))
    if ((address >= at && address < at + length)); then
        cp "$2" "$3"
        printf '%b' "$code" | dd of="$3" bs=1 seek=$((place + address - at)) conv=notrunc status=none
        exit
    fi
done < <(readelf -SW "$2" | sed -n 's/^ *\[ *[0-9]*\] [^ ]* *PROGBITS *\([0-9a-f]*\) \([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2 \3/p')
echo "no section of $2 holds its code" >&2
exit 1
