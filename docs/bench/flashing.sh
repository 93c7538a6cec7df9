#!/usr/bin/env bash
# Compares `shadowrig flash` with the official esptool on the same virtual board, in one run.
#
#   bash docs/bench/flashing.sh [ESPTOOL]
#
# Each tool writes the same merged image of 1 MiB, half of which does not compress, onto an erased ESP32-C3, then the same again with nothing
# changed (esptool also with --skip-flashed); the medians of ROUNDS (default 5) are printed as ratios. Without ESPTOOL a pinned one is installed under target/. PROFILE is debug or release.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
profile=${PROFILE:-release}
target=${CARGO_TARGET_DIR:-$root/target}
rounds=${ROUNDS:-5}
work=$(mktemp -d)
esptool=${1:-}

if [ -z "$esptool" ]; then
  esptool=$target/esptool-5.6.0/bin/esptool
  if [ ! -x "$esptool" ]; then
    python3 -m venv "$target/esptool-5.6.0"
    "$target/esptool-5.6.0/bin/pip" install --quiet -r "$root/device-under-test/virtual-board/tests/esptool/requirements.txt"
  fi
fi
flags=
[ "$profile" = release ] && flags=--release
(cd "$root" && cargo build --quiet $flags -p shadowrig -p virtual-board)

"$target/$profile/virtual-board" --chip esp32c3 --pty "$work/port" --control "$work/control" --boot run >"$work/lines" &
board=$!
trap 'kill $board; wait $board 2>/dev/null || :; rm -rf "$work"' EXIT
until grep -q unix: "$work/lines"; do read -rt 0.02 <> <(:) || :; done

python3 - "$target/$profile/shadowrig" "$esptool" "$work" "$rounds" <<'PY'
import hashlib, json, os, random, socket, statistics, struct, subprocess, sys, time

shadowrig, esptool, work, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
chip, image = "esp32c3", work + "/merged.bin"

def app(segment):
    head = bytearray(24)
    head[0:4] = [0xE9, 1, 2, 0x20]
    head[8], head[12], head[23] = 0xEE, 5, 1
    head[17:19] = b"\xff\xff"
    body = bytes(head) + struct.pack("<II", 0x3C000020, len(segment)) + segment
    check = 0xEF
    for byte in segment:
        check ^= byte
    body += bytes(15 - len(body) % 16) + bytes([check])
    return body + hashlib.sha256(body).digest()

def table():
    entries = b""
    for name, kind, sub, at, size in [(b"nvs", 1, 2, 0x9000, 0x6000), (b"factory", 0, 0, 0x10000, 0x3F0000)]:
        entries += struct.pack("<2sBBII16sI", b"\xaa\x50", kind, sub, at, size, name, 0)
    return entries + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(entries).digest()

random.seed(1)
half = 448 * 1024
parts = [(0, app(random.randbytes(20000))), (0x8000, table()), (0x10000, app(random.randbytes(half) + bytes(range(256)) * (half // 256)))]
flash = bytearray(b"\xff" * (parts[-1][0] + len(parts[-1][1])))
for at, bytes_ in parts:
    flash[at:at + len(bytes_)] = bytes_
open(image, "wb").write(flash)
files = []
for at, bytes_ in parts:
    open(f"{work}/{at:x}.bin", "wb").write(bytes_)
    files += [hex(at), f"{work}/{at:x}.bin"]

def order(line):
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(work + "/control")
    stream.sendall(line.encode() + b"\n")
    return json.loads(stream.makefile().readline())

def timed(words):
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True)
    took = time.monotonic() - began
    if done.returncode:
        sys.exit(f"{words[0]} failed: {done.stdout}{done.stderr}")
    return took

port = work + "/port"
ours = [shadowrig, "flash", image, "--board", port, "--control", work + "/control"]
tool = [esptool, "--port", port, "--chip", chip, "--before", "no-reset", "--after", "no-reset-stub"]
theirs = tool + ["write-flash", "--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"] + files

def download():
    order('{"order":"reset","into":"download"}')

def erase():
    download()
    timed(tool + ["erase-flash"])

kinds = ["first", "unchanged", "skipped"]
times = {f"{whose} {kind}": [] for whose in ["ours", "theirs"] for kind in kinds}
for _ in range(rounds):
    erase()
    download()
    times["ours first"].append(timed(ours))
    download()
    times["ours unchanged"].append(timed(ours))
    erase()
    download()
    times["theirs first"].append(timed(theirs))
    download()
    times["theirs unchanged"].append(timed(theirs))
    download()
    times["theirs skipped"].append(timed(theirs + ["--skip-flashed"]))
times["ours skipped"] = times["ours unchanged"]
median = {name: statistics.median(values) for name, values in times.items()}
for name, value in median.items():
    print(f"{name:17} {value:.3f} s")
for what in kinds:
    print(f"{what}: esptool takes {median['theirs ' + what] / median['ours ' + what]:.1f} times as long")
PY
