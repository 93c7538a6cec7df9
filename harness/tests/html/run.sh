#!/usr/bin/env bash
# Opens the HTML report of a failing run, and the pages of a fleet and of a sweep, in headless Chromium, at the width of a desk and of
# a phone, in the light and in the dark, and asks each page what it sees. Leaves pictures for a person to look at.
#
#   bash harness/tests/html/run.sh [FOLDER]     pictures go to FOLDER (default target/html-report)
#   SHADOWRIG=path                              the program; without it, it is built
#
# Ends with `N passed, N failed`; the exit code is 0 when nothing failed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=$(realpath -m "${1:-target/html-report}")
probe=$PWD/harness/tests/html/probe.js
passed=0 failed=0

check() { # NAME COMMAND...: counts whether the command succeeds
  local name=$1
  shift
  if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "failed: $name" >&2
  fi
}

if ! command -v chromium >/dev/null; then
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
if [ -z "${SHADOWRIG:-}" ]; then
  cargo build --quiet --package shadowrig
  SHADOWRIG=${CARGO_TARGET_DIR:-target}/debug/shadowrig
fi

rm -rf "$out"
mkdir -p "$out"
# The run fails, as it should: 100 and nothing else.
code=0
"$SHADOWRIG" run scenarios fixtures/scenarios/failing harness/tests/html/odd.yaml --out "$out/run" >"$out/run.log" || code=$?
check "the run fails because of the firmware or of the rig" test "$code" = 100 -o "$code" = 5
page=$out/run/index.html

# A copy with the probe behind the page's own script. Only the copy lets another script run.
sed '/http-equiv="Content-Security-Policy"/d; /<\/body>/d; /<\/html>/d' "$page" >"$out/probed.html"
{ echo '<script>'; cat "$probe"; echo '</script></body></html>'; } >>"$out/probed.html"

browse() { # WIDTH HEIGHT SCHEME ARGUMENTS...; scheme: 0 dark, 1 light
  local sandbox=()
  [ "$(id -u)" = 0 ] && sandbox=(--no-sandbox)
  timeout 120 chromium --headless=new "${sandbox[@]}" --disable-gpu --hide-scrollbars --enable-logging=stderr \
    --blink-settings="preferredColorScheme=$3" --window-size="$1,$2" --virtual-time-budget=4000 "${@:4}"
}

for width in 1280 390; do
  for scheme in light:1 dark:0; do
    name=$width-${scheme%:*}
    browse "$width" 1500 "${scheme#*:}" --screenshot="$out/$name.png" "file://$page" 2>"$out/$name.log" >/dev/null
    check "$name: a picture" test -s "$out/$name.png"
    # Errors of the script, and what the Content-Security-Policy refused, stand here.
    check "$name: nothing to complain about" bash -c "! grep -q CONSOLE '$out/$name.log'"
    browse "$width" 1500 "${scheme#*:}" --dump-dom "file://$out/probed.html" 2>"$out/$name.probe.log" >"$out/$name.dom"
    check "$name: the script runs without an error" bash -c "! grep -q CONSOLE '$out/$name.probe.log'"
    seen=$(grep -o 'data-probe="[^"]*"' "$out/$name.dom" || true)
    for wanted in case-failing step-marked flag requests console details keyboard zoom search link fold filter no-overflow; do
      check "$name: $wanted" grep -q "[\" ]$wanted[\" ]" <<<"$seen"
    done
    check "$name: the scheme is ${scheme%:*}" grep -q "[\" ]${scheme%:*}[\" ]" <<<"$seen"
  done
done

# The page without its script: a list that reads from top to bottom.
{ sed '/http-equiv="Content-Security-Policy"/d; /^<script>/,/<\/script>/d; /<\/body>/d; /<\/html>/d' "$page"
  echo '<script>'; cat "$probe"; echo '</script></body></html>'; } >"$out/plain.html"
for width in 1280 390; do
  browse "$width" 4000 1 --screenshot="$out/$width-plain.png" "file://$out/plain.html" 2>/dev/null >/dev/null
  browse "$width" 4000 1 --dump-dom "file://$out/plain.html" 2>/dev/null >"$out/$width-plain.dom"
  seen=$(grep -o 'data-probe="[^"]*"' "$out/$width-plain.dom" || true)
  for wanted in all-cases no-dead-controls all-events no-overflow; do
    check "$width without the script: $wanted" grep -q "[\" ]$wanted[\" ]" <<<"$seen"
  done
done

# The pages of a sweep and of a fleet, with something broken in each: our thing reports a change again when the answer was lost.
own=$PWD/harness/tests/html/one-report.yaml
code=0
"$SHADOWRIG" simulate --devices 20 --for 12h --profile lossy --every 60s --changes-every 10m --trials 0 --invariants "$own" \
  --report "html=$out/fleet.html" >"$out/fleet.log" || code=$?
check "a fleet breaks an invariant" test "$code" = 100
{ cat harness/tests/html/sweep.yaml; sed 's/^/  /' "$own"; } >"$out/sweep.yaml"
code=0
"$SHADOWRIG" explore "$out/sweep.yaml" --out "$out/sweep" --report "html=$out/explore.html" >"$out/explore.log" || code=$?
check "a sweep breaks an invariant" test "$code" = 100
for kind in explore fleet; do
  wanted="no-overflow head open-no-overflow keyboard "
  case $kind in
    explore) wanted+="matrix broken-cells rows-stay scenarios" ;;
    fleet) wanted+="plots lines words-of-plots violations again" ;;
  esac
  { sed '/http-equiv="Content-Security-Policy"/d; /<\/body>/d; /<\/html>/d' "$out/$kind.html"
    echo '<script>'; cat harness/tests/html/sweeps.js; echo '</script></body></html>'; } >"$out/$kind-probed.html"
  for width in 1280 390; do
    for scheme in light:1 dark:0; do
      name=$kind-$width-${scheme%:*}
      browse "$width" 1500 "${scheme#*:}" --screenshot="$out/$name.png" "file://$out/$kind.html" 2>"$out/$name.log" >/dev/null
      check "$name: a picture" test -s "$out/$name.png"
      check "$name: nothing to complain about" bash -c "! grep -q CONSOLE '$out/$name.log'"
      browse "$width" 1500 "${scheme#*:}" --dump-dom "file://$out/$kind-probed.html" 2>/dev/null >"$out/$name.dom"
      seen=$(grep -o 'data-probe="[^"]*"' "$out/$name.dom" || true)
      for one in $wanted "${scheme%:*}"; do
        check "$name: $one" grep -q "[\" ]$one[\" ]" <<<"$seen"
      done
    done
  done
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
