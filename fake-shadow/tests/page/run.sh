#!/bin/bash
# Opens the live page in headless Chromium and uses it as a person would; prints `N passed, N failed`.
#
# It wants node, npm and curl, and the built program: `cargo build -p fake-shadow`, or its path in FAKE_SHADOW.
# Chromium (Debian package `chromium`) and playwright-core are installed if they are missing. With a folder as its
# argument it leaves pictures of the page there.
set -euo pipefail
cd "$(dirname "$0")"
program=${FAKE_SHADOW:-../../../target/debug/fake-shadow}
pictures=${1:+$(mkdir -p "$1" && cd "$1" && pwd)}
[ -x "$program" ] || { echo "run.sh: $program is missing; build it: cargo build -p fake-shadow" >&2; exit 2; }
if ! command -v chromium >/dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >&2
fi

work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

(cd "$work" && npm install --silent --no-audit --no-fund --no-save playwright-core@1 >&2)

env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN -u AWS_REGION -u SHADOWRIG_TOKEN \
  "$program" --listen 127.0.0.1:0 --seed 1 >"$work/out" 2>"$work/log" &
server=$!
for _ in $(seq 200); do
  grep -q 'listening on' "$work/out" && break
  kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
url=$(sed -n 's/^fake-shadow listening on //p' "$work/out")

TMPDIR=$work NODE_PATH="$work/node_modules" PAGE_URL=$url PAGE_PICTURES=$pictures node page.cjs
