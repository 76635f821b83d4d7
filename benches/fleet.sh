#!/bin/bash
# What many small customers cost on one server while nothing changes: 200 policies of 300 users and 30 groups, each with
# an LDIF file and a sandbox tenant of its own; the tenants share a process. Prints processor time and memory of the
# service.
#
#   benches/fleet.sh [POLICIES]     200 policies if none is given
set -eu
cd "$(dirname "$0")/.."
policies=${1:-200}
users=300
. benches/lab.sh

say "making up a company of $users users"
"$release/examples/bench" export "$users" > "$lab/company.ldif"
"$release/examples/bench" tenants "$policies" > "$lab/tenants.txt" &
server=$!
until [ "$(wc -l < "$lab/tenants.txt")" -ge "$policies" ]; do
    kill -0 "$server" 2>/dev/null || exit 1
    sleep 0.2
done

number=0
while read -r base; do
    number=$((number + 1))
    # Each has a file of its own, as every customer would.
    cp "$lab/company.ldif" "$lab/$number.ldif"
    write_policy "company-$number" "ldif: {path: ../$number.ldif}" "tenantId: 5a4db0c5-0000-4000-8000-00000c070500
endpoints: {login: '$base', graph: '$base'}" "mode: auto
users: {scope: {bases: ['DC=corp,DC=example,DC=com']}}
groups: {scope: {bases: ['DC=corp,DC=example,DC=com']}}"
done < "$lab/tenants.txt"

"$release/samesign" --state "$lab/state" -vv --log json run "$lab/manifests" 2> "$lab/log.json" &
service=$!
say "filling the tenants, and looking until there is nothing to do anywhere"
idle() { grep '"message":"nothing changed"' "$lab/log.json" | grep -o '"policy":"[^"]*"' | sort -u | wc -l; }
until [ "$(idle)" -ge "$policies" ]; do
    kill -0 "$service" 2>/dev/null || { tail -n 5 "$lab/log.json" >&2; exit 1; }
    sleep 1
done
say "idle: $(memory VmRSS)"
first=$(looks)
start=$(ticks)
length=${IDLE_SECONDS:-120}
sleep "$length"
last=$(looks)
end=$(ticks)
used=$(((end - start) * 1000 / $(getconf CLK_TCK)))
row "many policies while nothing changes" "$policies of $users users" \
    "$(awk "BEGIN { printf \"%.2f\", $used / $length / 10 }") % of a core" "$(memory VmHWM), $(memory VmRSS) at rest" \
    "$((last - first)) looks in $length s, each policy every 30 s"
