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

command -v python3 >/dev/null || fail "there is no python3" "apt-get install python3"
echo "== a program is put on a board that runs MicroPython, over its raw REPL"
link=$folder/board
rm -f "$link"
python3 fixtures/micropython/board.py "$link" &
board=$!
trap 'kill $board 2>/dev/null || true' EXIT
until [ -e "$link" ]; do
    kill -0 $board 2>/dev/null || fail "the board did not start" "run python3 fixtures/micropython/board.py $link"
    sleep 0.1
done
# The second time only what was filled in, and taken off afterwards, is written again.
for time in first second; do
    "$shadowrig" run fixtures/micropython/program.yaml --board "micropython:$link" --out "$folder/$time"
done
grep -q '"4 of 4 files were written' "$folder"/first/*/events.jsonl
grep -q '"1 of 4 files were written' "$folder"/second/*/events.jsonl
