#!/usr/bin/env bash
# Compiles the example in Arduino for this machine and runs it against the rig, its messages and its behavior under faults.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
mkdir -p "$target/arduino"
device=$target/arduino/shadow-device
"${CXX:-c++}" -std=c++17 -Wall -Wextra -Werror -O1 -DCONFIG_FILE='"host_config.h"' -Ifixtures/arduino/host \
    -o "$device" fixtures/arduino/host/main.cpp
cargo build --quiet -p shadowrig
"$target/debug/shadowrig" run scenarios/micropython-messages.yaml fixtures/arduino/hangs.yaml --board process \
    --out "$target/arduino/run" --command "$device"
