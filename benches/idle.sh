#!/bin/bash
# What the service costs while nothing changes: a made-up company of 100,000 users and 10,000 groups, an LDIF file and a
# sandbox tenant in a process of its own, kept the same by `samesign run`. Prints processor time and requests for each
# look, the memory, and how long one change of the file takes to be written. Needs curl.
#
#   benches/idle.sh [USERS]     100000 users if none is given
set -eu
cd "$(dirname "$0")/.."
users=${1:-100000}
. benches/lab.sh
command -v curl >/dev/null || { say "curl is missing"; exit 1; }

say "making up a company of $users users"
"$release/examples/bench" export "$users" > "$lab/company.ldif"
start_tenant
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

say "filling the tenant"
"$release/samesign" --state "$lab/state" run "$lab/manifests" --once > "$lab/out.txt" 2> "$lab/err.txt" ||
    { tail -n 5 "$lab/err.txt" >&2; exit 1; }
tail -n 1 "$lab/out.txt" >&2
"$release/samesign" --state "$lab/state" -vv --log json run "$lab/manifests" 2> "$lab/log.json" &
service=$!
say "looking until there is nothing to do"
until [ "$(looks)" -ge 2 ]; do
    kill -0 "$service" 2>/dev/null || { tail -n 5 "$lab/log.json" >&2; exit 1; }
    sleep 1
done
say "idle: $(memory VmRSS)"
before=$(counted)
first=$(looks)
start=$(ticks)
sleep "${IDLE_SECONDS:-60}"
last=$(looks)
end=$(ticks)
count=$((last - first))
size="$(grouped "$users") users"
row "look while nothing changes" "$size" "$(((end - start) * 1000 / $(getconf CLK_TCK) / count)) ms of a processor" \
    "$(memory VmHWM), $(memory VmRSS) at rest" "$((($(counted) - before) / count)) requests a look, of $count looks"

# One title is another one; the file takes the place of the one before at once.
say "changing a user, five times"
times=
for round in 1 2 3 4 5; do
    sed "0,/^title: .*/s//title: Head of Round $round/" "$lab/company.ldif" > "$lab/next.ldif"
    before=$(written)
    start=$(date +%s%N)
    mv "$lab/next.ldif" "$lab/company.ldif"
    until [ "$(written)" -gt "$before" ]; do
        [ $((($(date +%s%N) - start) / 1000000000)) -lt 60 ] || { tail -n 5 "$lab/log.json" >&2; exit 1; }
        sleep 0.01
    done
    times="$times $((($(date +%s%N) - start) / 1000000))"
    sleep 3
done
# shellcheck disable=SC2086 # one word for each number
sorted=$(printf '%s\n' $times | sort -n)
row "one change in an LDIF file to its write" "$size" "$(seconds "$(sed -n 3p <<<"$sorted")") by the clock" "$(memory VmHWM)" \
    "$(seconds "$(sed -n 1p <<<"$sorted")") to $(seconds "$(sed -n 5p <<<"$sorted")"), five times; the whole file is read again"
