#!/usr/bin/env bash
# Compares our core with two others that were written by others from the same manual: random programs have the same effect on QEMU's,
# and LLVM's disassembler takes the same bits for instructions.
#
# conformance.sh [PROGRAMS [SEED]]
set -euo pipefail
cd "$(dirname "$0")"

packages="qemu-user llvm"
# shellcheck disable=SC2086 # One word a package.
if ! dpkg --status $packages >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
fi

cargo run --quiet -p emulated-chip --example against_qemu -- "${1:-200}" "${2:-1}"
cargo run --quiet -p emulated-chip --example against_llvm
