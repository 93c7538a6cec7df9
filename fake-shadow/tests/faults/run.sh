#!/usr/bin/env bash
# Meets every kind of fault with real clients: Python's http.client, curl, OpenSSL's s_client, boto3, and those of time and of names: chrony,
# ntplib, dig, dnspython.
#
# Installs into target/faults what it needs, and dig by apt-get. A client that cannot be installed is a failure, not a skip.
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

for tool in cargo curl openssl python3; do
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

command -v dig >/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends bind9-dnsutils >/dev/null
} || fail "there is no dig" "on Debian: apt-get install bind9-dnsutils"

# The package would start a daemon that sets this machine's clock, so only the program is taken out of it.
export PATH=$PATH:/usr/sbin:$folder/chrony/usr/sbin
command -v chronyd >/dev/null || {
    mkdir -p "$folder/chrony"
    (cd "$folder/chrony" && { apt-get download -qq chrony || { apt-get update -qq && apt-get download -qq chrony; }; } && dpkg -x chrony_*.deb .)
} 2>/dev/null || fail "there is no chronyd" "on Debian: apt-get install chrony"

cargo build --quiet --manifest-path "$root/Cargo.toml" --target-dir "$target" --locked --package fake-shadow
exec "$folder/venv/bin/python" -B "$here/suite.py" "$target/debug/fake-shadow"
