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
. benches/lab.sh
. benches/samba.sh
target="${CARGO_TARGET_DIR:-target}"
python="$target/secrets/bin/python"
if [ ! -x "${python%/*}/secretsdump.py" ]; then
    say "installing impacket below $target/secrets"
    python3 -m venv "$target/secrets"
    "$python" -m pip install --quiet --disable-pip-version-check impacket==0.13.1
fi
bench=$(realpath "$release/examples/bench")
python=$(realpath -s "$python")
scripts=$(realpath benches/secrets)

say "making a domain"
provision
say "adding $accounts accounts"
quietly debian /usr/bin/python3 "$scripts/fill.py" "$tree/smb.conf" "$accounts"
start_controller

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
stop_controller

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
