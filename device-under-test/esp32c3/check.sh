#!/usr/bin/env bash
# Builds the images for silicon (Wi-Fi) and for an emulated board (Ethernet), both with TLS, compares their sizes with the table in README.md,
# and has them flashed to the virtual board, which boots each by its name and lives the wakes of a scenario. Then a chip in software executes
# those with Ethernet: first its core is compared with others, then it lives through wakes, sleeps, power cuts, TLS, servers of time and names that
# fail, a program that hangs, and one that crashes.
set -euo pipefail
cd "$(dirname "$0")"
source ../riscv.sh
programs=target/$CARGO_BUILD_TARGET/release

cargo fmt --check

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

# The rig on this machine, where the paths in the scenarios begin. It makes the images from the ELF files, writes them over a serial port, and
# reads their MD5 back.
rig() { (cd ../.. && env -u CARGO_BUILD_TARGET cargo shadowrig run "$@"); }

echo "built by the toolchain of $riscv_toolchain; bytes of code, constants, code in RAM, data, and what is left for the stack:"
riscv_cargo build --release --locked
weigh signal-thing '`signal-thing`, Wi-Fi and TLS'
weigh shade-thing '`shade-thing`, Wi-Fi and TLS'
rig device-under-test/esp32c3/tests/{signal,shade}.yaml --board virtual

riscv_cargo build --release --locked --no-default-features --features ethernet,tls
weigh signal-thing '`signal-thing`, Ethernet and TLS'
weigh shade-thing '`shade-thing`, Ethernet and TLS'
rig device-under-test/esp32c3/tests/{signal,shade}.yaml --board virtual

env -u CARGO_BUILD_TARGET bash ../emulated-chip/conformance.sh
for mistake in hang crash; do bash plant.sh $mistake "$programs/signal-thing" "$programs/${mistake}ing-thing"; done
(cd ../.. && env -u CARGO_BUILD_TARGET SHADOWRIG_FIRMWARE="$PWD/device-under-test/esp32c3/$programs/signal-thing" \
    cargo test --quiet --workspace --test rig a_chip_that_executes_its_firmware_is_a_board -- --ignored)
rig device-under-test/esp32c3/tests scenarios/{obey-once,power-loss,torn-state,idle-wake,lost-status}.yaml \
    scenarios/faults/{large-handshake,name-server,time-server}.yaml \
    --board emulated
