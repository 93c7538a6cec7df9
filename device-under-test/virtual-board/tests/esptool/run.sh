#!/usr/bin/env bash
# Flashes virtual boards with the official esptool, unchanged, and compares what is in their flash.
#
#   bash device-under-test/virtual-board/tests/esptool/run.sh [ESPTOOL]
#
# Without ESPTOOL a pinned one is installed into a virtual environment under target/. The version is pinned because options
# changed their names between releases. Ends with `N passed, N failed`; exit code 1 if anything failed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
passed=0
failed=0
board_pid=

install_esptool() {
  local venv=$target/esptool-5.6.0
  if [ ! -x "$venv/bin/esptool" ]; then
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet -r "$here/requirements.txt" || exit 2
  fi
  echo "$venv/bin/esptool"
}

# Starts a board: chip, then further arguments. Its link is $work/port, its flash $work/flash.
board() {
  stop_board
  rm -f "$work/flash"
  : >"$work/lines"
  local chip=$1
  shift
  "$program" --chip "$chip" --flash "$work/flash" --control "$work/control" "$@" >"$work/lines" 2>"$work/errors" &
  board_pid=$!
  # The lines come when the board is ready.
  for _ in $(seq 200); do
    grep -q " on unix:" "$work/lines" && return
    read -rt 0.02 <> <(:) || :
  done
  echo "the board did not start: $(cat "$work/errors")" >&2
  exit 2
}

stop_board() {
  if [ -n "$board_pid" ]; then
    kill "$board_pid" 2>/dev/null
    wait "$board_pid" 2>/dev/null
    board_pid=
  fi
}

# One line to the control socket; prints the answer.
control() {
  python3 - "$work/control" "$1" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
print(s.makefile().readline(), end="")
PY
}

# esptool with all arguments as they are.
esp() {
  timeout 120 "$esptool" "$@" >"$work/out" 2>&1
}

# esptool on the board's link: global options up to `--`, then the command.
on_port() {
  local options=()
  while [ "$1" != "--" ]; do
    options+=("$1")
    shift
  done
  shift
  esp --port "$work/port" --before no-reset --after no-reset-stub "${options[@]}" "$@"
}

# check NAME COMMAND...: counts whether the command succeeds.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
    sed 's/^/        | /' "$work/out" 2>/dev/null | tail -n 15
  fi
}

refused() {
  ! "$@"
}

# holds OFFSET FILE: whether the board's flash has the bytes of the file there.
holds() {
  cmp -n "$(stat -c %s "$2")" -i "$(($1)):0" "$work/flash" "$2" >>"$work/out" 2>&1
}

# erased OFFSET LENGTH: whether this part of the board's flash is empty.
erased() {
  [ "$(tail -c "+$(($1 + 1))" "$work/flash" | head -c "$(($2))" | tr -d '\377' | wc -c)" = 0 ]
}

says() {
  grep -qE "$1" "$work/out"
}

# Writes two files as they are, reads one back, erases: chip, name, options.
round_trip() {
  local chip=$1 name=$2
  shift 2
  check "$chip $name: writes and verifies" on_port --chip "$chip" "$@" -- \
    write-flash --flash-mode keep --flash-freq keep --flash-size keep 0x1000 "$work/random" 0x20000 "$work/plain"
  [ "$name" = stub ] && check "$chip stub: says that data is verified" says "Hash of data verified"
  check "$chip $name: the flash holds the random file" holds 0x1000 "$work/random"
  check "$chip $name: the flash holds the plain file" holds 0x20000 "$work/plain"
  control '{"order":"status"}' >"$work/out"
  check "$chip $name: nothing was programmed that was not erased" says '"bytes_not_erased":0'
}

with_stub() {
  local chip=$1
  board "$chip" --pty "$work/port"
  round_trip "$chip" stub
  check "$chip stub: a second run uses the stub that runs" on_port --chip "$chip" -- \
    verify-flash --flash-mode keep --flash-freq keep --flash-size keep 0x20000 "$work/plain"
  check "$chip stub: reads back" on_port --chip "$chip" -- read-flash 0x20000 "$(stat -c %s "$work/plain")" "$work/back"
  check "$chip stub: what was read is what was written" cmp "$work/plain" "$work/back"
  check "$chip stub: reads the chip by itself" on_port -- flash-id
  check "$chip stub: knows the size of the flash" says "Detected flash size: 4MB"
  check "$chip stub: has the address of its efuses" on_port --chip "$chip" -- read-mac
  check "$chip stub: prints that address" says "7c:df:a1:c2:22:10"
  check "$chip stub: writes at another rate" on_port --chip "$chip" -b 921600 -- write-flash 0x40000 "$work/plain"
  check "$chip stub: erases a region" on_port --chip "$chip" -- erase-region 0x20000 0x4000
  check "$chip stub: the region is empty" erased 0x20000 0x4000
  check "$chip stub: what is beside it is not" holds 0x40000 "$work/plain"
  check "$chip stub: erases everything" on_port --chip "$chip" -- erase-flash
  check "$chip stub: all is empty" erased 0 0x400000
}

without_stub() {
  local chip=$1
  board "$chip" --pty "$work/port"
  round_trip "$chip" rom --no-stub
}

# What only reads: chip, registers, memory, an image.
looks() {
  local chip=$1
  board "$chip" --pty "$work/port"
  check "$chip: says its chip" on_port --chip "$chip" -- chip-id
  check "$chip: and its address beside it" says "7c:df:a1:c2:22:10"
  check "$chip rom: its memory is dumped" on_port --chip "$chip" --no-stub -- dump-mem 0x40001000 0x10 "$work/back"
  check "$chip rom: as many bytes as were asked for" [ "$(stat -c %s "$work/back")" = 16 ]
  # Only the stub knows that command.
  check "$chip rom: refuses to erase a region" refused on_port --chip "$chip" --no-stub -- erase-region 0x20000 0x4000
}

compressed_without_stub() {
  local chip=$1
  board "$chip" --pty "$work/port"
  check "$chip rom: writes compressed data" on_port --chip "$chip" --no-stub -- \
    write-flash -z --flash-mode keep --flash-freq keep --flash-size keep 0x20000 "$work/plain"
  check "$chip rom: the flash holds it" holds 0x20000 "$work/plain"
  check "$chip rom: reads slowly" on_port --chip "$chip" --no-stub -- read-flash 0x20000 0x200 "$work/back"
  check "$chip rom: what was read is what was written" cmp -n 512 "$work/plain" "$work/back"
}

watchdog() {
  local chip=$1
  board "$chip" --pty "$work/port"
  check "$chip: is left by the watchdog" esp --port "$work/port" --chip "$chip" --before no-reset --after watchdog-reset flash-id
  # The bite comes 50 ms later.
  for _ in $(seq 100); do
    control '{"order":"status"}' >"$work/out"
    says '"activity":"(run|stuck)"' && break
  done
  check "$chip: left the loader" says '"activity":"(run|stuck)"'
}

ways_out() {
  board esp8266 --pty "$work/port"
  check "esp8266: is left by a soft reset" esp --port "$work/port" --chip esp8266 --before no-reset --after soft-reset flash-id
  control '{"order":"status"}' >"$work/out"
  check "esp8266: left the loader" says '"activity":"(run|stuck)"'
  board esp32c3 --pty "$work/port"
  check "esp32c3: tells its security info" esp --port "$work/port" --chip esp32c3 --before no-reset --after no-reset get-security-info
  check "esp32c3: default flags do not fail without modem lines" esp --port "$work/port" --chip esp32c3 flash-id
  check "esp32c3: esptool says that nothing was reset" says "Chip was NOT reset"
}

over_rfc2217() {
  board esp32c3 --rfc2217 127.0.0.1:0 --boot run
  local url
  url=$(sed -n 's/.* on \(rfc2217:.*\)/\1/p' "$work/lines")
  check "esp32c3 rfc2217: is flashed with the default resets" esp --port "$url" --chip esp32c3 \
    write-flash --flash-mode keep --flash-freq keep --flash-size keep 0x20000 "$work/plain"
  check "esp32c3 rfc2217: the flash holds the file" holds 0x20000 "$work/plain"
  control '{"order":"status"}' >"$work/out"
  check "esp32c3 rfc2217: runs again" says '"activity":"(run|stuck)"'
}

negative() {
  board esp32c3 --pty "$work/port" --boot run
  check "esp32c3 running: does not answer" refused esp --port "$work/port" --chip esp32c3 --before no-reset \
    --connect-attempts 1 flash-id
  check "esp32c3 running: esptool says so" says "Failed to connect|No serial data received"
  control '{"order":"reset","into":"download"}' >"$work/out"
  check "esp32c3: goes into the loader on order" says '"activity":"rom"'
  check "esp32c3: is found to be no other chip" refused on_port --chip esp32s3 -- flash-id
  check "esp32c3: esptool names the chip that is there" says "This chip is ESP32-C3"

  board esp32c3 --pty "$work/port"
  head -c 3000000 /dev/urandom >"$work/large"
  timeout 60 "$esptool" --port "$work/port" --chip esp32c3 --before no-reset write-flash 0 "$work/large" >"$work/out" 2>&1 &
  local client=$!
  until says "Writing at" || ! kill -0 "$client" 2>/dev/null; do :; done
  stop_board
  check "esp32c3 gone while it is flashed: an error, no hang" refused wait "$client"

  board esp32c3 --pty "$work/port"
  "$esptool" --port "$work/port" --chip esp32c3 --before no-reset write-flash 0 "$work/large" >"$work/out" 2>&1 &
  client=$!
  until says "Writing at" || ! kill -0 "$client" 2>/dev/null; do :; done
  kill -KILL "$client" 2>/dev/null
  wait "$client" 2>/dev/null
  control '{"order":"reset","into":"download"}' >"$work/out"
  check "esp32c3 after a client was killed: the next can open the port" on_port --chip esp32c3 -- \
    write-flash --flash-mode keep --flash-freq keep --flash-size keep 0x20000 "$work/plain"
  check "esp32c3 after a client was killed: the flash holds the file" holds 0x20000 "$work/plain"
}

faithful() {
  local chip=$1
  board "$chip" --pty "$work/port" --mode faithful
  check "$chip faithful: writes at another rate, and verifies" on_port --chip "$chip" -b 460800 -- \
    write-flash --flash-mode keep --flash-freq keep --flash-size keep 0x20000 "$work/plain"
  check "$chip faithful: the flash holds the file" holds 0x20000 "$work/plain"
}

# Compares registers, commands, sizes and stubs of all chips with the classes of the esptool that is there.
numbers_agree() {
  "$python" "$here/compare.py" "$program" >"$work/out" 2>&1
}

program=${VIRTUAL_BOARD:-}
if [ -z "$program" ]; then
  (cd "$root" && cargo build --quiet -p virtual-board) || exit 2
  program=$target/debug/virtual-board
fi
esptool=${1:-$(install_esptool)}
trap 'stop_board; rm -rf "$work"' EXIT

# 20000 bytes that do not compress, and 39 KB that do.
head -c 20000 /dev/urandom >"$work/random"
seq 1 8000 >"$work/plain"

# The interpreter beside esptool knows its modules; a link to a program of the system says its own.
python=$(sed -n '1s/^#!//p' "$(readlink -f "$esptool")")
check "all chips: their numbers are those of esptool" numbers_agree

chips=${CHIPS:-esp32c3 esp32 esp8266 esp32s2 esp32s3 esp32c2 esp32c6 esp32h2}
# Where chips are chosen to save time, one is looked at for all.
looked_at=${CHIPS:+esp32c3}
for chip in $chips; do
  with_stub "$chip"
  without_stub "$chip"
done
for chip in $chips; do
  [ "$chip" = esp8266 ] || compressed_without_stub "$chip"
done
for chip in ${looked_at:-$chips}; do
  looks "$chip"
done
watchdog esp32c3
watchdog esp32s3
ways_out
negative
for chip in esp32c3 esp32 esp8266; do
  faithful "$chip"
done
over_rfc2217

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
