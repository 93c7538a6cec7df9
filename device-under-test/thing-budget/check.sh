#!/usr/bin/env bash
# Weighs the thing with its signer as code for riscv32imc, and fails when it is over its budget.
#
# No allocation: the program is linked without an allocator, and with Debian's compiler even without the crate
# `alloc`. No floating point: neither a helper of the compiler for it nor a formatter of it is in the program.
set -euo pipefail
cd "$(dirname "$0")"

# Flash in bytes, both kinds of things, the signer and the helpers of the compiler included.
budget_bytes=40960

riscv_std=core
source ../riscv.sh
riscv_cargo build --release --quiet
program=target/$CARGO_BUILD_TARGET/release/thing-budget

# Sections of code and of constants, in bytes; `readelf` reads programs for every processor.
section() { readelf -SW "$program" | sed -n "s/^ *\[ *[0-9]*\] \(\.$1\) *PROGBITS *[0-9a-f]* *[0-9a-f]* *\([0-9a-f]*\) .*/\2/p"; }
code_bytes=$((16#$(section text)))
constant_bytes=$((16#$(section rodata)))
total_bytes=$((code_bytes + constant_bytes))

echo "the thing with its signer on riscv32imc: $total_bytes bytes ($code_bytes of code, $constant_bytes of constants)," \
    "$((budget_bytes - total_bytes)) below its budget; built by the toolchain of $riscv_toolchain"

floating='__(add|sub|mul|div|neg|pow|eq|ne|lt|le|gt|ge|cmp|unord|extend|trunc|fix|float)[a-z]*[sd]f[0-9]?|flt2dec|dec2flt|core.*::f(32|64)'
if readelf -sW "$program" | grep -E "$floating"; then
    echo "the program has floating point in it: see the symbols above" >&2
    exit 1
fi
# Debian's library is built for size with the program. That of rustup is built for speed and is some kilobytes larger.
if [ "$total_bytes" -gt "$budget_bytes" ]; then
    echo "over the budget of $budget_bytes bytes; the largest functions are:" >&2
    readelf -sW "$program" | awk '$4 == "FUNC" { print $3, $8 }' | sort -rn | sed -n 1,20p >&2
    exit 1
fi
