#!/bin/sh
# Runs Microsoft's own client libraries against a sandbox tenant.
# Usage: tests/clients/run.sh BASE_URL CA_FILE
# BASE_URL is where the sandbox listens, with https: both libraries send tokens nowhere else.
# CA_FILE is the certificate that signed the sandbox's own.
set -eu
base=${1:?usage: tests/clients/run.sh BASE_URL CA_FILE}
ca=${2:?usage: tests/clients/run.sh BASE_URL CA_FILE}
case $ca in /*) ;; *) ca=$PWD/$ca ;; esac
here=$(cd "$(dirname "$0")" && pwd)
work=${CARGO_TARGET_DIR:-$here/../../target}/clients
mkdir -p "$work"

if [ ! -x "$work/venv/bin/python" ]; then
    python3 -m venv "$work/venv"
fi
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"

mkdir -p "$work/node"
cp "$here/package.json" "$here/package-lock.json" "$here/graph_client.mjs" "$work/node/"
(cd "$work/node" && npm ci --silent --no-audit --no-fund)

failed=0
# Loopback is not behind anybody's proxy.
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
REQUESTS_CA_BUNDLE="$ca" "$work/venv/bin/python" "$here/graph_sdk.py" "$base" || failed=1
REQUESTS_CA_BUNDLE="$ca" "$work/venv/bin/python" "$here/sign_in.py" "$base" || failed=1
NODE_EXTRA_CA_CERTS="$ca" node "$work/node/graph_client.mjs" "$base" || failed=1
exit $failed
