#!/usr/bin/env bash
# Makes docs/report.png anew, the picture of a report in the README: one case that fails, one that passes, in headless Chromium.
#
#   bash docs/screenshot.sh
#   SHADOWRIG=path      the program; without it, it is built
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
command -v pngquant >/dev/null || missing+=(pngquant)
if [ "${#missing[@]}" != 0 ]; then
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ -z "${SHADOWRIG:-}" ]; then
  cargo build --quiet --package shadowrig
  SHADOWRIG=${CARGO_TARGET_DIR:-target}/debug/shadowrig
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# The first one fails, as it should: 100 and nothing else.
code=0
"$SHADOWRIG" run fixtures/scenarios/failing/signature-refused.yaml scenarios/obey-once.yaml --out "$out/run" >/dev/null || code=$?
[ "$code" = 100 ]
sandbox=()
[ "$(id -u)" = 0 ] && sandbox=(--no-sandbox)
timeout 120 chromium --headless=new "${sandbox[@]}" --disable-gpu --disable-background-networking --hide-scrollbars \
  --blink-settings=preferredColorScheme=1 --window-size=1200,1000 --virtual-time-budget=4000 \
  --screenshot="$out/report.png" "file://$out/run/index.html" >/dev/null 2>&1
pngquant --quality 70-95 --strip --force --output docs/report.png "$out/report.png"
ls -l docs/report.png
