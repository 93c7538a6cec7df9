#!/usr/bin/env bash
# Runs a device in MicroPython, under the real interpreter, against the rig. Installs into target/micropython what it needs; what
# cannot be installed is a failure, not a skip.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
folder=$target/micropython
export CARGO_TERM_COLOR=never

# MicroPython's makers publish it compiled to WebAssembly.
package=@micropython/micropython-webassembly-pyscript@1.27.0

fail() {
    printf 'error: %s\n help: %s\n' "$1" "$2" >&2
    exit 1
}

command -v node >/dev/null || fail "there is no node" "install Node.js 20 or later"
command -v npm >/dev/null || fail "there is no npm" "install Node.js with npm"
mkdir -p "$folder"
if [ ! -e "$folder/installed-$(basename "$package")" ]; then
    [ -e "$folder/package.json" ] || echo '{ "private": true }' >"$folder/package.json"
    (cd "$folder" && npm install --no-audit --no-fund --ignore-scripts "$package" >npm.log 2>&1) ||
        { tail -n 40 "$folder/npm.log" >&2; fail "MicroPython cannot be installed" "npm must reach its registry"; }
    touch "$folder/installed-$(basename "$package")"
fi
export MICROPYTHON_MODULES=$folder

cargo build --quiet -p shadowrig
shadowrig=$target/debug/shadowrig

echo "== a device in MicroPython sends the messages of the first devices"
"$shadowrig" run scenarios/micropython-messages.yaml --board process --out "$folder/messages" \
    --command "node fixtures/micropython/run.mjs fixtures/micropython/device.py"
