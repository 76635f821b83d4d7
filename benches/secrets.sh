#!/bin/bash
# Reads the password hashes of a domain of 10,000 accounts from a Samba domain controller, as samesign does and with
# impacket: with its secretsdump.py, which asks for one account at a time, and page by page. Then asks again where
# nothing is new, and salts hashes on one core and on all. Prints times, ratios, and whether all read the same hashes;
# no hash is shown or written anywhere. Needs root, the packages of tests/install-samba.sh, and python3 with venv.
#
#   benches/secrets.sh [ACCOUNTS]     10000 accounts if none is given
set -eu
cd "$(dirname "$0")/.."
accounts=${1:-10000}
say() { echo "$(date +%T) $*" >&2; }
[ "$(id -u)" = 0 ] || { say "a domain controller listens on ports below 1024: run this as root"; exit 1; }
for tool in samba samba-tool smbd winbindd; do
    [ -x "/usr/sbin/$tool" ] || [ -x "/usr/bin/$tool" ] || { say "$tool is missing: run tests/install-samba.sh"; exit 1; }
done
say "building the bench"
cargo build --quiet --release --example bench
target="${CARGO_TARGET_DIR:-target}"
bench="$target/release/examples/bench"
python="$target/secrets/bin/python"
if [ ! -x "${python%/*}/secretsdump.py" ]; then
    say "installing impacket below $target/secrets"
    python3 -m venv "$target/secrets"
    "$python" -m pip install --quiet --disable-pip-version-check impacket==0.13.1
fi
bench=$(realpath "$bench")
python=$(realpath -s "$python")
scripts=$(realpath benches/secrets)

lab=$(mktemp -d)
finish() {
    status=$?
    trap - EXIT
    # The server ends with its standard input.
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

password="Bench-Passw0rd.$$"
address="127.0.$((100 + RANDOM % 100)).$((2 + RANDOM % 200))"
host=dc1.corp.example.com
tree="$lab/tree"
# Debian's Samba modules belong to Debian's Python, not to another one on the path.
debian() { PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
say "making a domain"
debian samba-tool domain provision --realm=CORP.EXAMPLE.COM --domain=CORP --server-role=dc --dns-backend=NONE \
    --adminpass="$password" --targetdir="$tree" --host-name=dc1 --host-ip="$address" >"$lab/log" 2>&1 ||
    { cat "$lab/log" >&2; exit 1; }
mkdir -p "$tree"/{cache,lock,pid,ncalrpc}
# The place of winbindd's socket is fixed in the library by which smbd finds it.
cat > "$tree/smb.conf" <<END
[global]
netbios name = DC1
realm = CORP.EXAMPLE.COM
workgroup = CORP
server role = active directory domain controller
server services = rpc, ldap, cldap, kdc, s3fs, winbindd
interfaces = $address/8
bind interfaces only = yes
private dir = $tree/private
state directory = $tree/state
cache directory = $tree/cache
lock directory = $tree/lock
pid directory = $tree/pid
ncalrpc dir = $tree/ncalrpc
binddns dir = $tree/bind-dns
ntp signd socket directory = $tree/ntp
log file = $lab/log.samba
logging = file
log level = 1
panic action = /bin/true
END
say "adding $accounts accounts"
debian /usr/bin/python3 "$scripts/fill.py" "$tree/smb.conf" "$accounts" >"$lab/log" 2>&1 ||
    { cat "$lab/log" >&2; exit 1; }

say "starting the domain controller on $address"
mkfifo "$lab/end"
debian setsid samba --interactive -s "$tree/smb.conf" --model=standard <"$lab/end" >"$lab/log.start" 2>&1 &
exec 9>"$lab/end"
answers() { (echo >"/dev/tcp/$address/$1") 2>/dev/null; }
ready=
for _ in $(seq 60); do
    sleep 0.5
    answers 135 && answers 445 && answers 389 && ready=yes && break
done
[ -n "$ready" ] || { say "samba does not answer; it said:"; cat "$lab/log.start" "$lab/log.samba" >&2; exit 1; }

# Runs a client whose output goes through a pipe to the fingerprint; its processor and wall time stay in a file.
TIMEFORMAT='%U %S %R'
timed() {
    what=$1
    shift
    say "reading with $what"
    { time "$@" 2>"$lab/$what.err"; } 2>"$lab/$what.time"
}
# impacket makes a file of where it is; it holds no hash.
cd "$lab"
timed secretsdump "$python" "$scripts/dump.py" "${python%/*}/secretsdump.py" -just-dc-ntlm \
    "CORP/Administrator:$password@$address" | "$bench" fingerprint > secretsdump.out
timed pages "$python" "$scripts/pages.py" "$address" "$host" Administrator "$password" |
    "$bench" fingerprint > pages.out
for round in 1 2 3; do
    timed "samesign$round" "$bench" secrets "$address" "$host" Administrator "$password" > "samesign$round.out"
done
exec 9>&-
wait

say "salting"
first=$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//')
taskset -c "$first" "$bench" salt > salt-one
"$bench" salt > salt-all

for what in samesign1 secretsdump pages; do
    grep -h fingerprint "$what.out" | sed "s/^/$what: /"
done
prints=$(sed -n 's/.*fingerprint/fingerprint/p' ./*.out | sort -u | wc -l)
[ "$prints" = 1 ] || { say "the hashes are NOT the same"; cat ./*.err >&2; exit 1; }
echo "all have read the same hashes"
cat samesign[123].out | grep -v fingerprint
best=$(sort -n samesign[123].time | head -n 1)
for what in secretsdump pages; do
    echo "$best $(cat "$what.time")" | awk -v what="$what" '{
        printf "%s: %.1f s user, %.1f s system, %.1f s in all; samesign: %.2f s user, %.2f s system, %.2f s in all\n", \
            what, $4, $5, $6, $1, $2, $3
        printf "  that is %.0f times the processor time in user mode, %.0f times with the system\n", \
            $4 / $1, ($4 + $5) / ($1 + $2) }'
done
cat salt-one salt-all
sed -n 's/.* \([0-9]*\) a second on \([0-9]*\) cores.*/\2 \1/p' salt-one salt-all |
    awk 'NR == 1 { one = $2 } NR == 2 { printf "%.2f times as many on %d cores as on one\n", $2 / one, $1 }'
