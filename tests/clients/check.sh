#!/bin/sh
# Starts the sandbox tenant with HTTPS and runs Microsoft's own client libraries against it.
# Usage: tests/clients/check.sh   (after `cargo build`)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
work=$target/clients
mkdir -p "$work"

needed="openssl"
python3 -c 'import venv, ensurepip' 2>/dev/null || needed="$needed python3-venv"
command -v node >/dev/null || needed="$needed nodejs"
command -v npm >/dev/null || needed="$needed npm"
# shellcheck disable=SC2086
"$top/tests/install-packages.sh" $needed

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext "basicConstraints=critical,CA:TRUE" \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null

cat >"$work/seed.yaml" <<SEED
domains:
  - {name: contoso.onmicrosoft.com, initial: true}
  - {name: contoso.com, default: true}
skus:
  - {skuId: 6fd2c87f-b296-42f0-b197-1e91e994b900, skuPartNumber: ENTERPRISEPACK, enabled: 25}
SEED
"$target/debug/samesign" sandbox --seed "$work/seed.yaml" --listen 127.0.0.1:0 --number 1 \
    --tls-certificate "$work/certificate.pem" --tls-key "$work/key.pem" >"$work/address" 2>"$work/log" &
sandbox=$!
trap 'kill $sandbox 2>/dev/null || true' EXIT INT TERM
tries=0
until grep -qs ' at https://' "$work/address"; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 $sandbox 2>/dev/null; then
        echo "the sandbox did not start:" >&2
        cat "$work/log" >&2
        exit 1
    fi
    sleep 0.1
done
port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$work/address")
"$here/run.sh" "https://localhost:$port" "$work/certificate.pem"
