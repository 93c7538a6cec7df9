#!/usr/bin/env bash
# Runs all fuzz targets for some seconds: fake-shadow/fuzz/smoke.sh [SECONDS [SEED]]. Installs a C++ compiler for libFuzzer if there is
# none; needs no nightly Rust.
#
# The flags are those that `cargo fuzz --sanitizer none` sets; for long runs use that: cd fake-shadow/fuzz && cargo fuzz run document
# An input that fails is to be kept in seeds/<target>, where the tests of the workspace run it, too.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-15}
seed=${2:-$((RANDOM * 32768 + RANDOM + 1))}
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}/fuzz

if ! command -v c++ >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "error: there is no c++; apt-get install g++" >&2; exit 1; }
  apt-get update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends g++ >/dev/null
fi

# Our code and all that it is made from count their branches, so that libFuzzer sees which inputs reach something new.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 --cfg fuzzing"
# Not --locked: what the cloud is made from changes more often than the lock file of this workspace.
RUSTFLAGS=$(echo $coverage) CARGO_TARGET_DIR=$target cargo build --quiet --release --target "$host"
echo "built in $SECONDS s; each target runs for $seconds s with seed $seed"

run() {
  local name=$1 corpus=$target/corpus/$1 log=$target/$1.log
  mkdir -p "$corpus"
  if "$target/$host/release/$name" -max_total_time="$seconds" -seed="$seed" -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
      -artifact_prefix="$target/$name-" "$corpus" "seeds/$name" >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$log"), $(find "$corpus" -type f | wc -l) of them new"
  else
    tail -n 30 "$log" >&2
    echo "$name: failed; $(sed -n 's/^.*Test unit written to //p' "$log") shows it again, and belongs into seeds/$name" >&2
    return 1
  fi
}

# All at once: each uses one thread.
pids=()
for name in canonical document policy request; do
  run "$name" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
  wait "$pid" || failed=1
done
exit "$failed"
