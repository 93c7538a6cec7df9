#!/usr/bin/env bash
# Lets other people's programs read what the rig writes: JUnit (junitparser, after the schema of Jenkins), TAP (tap.py), the JSON of a
# run and of scenarios (jsonschema, PyYAML), and runs the scenarios under cargo-nextest.
#
#   bash harness/tests/reports/run.sh
#   SHADOWRIG=path                        the program; without it, it is built
#
# They are installed, at pinned versions, into a virtual environment under target/. Ends with `N passed, N failed`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/report-readers

if ! cmp -s "$venv/installed" "$here/requirements.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/installed"
fi
cd "$root"
if [ -z "${SHADOWRIG:-}" ]; then
  cargo build --quiet --package shadowrig
  SHADOWRIG=$target/debug/shadowrig
fi
# The same target as that of `cargo test`, so that nothing is compiled for it alone.
export NEXTEST="$venv/bin/cargo-nextest"
exec "$venv/bin/python" "$here/check.py" "$SHADOWRIG"
