#!/usr/bin/env bash
# Checks the fake cloud with real clients: AWS's SDKs and tools, unmodified and pinned, on this machine only.
#
#   run.sh              all clients
#   run.sh boto3 curl   only these
#
# Installs into target/interop what it needs. A client that cannot be installed is a failure, not a skip.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
folder=$target/interop
export CARGO_TERM_COLOR=never

fail() {
    printf 'error: %s\n help: %s\n' "$1" "$2" >&2
    exit 1
}

# Runs a command silently; shows what it said if it fails.
quietly() {
    local log=$folder/$1.log problem=$2 help=$3
    shift 3
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        fail "$problem" "$help"
    fi
}

need() {
    command -v "$1" >/dev/null || fail "there is no $1" "install $2"
}

install_curl() {
    command -v curl >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "there is no curl" "apt-get install curl"
    quietly apt "curl cannot be installed" "run apt-get update; apt-get install curl" \
        sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends curl'
}

# Whether what is installed comes from these pinned versions and this program; if not, the folder is removed.
is_current() {
    [ -d "$1" ] && [ "$(cat "$1/.interop-stamp" 2>/dev/null)" = "$2" ] && return 0
    rm -rf "$1"
    return 1
}

install_python() {
    local stamp
    stamp="$(python3 -c 'import sys; print(sys.version, sys.base_prefix)') $(cksum <"$here/requirements.txt")"
    is_current "$folder/venv" "$stamp" && return
    quietly venv "no venv can be made" "use Python 3.10 or newer; on Debian: apt-get install python3-venv" \
        python3 -m venv "$folder/venv"
    quietly pip "the Python clients cannot be installed" "see above; pip must reach PyPI or a mirror of it" \
        "$folder/venv/bin/python" -m pip install --disable-pip-version-check --requirement "$here/requirements.txt"
    echo "$stamp" >"$folder/venv/.interop-stamp"
}

install_javascript() {
    local stamp
    stamp="$(node --version) $(cksum <"$here/package-lock.json")"
    is_current "$folder/npm" "$stamp" && return
    mkdir -p "$folder/npm"
    cp "$here/package.json" "$here/package-lock.json" "$folder/npm/"
    quietly npm "AWS's SDK for JavaScript cannot be installed" "see above; npm must reach its registry or a mirror" \
        npm ci --prefix "$folder/npm" --ignore-scripts --no-audit --no-fund
    echo "$stamp" >"$folder/npm/.interop-stamp"
}

build_rust() {
    quietly fake-shadow "fake-shadow cannot be built" "see above" \
        cargo build --manifest-path "$root/Cargo.toml" --target-dir "$target" --locked --package fake-shadow
    quietly rust-sdk "the program with AWS's SDK for Rust cannot be built" \
        "see above; cargo must reach crates.io or a mirror" \
        cargo build --manifest-path "$here/rust-sdk/Cargo.toml" --target-dir "$folder/rust-sdk" --locked
}

mkdir -p "$folder"
need cargo "Rust, see rust-version in Cargo.toml"
need python3 "Python 3.10 or newer"
need node "Node.js 20 or newer"
need npm "npm"
[ "$(node -p 'process.versions.node.split(".")[0] >= 20')" = true ] ||
    fail "node is $(node --version)" "install Node.js 20 or newer, which AWS's SDK for JavaScript needs"
install_curl

# Packages arrive while cargo builds.
build_rust &
building=$!
trap 'kill "$building" 2>/dev/null || true' EXIT
install_python
install_javascript
wait "$building" || exit 1
trap - EXIT

export INTEROP_NPM=$folder/npm INTEROP_RUST_SDK=$folder/rust-sdk/debug/fake-shadow-interop-rust-sdk
exec "$folder/venv/bin/python" -B "$here/suite.py" --program "$target/debug/fake-shadow" --folder "$folder" "$@"
