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
