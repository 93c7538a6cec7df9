#!/usr/bin/env bash
# Compares the NVS partitions of the rig, byte by byte, with those of Espressif's own generator, and reads its partitions back.
#
#   bash harness/tests/nvs/run.sh
#
# The generator is installed, at a pinned version, into a virtual environment under target/. Ends with `N passed, N failed`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/nvs-partition-gen-0.3.0

if [ ! -f "$venv/installed" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
  touch "$venv/installed"
fi
cd "$root"
cargo build --quiet -p shadowrig --example nvs
exec "$venv/bin/python" "$here/compare.py" "$target/debug/examples/nvs"
