#!/usr/bin/env bash
# Checks HTTPS with clients that have little memory: the real BearSSL in buffers as small as an ESP8266 gives it, and OpenSSL with the
# same extension, max_fragment_length of RFC 6066.
#
# Installs BearSSL's library where that is missing. A client that cannot be installed is a failure, not a skip.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
folder=$target/small-tls
mkdir -p "$folder"

fail() {
    printf 'error: %s\n help: %s\n' "$1" "$2" >&2
    exit 1
}

if ! [ -f /usr/include/bearssl.h ] || ! command -v openssl >/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "there is no BearSSL or no OpenSSL" "apt-get install libbearssl-dev openssl"
    (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends libbearssl-dev openssl) \
        >"$folder/apt.log" 2>&1 || { tail -n 40 "$folder/apt.log" >&2; fail "BearSSL cannot be installed" "see above"; }
fi
cc -O1 -Wall -o "$folder/bearssl_client" "$here/bearssl_client.c" -lbearssl
cargo build --quiet --manifest-path "$root/Cargo.toml" --target-dir "$target" --locked --package fake-shadow

"$target/debug/fake-shadow" --listen 127.0.0.1:0 --listen-tls 127.0.0.1:0 --pki "$folder/pki" --log off >"$folder/ready" 2>"$folder/log" &
cloud=$!
trap 'kill "$cloud" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    [ "$(wc -l <"$folder/ready")" -ge 2 ] && break
    kill -0 "$cloud" 2>/dev/null || { cat "$folder/log" >&2; fail "the cloud does not start" "see above"; }
    sleep 0.1
done
port=$(sed -n 's|.*https://127.0.0.1:||p' "$folder/ready")
[ -n "$port" ] || fail "the cloud is not ready" "see $folder/log"
openssl x509 -in "$folder/pki/ca.pem" -outform DER -out "$folder/ca.der"

failed=0
for buffer in 512 1024 4096 16384; do
    if said=$("$folder/bearssl_client" "$port" "$folder/ca.der" "$buffer"); then
        echo "BearSSL with buffers of $buffer bytes: $(tail -n 1 <<<"$said")"
    else
        echo "BearSSL with buffers of $buffer bytes: failed: $said" >&2
        failed=1
    fi
done

# OpenSSL shows each record that comes; those of TLS 1.2 have 24 bytes more than their content with AES-GCM, those of 1.3 17.
for version in tls1_2 tls1_3; do
    { printf 'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n'; sleep 2; } |
        timeout 20 openssl s_client -connect "127.0.0.1:$port" -CAfile "$folder/pki/ca.pem" -verify_return_error \
            "-$version" -maxfraglen 512 -msg >"$folder/openssl-$version" 2>&1 || true
    grep -qa '^HTTP/1.1 200 OK' "$folder/openssl-$version" || { echo "OpenSSL, $version: no answer" >&2; failed=1; }
    largest=$(grep -a '^<<< .*RecordHeader' -A 1 "$folder/openssl-$version" |
        sed -n 's/^ *1[4-7] 03 0[1-4] \(..\) \(..\).*/\1\2/p' | sort | tail -n 1)
    largest=$((16#${largest:-ffff}))
    if [ "$largest" -le $((512 + 24)) ]; then
        echo "OpenSSL with -maxfraglen 512, $version: the largest record has $largest bytes"
    else
        echo "OpenSSL with -maxfraglen 512, $version: a record has $largest bytes" >&2
        failed=1
    fi
done
exit "$failed"
