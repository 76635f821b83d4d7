#!/bin/bash
# What the service costs while nothing changes: a made-up company of 100,000 users and 10,000 groups, an LDIF file and a
# sandbox tenant in a process of its own, kept the same by `samesign run`. Prints processor time and requests for each
# look, and the memory. Needs curl.
#
#   benches/idle.sh [USERS]     100000 users if none is given
set -eu
cd "$(dirname "$0")/.."
users=${1:-100000}
say() { echo "$(date +%T) $*" >&2; }
command -v curl >/dev/null || { say "curl is missing"; exit 1; }
say "building"
true
release="${CARGO_TARGET_DIR:-target}/release"
lab=$(mktemp -d)
server=
service=
finish() {
    status=$?
    trap - EXIT
    for process in $service $server; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$lab"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "making up a company of $users users"
"$release/examples/bench" export "$users" > "$lab/company.ldif"
cat > "$lab/seed.yaml" <<END
tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
onPremisesSyncEnabled: true
domains:
  - {name: contoso.onmicrosoft.com, initial: true}
  - {name: example.com, default: true}
END
# Below the ports that Linux gives to outgoing connections.
base="http://127.0.0.1:$((20000 + $$ % 12000))"
"$release/samesign" sandbox --listen "${base#http://}" --seed "$lab/seed.yaml" > "$lab/sandbox.log" 2>&1 &
server=$!
for _ in $(seq 50); do
    curl -sf "$base/sandbox/counters" >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || { cat "$lab/sandbox.log" >&2; exit 1; }
    sleep 0.2
done

mkdir "$lab/manifests"
cat > "$lab/manifests/company.yaml" <<END
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: company}
spec:
  ldif: {path: ../company.ldif}
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: tenant}
spec:
  tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
  cloud: custom
  endpoints: {login: "$base", graph: "$base", provisioning: "$base/provisioningservice.svc"}
  channel: directorySync
  auth:
    clientId: 00000000-0000-0000-0000-000000000001
    clientSecretFrom: {env: BENCH_SECRET}
---
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: company}
spec:
  directory: company
  tenant: tenant
  mode: auto
  schedule: {every: 2s}
  users: {scope: {bases: ["DC=corp,DC=example,DC=com"]}, flows: [entra-connect]}
  groups: {scope: {bases: ["DC=corp,DC=example,DC=com"]}, flows: [entra-connect]}
END
export BENCH_SECRET=anything
requests() { curl -sf "$base/sandbox/counters" | tr -dc '0-9,:a-zA-Z'; }
# The processor time of the service so far, in clock ticks.
ticks() { awk '{ print $14 + $15 }' "/proc/$service/stat"; }
memory() { awk '/^VmRSS|^VmHWM/ { printf "%s %d MB  ", $1, $2 / 1024 }' "/proc/$service/status"; }
looks() { grep -c '"message":"nothing changed"' "$lab/log.json" || true; }

say "filling the tenant"
"$release/samesign" --state "$lab/state" run "$lab/manifests" --once > "$lab/out.txt" 2> "$lab/err.txt" || true
tail -n 1 "$lab/out.txt" >&2
"$release/samesign" --state "$lab/state" -vv --log json run "$lab/manifests" 2> "$lab/log.json" &
service=$!
say "looking until there is nothing to do"
until [ "$(looks)" -ge 2 ]; do
    kill -0 "$service" 2>/dev/null || { tail -n 5 "$lab/log.json" >&2; exit 1; }
    sleep 1
done
say "idle: $(memory)"
before=$(requests)
first=$(looks)
start=$(ticks)
sleep 60
last=$(looks)
end=$(ticks)
after=$(requests)
count=$((last - first))
echo "idle, $users users: $count looks, $(((end - start) * 1000 / $(getconf CLK_TCK) / count)) ms of a processor each"
echo "memory: $(memory)"
echo "counters: $before; $after"
