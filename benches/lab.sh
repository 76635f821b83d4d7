# What the scripts beside it begin with: the program, a folder that is gone afterwards, and processes that end with them.
# It is sourced, from the top of the checkout.
say() { echo "$(date +%T) $*" >&2; }
say "building"
cargo build --quiet --release --bin samesign --example bench
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
    # A domain controller ends with its standard input.
    if [ -e "/proc/$$/fd/9" ]; then
        exec 9>&-
        wait || true
    fi
    rm -rf "$lab"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Starts a tenant that Entra Connect may fill, in a process of its own, at $base. Needs curl.
start_tenant() {
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
}
# A policy, its directory and its tenant in $lab/manifests. Arguments: what all three are called, where the directory is, and
# what the tenant and the policy say besides, a setting on each line.
write_policy() {
    mkdir -p "$lab/manifests"
    cat > "$lab/manifests/$1.yaml" <<END
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: $1}
spec:
  $2
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: $1}
spec:
  cloud: custom
  auth: {clientId: 00000000-0000-0000-0000-000000000001, clientSecretFrom: {env: BENCH_SECRET}}
$(sed 's/^/  /' <<<"$3")
---
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: $1}
spec:
  directory: $1
  tenant: $1
$(sed 's/^/  /' <<<"$4")
END
    export BENCH_SECRET=anything
}
# The one of the tenant at $base, which becomes as a directory is through Entra Connect's protocol. Arguments: where the
# directory is, and what the policy says besides, a setting each.
write_manifests() {
    local directory=$1
    shift
    write_policy company "$directory" "tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
endpoints: {login: '$base', graph: '$base', provisioning: '$base/provisioningservice.svc'}
channel: directorySync" "users: {scope: {bases: ['OU=Staff,DC=corp,DC=example,DC=com']}, flows: [entra-connect]}
groups: {scope: {bases: ['OU=Groups,DC=corp,DC=example,DC=com']}, flows: [entra-connect]}
$(printf '%s\n' "$@")"
}
# A row of the table: what, size, time, peak memory, and more. docs/performance.md says how it is read.
row() { echo "| $1 | $2 | $3 | $4 | $5 |"; }
seconds() { awk "BEGIN { printf \"%.2f s\", $1 / 1000 }"; }
# 100,000
grouped() { sed ':a; s/^\([0-9]*[0-9]\)\([0-9]\{3\}\)/\1,\2/; ta' <<<"$1"; }
# Runs the program to its end; leaves its processor time and the time that passed in milliseconds, and its peak memory
# in MB, in $cpu, $wall and $peak.
measured() {
    local begun pid
    begun=$(date +%s%N)
    "$release/samesign" --state "$lab/state" "$@" > "$lab/out.txt" 2> "$lab/err.txt" &
    pid=$!
    cpu=0 peak=0
    while kill -0 "$pid" 2>/dev/null; do
        cpu=$(awk -v hertz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hertz) }' "/proc/$pid/stat" 2>/dev/null || echo "$cpu")
        peak=$(awk '/^VmHWM/ { found = int($2 / 1024) } END { print found ? found : last }' last="$peak" "/proc/$pid/status" 2>/dev/null || echo "$peak")
        sleep 0.02
    done
    wait "$pid" || true
    wall=$((($(date +%s%N) - begun) / 1000000))
}
counters() { curl -sf "$base/sandbox/counters"; }
# What the tenant was asked so far, and what was written.
counted() { echo $(($(counters | sed 's/.*"reads": *\([0-9]*\).*"writes": *\([0-9]*\).*/\1 + \2/'))); }
written() { counters | sed 's/.*"writes": *\([0-9]*\).*/\1/'; }
# Of the service: its processor time so far in clock ticks, its memory (VmRSS now, VmHWM at most), and how often it found nothing changed.
ticks() { awk '{ print $14 + $15 }' "/proc/$service/stat"; }
memory() { awk -v field="$1:" '$1 == field { printf "%d MB", $2 / 1024 }' "/proc/$service/status"; }
looks() { grep -c '"message":"nothing changed"' "$lab/log.json" || true; }

# Fills the tenant by one look.
fill_tenant() {
    say "filling the tenant"
    "$release/samesign" --state "$lab/state" run "$lab/manifests" --once > "$lab/out.txt" 2> "$lab/err.txt" ||
        { tail -n 5 "$lab/err.txt" >&2; exit 1; }
    tail -n 1 "$lab/out.txt" >&2
}
# Starts the service, and waits until it has found nothing to do: so many times, twice if none is given.
start_service() {
    "$release/samesign" --state "$lab/state" -vv --log json run "$lab/manifests" 2> "$lab/log.json" &
    service=$!
    say "looking until there is nothing to do"
    until [ "$(looks)" -ge "${1:-2}" ]; do
        kill -0 "$service" 2>/dev/null || { tail -n 5 "$lab/log.json" >&2; exit 1; }
        sleep 1
    done
    say "idle: $(memory VmRSS)"
}
# Lets `change_user` change somebody, five times: a row of how long it takes from the end of that until the tenant is written.
row_of_changes() {
    local round before begun times= sorted spent
    say "changing a user, five times"
    spent=$(ticks)
    for round in 1 2 3 4 5; do
        before=$(written)
        change_user "$round"
        begun=$(date +%s%N)
        until [ "$(written)" -gt "$before" ]; do
            [ $((($(date +%s%N) - begun) / 1000000000)) -lt 60 ] || { tail -n 5 "$lab/log.json" >&2; exit 1; }
            sleep 0.01
        done
        times="$times $((($(date +%s%N) - begun) / 1000000))"
        # Not always at the same time since the last look.
        sleep "3.$RANDOM"
    done
    spent=$((($(ticks) - spent) * 1000 / $(getconf CLK_TCK) / 5))
    # shellcheck disable=SC2086 # one word for each number
    sorted=$(printf '%s\n' $times | sort -n)
    row "$1" "$(grouped "$users") users" "$(seconds "$(sed -n 3p <<<"$sorted")") by the clock" "$(memory VmHWM)" \
        "$(seconds "$(sed -n 1p <<<"$sorted")") to $(seconds "$(sed -n 5p <<<"$sorted")"), five times; \
$(seconds "$spent") of a processor for each; load $(cut -d' ' -f1 /proc/loadavg)"
}
