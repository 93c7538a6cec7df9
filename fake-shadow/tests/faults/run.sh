#!/usr/bin/env bash
# Meets every kind of fault with real clients: Python's http.client, curl, boto3, and those of time and of names.
#
# Installs into target/faults what it needs. A client that cannot be installed is a failure, not a skip.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
folder=$target/faults
export CARGO_TERM_COLOR=never

fail() {
    printf 'error: %s\n help: %s\n' "$1" "$2" >&2
    exit 1
}

for tool in cargo curl python3; do
    command -v "$tool" >/dev/null || fail "there is no $tool" "install $tool"
done

stamp="$(python3 -c 'import sys; print(sys.version, sys.base_prefix)') $(cksum <"$here/requirements.txt")"
if [ "$(cat "$folder/venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$folder/venv"
    mkdir -p "$folder"
    python3 -m venv "$folder/venv" || fail "no venv can be made" "on Debian: apt-get install python3-venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" ||
        fail "the clients cannot be installed" "see above; pip must reach PyPI or a mirror of it"
    echo "$stamp" >"$folder/venv/.stamp"
fi

cargo build --quiet --manifest-path "$root/Cargo.toml" --target-dir "$target" --locked --package fake-shadow
exec "$folder/venv/bin/python" -B "$here/suite.py" "$target/debug/fake-shadow"
