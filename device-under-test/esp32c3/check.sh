#!/usr/bin/env bash
# Builds the images for an emulated board (Ethernet) with TLS, compares their sizes with the table in README.md, and has them
# flashed to the virtual board, which boots each by its name and lives the wakes of a scenario. Then a chip in software executes them: first
# its core is compared with others, then it lives through wakes, sleeps, power cuts, TLS, and servers of time and names that fail.
#
# WIFI=1 builds the image with Wi-Fi too, in place of the one with Ethernet, which takes as long again. CI does without.
set -euo pipefail
cd "$(dirname "$0")"
source ../riscv.sh
programs=target/$CARGO_BUILD_TARGET/release

cargo fmt --check
riscv_cargo build --release --locked --no-default-features --features ethernet,tls

# Bytes of the sections with this name.
section() { readelf -SW "$programs/$1" | sed -n "s/^ *\[ *[0-9]*\] \(\.$2\) *[A-Z]* *[0-9a-f]* *[0-9a-f]* *\([0-9a-f]*\) .*/\2/p"; }
bytes() {
    local sum=0 name
    for name in "${@:2}"; do sum=$((sum + 16#$(section "$1" "$name"))); done
    echo "$sum"
}

# Prints a row of the table, and compares its numbers with those of the row in README.md: two parts in a hundred may differ, since
# compilers do.
weigh() {
    local row kept numbers index
    numbers=("$(bytes "$1" text)" "$(bytes "$1" rodata rodata.wifi flash.appdesc)" "$(bytes "$1" trap rwtext rwtext.wifi)"
        "$(bytes "$1" data data.wifi bss noinit)" "$(bytes "$1" stack)")
    row=$(printf ' | %s' "${numbers[@]}")
    echo "| $2$row |"
    kept=$(grep -F "| $2 | " README.md) || { echo "README.md has no row for: $2" >&2; return 1; }
    read -ra kept <<<"$(tr -d '|,' <<<"${kept#"| $2 "}")"
    for index in "${!numbers[@]}"; do
        if ((100 * (numbers[index] - kept[index]) > 2 * kept[index] || 100 * (kept[index] - numbers[index]) > 2 * kept[index])); then
            echo "README.md says ${kept[index]} where it is ${numbers[index]}; put the row above into its table" >&2
            return 1
        fi
    done
}

echo "built by the toolchain of $riscv_toolchain; bytes of code, constants, code in RAM, data, and what is left for the stack:"
weigh signal-thing '`signal-thing`, Ethernet and TLS'
weigh shade-thing '`shade-thing`, Ethernet and TLS'

# The rig makes the images from the ELF files, writes them over a serial port, and reads their MD5 back. It runs where the paths in the
# scenarios begin.
unset CARGO_BUILD_TARGET
(cd ../.. && cargo shadowrig run device-under-test/esp32c3/tests --board virtual)

bash ../emulated-chip/conformance.sh
(cd ../.. && cargo shadowrig run --board emulated device-under-test/esp32c3/tests \
    scenarios/{obey-once,power-loss,idle-wake,lost-status}.yaml scenarios/faults/{large-handshake,name-server,time-server}.yaml)

if [ "${WIFI:-}" = 1 ]; then
    export CARGO_BUILD_TARGET=riscv32imc-unknown-none-elf
    riscv_cargo build --release --locked --bin signal-thing
    weigh signal-thing '`signal-thing`, Wi-Fi and TLS'
fi
