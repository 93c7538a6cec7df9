#!/usr/bin/env bash
# Runs each fuzz target for some seconds: fake-shadow/fuzz/smoke.sh [SECONDS]. Needs a C++ compiler for libFuzzer, no nightly Rust.
#
# The flags are those that `cargo fuzz --sanitizer none` sets; for long runs use that: cd fake-shadow/fuzz && cargo fuzz run document
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-8}
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target/fuzz}

# Our code and all that it is made from count their branches, so that libFuzzer sees which inputs reach something new.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 --cfg fuzzing"
RUSTFLAGS=$(echo $coverage) CARGO_TARGET_DIR=$target cargo build --quiet --release --locked --target "$host"

failed=0
for name in canonical document policy request; do
  corpus=$target/corpus/$name
  mkdir -p "$corpus"
  log=$target/$name.log
  if "$target/$host/release/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
      -artifact_prefix="$target/$name-" "$corpus" "seeds/$name" 2>"$log"; then
    echo "$name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$log") in $seconds s"
  else
    tail -30 "$log" >&2
    echo "$name: failed; the input is beside $target/$name-, and the command above shows it again" >&2
    failed=1
  fi
done
exit "$failed"
