#!/bin/bash
# Fills an empty tenant with a made-up company of 10,000 users and 1,000 groups through the protocol of Entra Connect,
# and prints how many requests that took, plan included, and how much processor time the client. The tenant is the sandbox, in a
# process of its own. Needs curl.
#
#   benches/channel.sh [USERS]     10000 users if none is given
set -eu
cd "$(dirname "$0")/.."
users=${1:-10000}
. benches/lab.sh
command -v curl >/dev/null || { say "curl is missing"; exit 1; }

say "making up a company of $users users"
"$release/examples/bench" export "$users" > "$lab/company.ldif"
start_tenant
write_manifests "ldif: {path: ../company.ldif}"
before=$(counted)
measured plan "$lab/manifests"
tail -n 2 "$lab/out.txt" >&2
size="$(grouped "$users") users"
row "first plan, Entra Connect's protocol" "$size" "$(seconds "$cpu") of a processor" "$peak MB" "with reading an LDIF file and the tenant"
measured apply "$lab/manifests" --auto-approve
tail -n 3 "$lab/out.txt" >&2
tail -n 5 "$lab/err.txt" >&2
objects=$((users + users / 10))
requests=$(($(counted) - before))
row "first run, Entra Connect's protocol" "$size" "$(seconds "$cpu") of a processor" "$peak MB" \
    "$((1000 * cpu / objects)) µs an object, $requests requests for $(grouped $objects) objects, $(seconds "$wall") by the clock"
measured plan "$lab/manifests"
tail -n 2 "$lab/out.txt" >&2
row "second plan, Entra Connect's protocol" "$size" "$(seconds "$cpu") of a processor" "$peak MB" "nothing to do"
