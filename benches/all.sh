#!/bin/bash
# Measures everything that can be measured on this machine alone, and prints one table in Markdown: what, size, time,
# peak memory, ratios. Figures are for judging changes by; none is good or bad. Takes a quarter of an hour at most on
# two cores after the build; what needs a program that is missing is left out, and said on standard error.
#
#   benches/all.sh [USERS]     a million users at most if none is given; 100000 takes half the time and 2 GB
set -eu
cd "$(dirname "$0")/.."
users=${1:-1000000}
. benches/lab.sh
has() { command -v "$1" >/dev/null || PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null; }
# At most so many users, and no more than were asked for.
at_most() { [ "$1" -lt "$users" ] && echo "$1" || echo "$users"; }
# One of the scripts beside this one; a failure of one is no reason to leave out the others.
script() {
    say "$*"
    "benches/$1.sh" "${@:2}" || say "$1.sh failed"
}
begun=$(date +%s)
say "load $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) cores of$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1)"

say "everything that needs nothing else"
"$release/examples/bench" "$users"

bytes=$(stat -c %s "$release/samesign")
runs=100
start=$(date +%s%N)
for _ in $(seq $runs); do "$release/samesign" --version >/dev/null; done
took=$((($(date +%s%N) - start) / runs / 1000))
row "start of the program (\`--version\`)" "$((bytes / 1000000)) MB" "$(awk "BEGIN { printf \"%.2f ms\", $took / 1000 }") by the clock" "" "one of $runs"

if has slapd && has slapadd && has ldapsearch && has openssl; then
    script ldap "$(at_most 100000)"
else
    say "slapd, ldap-utils or openssl is missing: reading over LDAP is left out"
fi
if has curl; then
    script channel "$(at_most 10000)"
else
    say "curl is missing: the service and Entra Connect's protocol are left out, but for many small tenants"
fi
# Beside the next: both do little but wait, and it is over before the other one's figures are taken.
say "fleet 50"
IDLE_SECONDS=60 benches/fleet.sh 50 > "$lab/fleet.txt" &
server=$!
if has curl; then
    IDLE_SECONDS=20 script idle "$(at_most 100000)"
fi
wait "$server" || say "fleet.sh failed"
server=
cat "$lab/fleet.txt"
if has curl && [ "$(id -u)" = 0 ] && has samba && has samba-tool && has ldbmodify && has ldapmodify && has openssl; then
    script change "$(at_most 1000)"
else
    say "curl or Samba is missing, or this is not root: one change over LDAP is left out"
fi
if has curl && [ "$(id -u)" = 0 ] && has samba && has samba-tool && has ldbmodify && has git && has python3; then
    # Beside the controller only: over LDAP the other program takes half a minute for each of three runs.
    script peer 500 beside
else
    say "curl, git, python3 or Samba is missing, or this is not root: a first run of another program is left out"
fi
say "all of it took $((($(date +%s) - begun) / 60)) minutes; load $(cut -d' ' -f1-3 /proc/loadavg)"
