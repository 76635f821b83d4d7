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
write_manifests "ldif: {path: ../company.ldif}" "mode: auto" "schedule: {every: 2s}"

fill_tenant
start_service
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
change_user() {
    sed "0,/^title: .*/s//title: Head of Round $1/" "$lab/company.ldif" > "$lab/next.ldif"
    mv "$lab/next.ldif" "$lab/company.ldif"
}
row_of_changes "one change in an LDIF file to its write"
