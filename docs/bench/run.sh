#!/usr/bin/env bash
# Measures fake-shadow, a bare axum handler that reads and answers the same bytes, and moto's server, in one run on this machine.
# Prints a table. Needs python3 with venv for moto, which is installed under target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/bench/venv
if ! [ -x "$venv/bin/moto_server" ] || ! cmp -s docs/bench/requirements.txt "$venv/requirements.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r docs/bench/requirements.txt
    cp docs/bench/requirements.txt "$venv/"
fi

MOTO_SERVER="$PWD/$venv/bin/moto_server" cargo bench -p fake-shadow --bench service
