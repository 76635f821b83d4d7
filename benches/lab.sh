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
requests() { curl -sf "$base/sandbox/counters" | tr -dc '0-9,:a-zA-Z'; }
# Of the service: its processor time so far in clock ticks, its memory, and how often it found nothing changed.
ticks() { awk '{ print $14 + $15 }' "/proc/$service/stat"; }
memory() { awk '/^VmRSS|^VmHWM/ { printf "%s %d MB  ", $1, $2 / 1024 }' "/proc/$service/status"; }
looks() { grep -c '"message":"nothing changed"' "$lab/log.json" || true; }
